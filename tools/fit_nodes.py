"""Fit the nodes of the grid ``fitted`` (src/unfog/core/fitted.py): one list for every number of steps.

    python tools/fit_nodes.py --steps 5,8

The nodes are fitted (samplers/fit.py) on a family of problems of many kinds and judged on another: mixtures and finite
sets of data of various sizes, dimensions and spectra. None of them is a problem of ``unfog bench samplers``. For every
problem the error (the relative distance from the exact ends) is divided by the least that common samplers reach on
common grids; the mean of the fourth power over the problems is what becomes least.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.fitted import TOP, levels
from unfog.core.grid import GRIDS, rf_shift, through
from unfog.evaluate.problems import PROCESS, Problem, mixture, points
from unfog.samplers import SAMPLERS, Run
from unfog.samplers.fit import Remembering, fit
from unfog.samplers.step import last

FLOOR = 0.002
EXACT_STEPS = 150  # some 1e-5 off
POWER = 4  # of the mean over problems
COMMON = (("unipc", {}), ("unipc", {"order": 3}), ("deis", {}), ("plms", {}))
LEAST_GAP, UNEVEN = 0.25, 2.2  # between neighbours in lam; most ratio of neighbouring gaps after the first


def family(seed: int) -> list[tuple[Problem, int]]:
    """Problems and how many samples of each, times ``-n``; another seed is another family of the same kinds."""
    return [
        (points("many", seed, n=150, d=40, power=1.0), 24),
        (points("close", seed + 1, n=300, d=24, power=1.5), 8),
        (mixture("eight", seed + 2, k=8, d=32, power=1.0, within=0.7), 1),
        (mixture("sixteen", seed + 3, k=16, d=20, power=1.0, within=0.6), 1),
    ]


@dataclass(frozen=True)
class Judged:
    """A problem with starts and their exact ends."""

    problem: Problem
    denoise: Denoise
    x: Tensor
    end: Tensor

    @property
    def floor(self) -> float:
        """Below it, more is not worth anything, or cannot be told: one start more that ends at a wrong point."""
        return FLOOR if self.problem.covs is not None else len(self.x) ** -0.5

    def error(self, run: Run, ts: Tensor) -> float:
        """Relative root mean square distance from the exact ends."""
        off = last(run(self.denoise, PROCESS, self.x, ts)).x - self.end
        return (off.square().mean() / self.end.square().mean()).sqrt().item()


def judged(problems: list[tuple[Problem, int]], n: int, seed: int) -> list[Judged]:
    """The problems with starts and ends."""
    made = list[Judged]()
    for problem, times in problems:
        x = problem.start(n * times, seed)
        made.append(Judged(problem, Remembering(problem.denoise), x, problem.exact(x, steps=EXACT_STEPS)))
    return made


def worst(problems: list[Judged], usual: list[float], run: Run, ts: Tensor) -> float:
    """How the errors compare with the usual ones, the worst counting most; infinite for an uneven grid.

    Nodes that are close, or gaps that change much, make extrapolation amplify what a network gets wrong; exact
    denoisers do not show it.
    """
    gaps = PROCESS.lam(ts[:-1]).diff()
    if gaps.min() < min(LEAST_GAP, 4 / len(ts)) or (gaps[2:] / gaps[1:-1]).log().abs().max() > math.log(UNEVEN):
        return math.inf
    shares = [(p.error(run, ts) + p.floor) / (known + p.floor) for p, known in zip(problems, usual, strict=True)]
    return (sum(share**POWER for share in shares) / len(shares)) ** (1 / POWER)


def usual(problem: Judged, n: int) -> float:
    """The least error that common samplers reach on common grids with ``n`` evaluations."""
    runs = [(SAMPLERS[name], options) for name, options in COMMON]
    grids = (GRIDS["karras"], GRIDS["log_snr"], partial(rf_shift, shift=1.0))
    return min(
        problem.error(partial(sampler.run, **options), grid(PROCESS, sampler.steps_within(n) or n))
        for sampler, options in runs
        for grid in grids
    )


def starts(n: int) -> list[Tensor]:
    """Grids to begin with: from 80 to the first node, then a usual spacing to the last one; and the grid as it is."""
    made, v = list[Tensor](), torch.linspace(0, 1, n - 1, dtype=torch.float64)
    for top in (2.7, 4.0, 6.0):
        for bottom in (0.05, 0.15):
            made.append(_through(math.log(top) + v * math.log(bottom / top)))
            for shift in (0.3, 1.0):
                first, final = (s / shift / (1 + s / shift) for s in (top, bottom))
                u = first + v * (final - first)
                made.append(_through((shift * u / (1 - u)).log()))
    for shift in (0.3, 0.5, 0.7, 1.0):
        made += [rf_shift(PROCESS, n, shift=shift, sigma_min=bottom) for bottom in (0.002, 0.03)]
    return [*made, _through(torch.tensor(levels(n, TOP), dtype=torch.float64).log())]


def _through(log_sigmas: Tensor) -> Tensor:
    return through(PROCESS, -log_sigmas)


def main() -> None:
    """Fit, and print one JSON line per number of steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sampler", default="trig_multistep")
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--steps", default="5,8,12,20")
    parser.add_argument("--tries", type=int, default=80)
    parser.add_argument("-n", type=int, default=32)
    args = parser.parse_args()
    torch.set_num_threads(1)
    run = partial(SAMPLERS[args.sampler].run, **args.options)
    train, held = judged(family(1000), args.n, 0), judged(family(2000), args.n // 4, 10**5)
    for n in map(int, args.steps.split(",")):
        begin = time.process_time()
        known = [usual(problem, n) for problem in train]
        ts, error = fit(partial(worst, train, known, run), starts(n), args.tries)
        row = {
            "sampler": args.sampler,
            "options": args.options,
            "steps": n,
            "error": error,
            "usual": known,
            "each": [p.error(run, ts) for p in train],
            "held": [p.error(run, ts) for p in held],
            "sigmas": [float(f"{s:.4g}") for s in torch.exp(-PROCESS.lam(ts[1:-1])).tolist()],
        }
        print(json.dumps(row), flush=True)
        print(f"{time.process_time() - begin:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
