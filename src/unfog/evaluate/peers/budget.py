"""The best that diffusers reaches within a number of evaluations, over all its schedulers and their sigma options.

The error of a run is the root mean square of its distance to the exact endpoint, relative to that of the endpoint. The
start is the same for all: the noise of the problem at sigma/alpha = 80. A scheduler whose first node is noisier (the
linear chain begins at 157, flows at infinity) starts with the same noise there, and is held against where the flow
leads from that start; one that begins with less noise takes pure noise for less noise, and that is its error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.oracle import endpoint
from unfog.core.process import Process
from unfog.core.schedule import VE
from unfog.evaluate.peers.options import Case
from unfog.evaluate.peers.process import Peers, Ran, RefusedError
from unfog.evaluate.problems import Problem

FINALISTS = 24
NOISIEST = 1e4  # flows begin at sigma/alpha = infinity; beyond this nothing of the data is left
WIDE_STEPS = 24  # above sigma/alpha = 80 the estimate is nearly constant


@dataclass(frozen=True)
class Reached:
    """What a scheduler with options reached.

    Fields:
        case: which.
        problem, nfe: where, and within how many evaluations.
        calls: evaluations it really spent.
        error: relative; infinite if it is not finite.
        refused: why there is no result, or "".
    """

    case: Case
    problem: str
    nfe: int
    calls: int
    error: float
    refused: str = ""


class Ends:
    """Where the probability flow of one problem leads from its start, or from a noisier one; each computed once."""

    def __init__(self, problem: Problem, noise: Float64[Tensor, "n d"]) -> None:
        self.problem, self.noise = problem, noise
        self.known: dict[tuple[float, float], Tensor] = {}

    def at(self, ran: Ran) -> Float64[Tensor, "n d"]:
        """The endpoint for a scheduler that began as this one did."""
        top = self.problem.process.sigma(torch.ones(1, dtype=torch.float64)).item()
        rho = ran.sigma / ran.alpha if ran.alpha > 0 else math.inf
        scale = ran.begin.norm().item() / (ran.alpha * self.noise.norm().item()) if rho < NOISIEST else NOISIEST
        rho = min(rho, NOISIEST)
        if rho < 1.001 * top:
            rho = scale = top
        if (rho, scale) not in self.known:
            x = scale * self.noise
            if rho > top:
                ve = Process(VE(sigma_max=rho))
                last = ve.time_at(torch.tensor([-math.log(top)], dtype=torch.float64)).item()
                x = endpoint(beyond(self.problem, ve), ve, x, 1.0, last, steps=WIDE_STEPS)
            self.known[rho, scale] = self.problem.exact(x)
        return self.known[rho, scale]


def beyond(problem: Problem, wide: Process) -> Denoise:
    """The exact denoiser of a problem on a VE process that begins noisier: sigma of its own goes on beyond t = 1."""
    ve = problem.process.schedule
    assert isinstance(ve, VE)
    return lambda x, t: problem.denoise(x, (wide.sigma(t) / ve.sigma_max) ** (1 / ve.rho))


def relative(found: Float64[Tensor, "n d"], exact: Float64[Tensor, "n d"]) -> float:
    """Root mean square of the distance, relative to that of the endpoint; infinite if something is not finite."""
    error = ((found - exact).square().mean() / exact.square().mean()).sqrt().item()
    return error if math.isfinite(error) else math.inf


def sweep(
    peers: Peers, problem: Problem, noise: Float64[Tensor, "n d"], cases: Sequence[Case], budgets: Sequence[int]
) -> Iterator[Reached]:
    """Every case at every budget."""
    peers.give(problem, noise)
    ends = Ends(problem, noise)
    for case in cases:
        for nfe in budgets:
            try:
                yield reached(peers, problem.name, ends, case, nfe)
            except RefusedError as refusal:
                yield Reached(case, problem.name, nfe, 0, math.inf, str(refusal))


def reached(peers: Peers, problem: str, ends: Ends, case: Case, nfe: int) -> Reached:
    """One run, held against the exact endpoint."""
    request = {"scheduler": case.scheduler, "options": case.options, "steps": nfe, "within": nfe, "step": case.step}
    ran = peers.run(problem, {**request, "precise": False})
    return Reached(case, problem, nfe, ran.calls, relative(ran.end, ends.at(ran)))


def finals(
    peers: Peers, problem: Problem, noise: Float64[Tensor, "n d"], found: Sequence[Reached], nfe: int
) -> list[Reached]:
    """The best of a sweep's rows for one problem and budget, measured again from more starts; best first.

    Few starts cannot tell them apart, least of all on points, where all that is left is how many starts end at a wrong
    one.
    """
    rows = sorted((one for one in found if (one.problem, one.nfe) == (problem.name, nfe)), key=lambda one: one.error)
    enough = [one.case for one in rows[:FINALISTS] if one.error < math.inf]
    return sorted(sweep(peers, problem, noise, enough, [nfe]), key=lambda one: one.error)
