"""``unfog bench samplers --peers``: the samplers of diffusers and k-diffusion beside ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from unfog.config.bench import BenchRequest
from unfog.evaluate.peers.budget import Reached, finals, sweep
from unfog.evaluate.peers.methods import METHODS
from unfog.evaluate.peers.options import cases
from unfog.evaluate.peers.parity import Compared, compare
from unfog.evaluate.peers.process import Peers
from unfog.evaluate.problems import Problem, problems
from unfog.evaluate.samplers import DEFAULT, measured, setup
from unfog.jobs.events import Event, Progress, Result
from unfog.util.errors import UsageError
from unfog.util.files import canonical_json, write_atomic

MORE = {"hd": (1, 4)}  # samples of the sweep and of its finals, times ``n``; others, which cost less:
CHEAP = (4, 64)
NUMBERS = "peers.json"


def peers_job(request: BenchRequest, python: Path, out: Path | None = None) -> Iterator[Event]:
    """Parity of every method, then every option of diffusers within every budget, and unfog's default beside the best.

    Args:
        request: problems, budgets, samples and seed; samplers and grids are not used.
        python: the peers' environment: its folder or its Python.
        out: folder for ``peers.json``; ``None``: nothing is written.

    Raises:
        UsageError: no such environment, it lacks the peers, or ``out`` is no folder.
    """
    begin = time.perf_counter()
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder; choose another --out")
    with Peers(python) as peers:
        parity = list[dict[str, Any]]()
        for compared in compare(peers):
            parity.append(agreement(compared))
            yield Progress(len(parity), len(METHODS), f"{compared.method.library} {compared.method.name}")
        rows, best = list[dict[str, Any]](), list[dict[str, Any]]()
        for problem in problems(request.problems):
            few, many = MORE.get(problem.name, CHEAP)
            found, every = list[Reached](), cases()
            for reached in sweep(
                peers, problem, unit(problem, few * request.n, request.seed), every, request.evaluations
            ):
                found.append(reached)
                done = len(found) // len(request.evaluations)
                yield Progress(done, len(every), f"{problem.name}: {reached.case.label}")
            rows += [flat(one) for one in found]
            made = setup(problem, many * request.n, request.seed)
            for nfe in request.evaluations:
                yield Progress(0, 0, f"{problem.name}: finals within {nfe} evaluations")
                last = finals(peers, problem, made.x / top(problem), found, nfe)
                sampler, grid = DEFAULT(nfe)
                row = measured(made, sampler, grid, nfe)
                assert row is not None
                assert row.error is not None
                best.append(
                    {
                        "problem": problem.name,
                        "nfe": nfe,
                        "n": len(made.x),
                        "default": [sampler, grid],
                        "calls": row.calls,
                        "error": row.error,
                        "finals": [flat(one) for one in last],
                        "ratio": row.error / last[0].error if last[0].error > 0 else None,
                    }
                )
        payload = {"versions": peers.versions, "parity": parity, "options": rows, "best": best}
    if out is not None:
        payload["request"] = request.model_dump(mode="json")
        write_atomic(out / NUMBERS, canonical_json(payload).encode())
    yield Result(payload | {"seconds": round(time.perf_counter() - begin, 1)})


def top(problem: Problem) -> float:
    """The sigma of pure noise."""
    return problem.process.sigma(torch.ones(1, dtype=torch.float64)).item()


def unit(problem: Problem, n: int, seed: int) -> Tensor:
    """The noise that samples start from, unscaled."""
    return problem.start(n, seed) / top(problem)


def agreement(compared: Compared) -> dict[str, Any]:
    """A method, and how far both implementations are apart."""
    method = compared.method
    return {
        "library": method.library,
        "name": method.name,
        "theirs": method.scheduler or method.function,
        "options": dict(method.theirs),
        "sampler": method.sampler,
        "ours": dict(method.options),
        "difference": compared.difference,
        "because": method.because or None,
    }


def flat(one: Reached) -> dict[str, Any]:
    """A row; what is not finite or was refused has no error."""
    return {
        "problem": one.problem,
        "nfe": one.nfe,
        "scheduler": one.case.label,
        "calls": one.calls,
        "error": one.error if one.error < float("inf") else None,
        "refused": one.refused or None,
    }
