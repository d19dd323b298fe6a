"""``unfog bench samplers``: every sampler on every grid, held against exact solutions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unfog.config.bench import BenchRequest
from unfog.core.grid import GRIDS
from unfog.evaluate.problems import problems
from unfog.evaluate.samplers import Row, Setup, default, measured, order, setup
from unfog.jobs.events import Event, Progress, Result
from unfog.media.curves import Curve, Panel, curves_png
from unfog.samplers import SAMPLERS
from unfog.util.errors import UsageError
from unfog.util.files import canonical_json, write_atomic

CHEAP = 4  # samples of ring and data for each of hd, which costs as much more
DRAWN = 6  # samplers in the picture, besides the default
PICTURE, NUMBERS = "samplers.png", "samplers.json"


def bench_samplers_job(request: BenchRequest, out: Path | None = None) -> Iterator[Event]:
    """Measure; the result has a row for every problem, sampler, grid and budget, floors, and measured orders.

    Args:
        request: what to compare.
        out: folder for ``samplers.png`` and ``samplers.json``; ``None``: nothing is written.

    Raises:
        UsageError: no sampler that was named can take a step within any budget, or ``out`` is no folder.
    """
    begin = time.perf_counter()
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder; choose another --out")
    samplers, grids = request.samplers or tuple(SAMPLERS), request.grids or tuple(GRIDS)
    total, done = len(request.problems) * len(samplers) * len(grids), 0
    rows, floors = list[Row](), dict[str, Any]()
    for problem in problems(request.problems):
        yield Progress(done, total, f"exact ends of {problem.name}")
        made = setup(problem, request.n * (1 if problem.name == "hd" else CHEAP), request.seed)
        floors[problem.name] = asdict(made.floor) | {"n": len(made.x), "d": problem.d}
        for sampler in samplers:
            for grid in grids:
                yield Progress(done, total, f"{problem.name}: {sampler} on {grid}")
                rows += budgets(made, sampler, grid, request.evaluations)
                done += 1
    if not rows:
        raise UsageError(
            f"none of {', '.join(samplers)} takes a step within {max(request.evaluations)} evaluations; allow more"
        )
    orders = {name: found for name in samplers if (found := order(name)) is not None}
    payload: dict[str, Any] = {
        "rows": [flat(row) for row in rows],
        "floors": floors,
        "orders": {
            name: {"declared": SAMPLERS[name].order, "measured": round(found, 3)} for name, found in orders.items()
        },
        "default": {str(budget): list(default(budget)) for budget in request.evaluations},
        "request": request.model_dump(mode="json"),
    }
    if out is not None:
        write_atomic(out / NUMBERS, canonical_json(payload).encode())
        files = [str(out / NUMBERS)]
        if panels := drawn(rows, request.problems):
            write_atomic(out / PICTURE, curves_png(panels))
            files.insert(0, str(out / PICTURE))
        payload["files"] = files
    yield Result(payload | {"seconds": round(time.perf_counter() - begin, 1)})


def budgets(made: Setup, sampler: str, grid: str, evaluations: Sequence[int]) -> list[Row]:
    """The rows of one sampler on one grid."""
    found = (measured(made, sampler, grid, budget) for budget in evaluations)
    return [row for row in found if row is not None]


def flat(row: Row) -> dict[str, Any]:
    """One level of names and numbers; the row of the default is marked."""
    entry = asdict(row)
    usual = (row.sampler, row.grid) == default(row.budget)
    return entry | entry.pop("spreading") | {"default": usual}


def drawn(rows: Sequence[Row], problems: Sequence[str]) -> list[Panel]:
    """For every problem the default, and the best samplers, each on its best grid for every budget."""
    panels = list[Panel]()
    for problem in problems:
        mine = [row for row in rows if row.problem == problem and row.error and within(row)]
        best = dict[str, dict[int, float]]()
        for row in mine:
            assert row.error is not None
            known = best.setdefault(row.sampler, {})
            known[row.budget] = min(row.error, known.get(row.budget, row.error))
        ends = sorted(best, key=lambda name: best[name][max(best[name])])[:DRAWN]
        curves = [Curve(name, tuple(sorted(best[name].items()))) for name in ends]
        usual = sorted((r.budget, r.error or 1.0) for r in mine if (r.sampler, r.grid) == default(r.budget))
        if usual:
            curves.append(Curve("unfog's default", tuple(usual), strong=True))
        if curves:
            panels.append(Panel(problem, "network evaluations", "relative error", tuple(curves)))
    return panels


def within(row: Row) -> bool:
    """Whether the budget was kept; some samplers take what they need."""
    return row.calls <= row.budget
