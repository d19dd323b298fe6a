"""Fit the nodes of the grid ``fitted`` (src/unfog/core/fitted.py): one list for every number of steps.

    python tools/fit_nodes.py --steps 5,8

The nodes are fitted (samplers/fit.py) on a family of problems of many kinds and judged on another: mixtures and finite
sets of data of various sizes, dimensions, spectra and deviations. None of them is a problem of ``unfog bench
samplers``. The error of a grid is the geometric mean, over the problems, of the relative distance from the exact ends.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.grid import through
from unfog.evaluate.problems import PROCESS, Problem, mixture, points
from unfog.samplers import SAMPLERS
from unfog.samplers.fit import Remembering, fit
from unfog.samplers.step import last

FLOOR = 0.002  # added to every error: below it, more is not worth anything
LEAST_GAP = 0.15  # between neighbours in lam: closer ones feign derivatives, and with them the errors of a network grow


def family(seed: int) -> list[tuple[Problem, int]]:
    """Problems and how many samples of each, times ``-n``; another seed is another family of the same kinds."""
    return [
        (points("many", seed, n=150, d=40, power=1.0), 24),
        (points("close", seed + 1, n=300, d=24, power=1.5), 16),
        (mixture("eight", seed + 2, k=8, d=32, power=1.0, within=0.7), 1),
        (mixture("sixteen", seed + 3, k=16, d=20, power=1.0, within=0.6), 1),
        (mixture("five", seed + 4, k=5, d=24, power=1.5, within=0.5), 1),
    ]


@dataclass(frozen=True)
class Judged:
    """A problem with starts and their exact ends."""

    problem: Problem
    denoise: Denoise
    x: Tensor
    end: Tensor

    def error(self, run: Callable, ts: Tensor) -> float:
        """Relative root mean square distance from the exact ends."""
        off = last(run(self.denoise, PROCESS, self.x, ts)).x - self.end
        return (off.square().mean() / self.end.square().mean()).sqrt().item()


def judged(problems: list[tuple[Problem, int]], n: int, seed: int) -> list[Judged]:
    """The problems with starts and ends."""
    made = list[Judged]()
    for problem, times in problems:
        x = problem.start(n * times, seed)
        made.append(Judged(problem, Remembering(problem.denoise), x, problem.exact(x)))
    return made


def geometric(problems: list[Judged], run: Callable, ts: Tensor) -> float:
    """Geometric mean of the errors; infinite if two nodes are too close."""
    if len(ts) > 2 and PROCESS.lam(ts[:-1]).diff().min() < LEAST_GAP:
        return math.inf
    return math.exp(sum(math.log(p.error(run, ts) + FLOOR) for p in problems) / len(problems))


def starts(n: int) -> list[Tensor]:
    """Grids to begin with: from 80 to the first node, then some known spacing down to the last one."""
    made, v = list[Tensor](), torch.linspace(0, 1, n - 1, dtype=torch.float64)
    for top in (2.7, 4.0, 6.0):
        for bottom in (0.05, 0.15):
            made.append(_through(math.log(top) + v * math.log(bottom / top)))
            for shift in (0.3, 1.0):
                first, final = (s / shift / (1 + s / shift) for s in (top, bottom))
                u = first + v * (final - first)
                made.append(_through((shift * u / (1 - u)).log()))
    return made


def _through(log_sigmas: Tensor) -> Tensor:
    return through(PROCESS, -log_sigmas)


def main() -> None:
    """Fit, and print one JSON line per number of steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sampler", default="trig_multistep")
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--steps", default="5,8,12,20")
    parser.add_argument("--tries", type=int, default=160)
    parser.add_argument("-n", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    run = partial(SAMPLERS[args.sampler].run, **args.options)
    train, held = judged(family(1000), args.n, 0), judged(family(2000), args.n, 10**5)
    for n in map(int, args.steps.split(",")):
        begin = time.process_time()
        ts, error = fit(partial(geometric, train, run), starts(n), args.tries)
        sigmas = torch.exp(-PROCESS.lam(ts[1:-1])).tolist()
        row = {"sampler": args.sampler, "options": args.options, "steps": n, "error": error,
               "held": geometric(held, run, ts), "sigmas": [float(f"{s:.4g}") for s in sigmas]}  # fmt: skip
        print(json.dumps(row), flush=True)
        print(f"{time.process_time() - begin:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
