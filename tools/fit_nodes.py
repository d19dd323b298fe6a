"""Fit the nodes of the grid ``fitted`` (src/unfog/core/fitted.py): one list for every number of steps.

    python tools/fit_nodes.py --steps 8,12

The nodes are fitted on a family of mixtures and finite sets of data of various sizes, dimensions and spectra, and
judged on another. None of them is a problem of ``unfog bench samplers``. With e the root mean square, over the mixtures
and over the sets of data, of the relative distance from the exact ends, what becomes least is (the mean over both of
(e/reached)^6)^(1/6): nearly the worse of the two. ``REACHED`` is the best that diffusers reached on hd and on data
(docs/LOG.md); on it depends only how much a mixture counts beside a set of data.

On points an error is a start that ends at a wrong one: about one in a hundred. Only those starts are kept that one of
four crude runs takes elsewhere than a long one; the others are right in all of them, and count as right.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from unfog.core.fitted import TOP, levels
from unfog.core.grid import log_snr, rf_shift, through
from unfog.evaluate.problems import PROCESS, Problem, mixture, points
from unfog.samplers import SAMPLERS, Run
from unfog.samplers.step import last
from unfog.samplers.trig_multistep import trig_multistep
from unfog.samplers.unipc import unipc

EXACT_STEPS = 120  # some 1e-4 off
LONG_STEPS = 70
AT_ONCE = 2048  # starts that are sifted together
ELSEWHERE = 0.004  # mean square by which ends are different ones
POWER = 6
REACHED = {5: (0.154, 0.274), 8: (0.0401, 0.122), 12: (0.0139, 0.0713), 20: (0.0036, 0.033)}  # mixtures, points
LEAST_GAP, UNEVEN = 0.25, 2.2  # between neighbours in lam; most ratio of neighbouring gaps after the first
FIRST, LEAST, GAIN = 0.24, 0.03, 1e-4  # moves of log sigma; what a move has to gain


@dataclass(frozen=True)
class Judged:
    """A problem with the starts that count, their exact ends, how many starts there were, and their mean square."""

    problem: Problem
    x: Tensor
    end: Tensor
    total: int
    size: float

    def error(self, run: Run, ts: Tensor) -> float:
        """Relative root mean square distance from the exact ends, over all starts."""
        off = last(run(self.problem.denoise, PROCESS, self.x, ts)).x - self.end
        return math.sqrt(off.square().mean(1).sum().item() / self.total / self.size)


def family(seed: int, mixtures: int, sets: int) -> list[Judged]:
    """Three mixtures and three sets of data, with so many starts each; another seed: others of the same kinds."""
    smooth = (
        mixture("m12", seed + 1, k=12, d=64),
        mixture("m8", seed + 2, k=8, d=48),
        mixture("m16", seed + 3, k=16, d=32, power=1.2, within=0.6),
    )
    spots = (
        points("p150", seed + 4, n=150, d=40),
        points("p200", seed + 5, n=200, d=48),
        points("p300", seed + 6, n=300, d=32, power=1.2),
    )
    made = [whole(problem, mixtures, 20000 + 1000 * k) for k, problem in enumerate(smooth)]
    return made + [sifted(problem, sets, 30000 + 20000 * k) for k, problem in enumerate(spots)]


def whole(problem: Problem, n: int, seed: int) -> Judged:
    """A problem with all of its starts."""
    x = problem.start(n, seed)
    end = problem.exact(x, steps=EXACT_STEPS)
    return Judged(problem, x, end, n, end.square().mean().item())


def sifted(problem: Problem, n: int, seed: int) -> Judged:
    """A problem with those starts that a crude run takes elsewhere."""
    kept, size = list[Tensor](), 0.0
    crude = [(3, 5), (2, 5), (2, 8)]
    for first in range(seed, seed + n, AT_ONCE):
        x = problem.start(min(AT_ONCE, seed + n - first), first)
        long = last(unipc(problem.denoise, PROCESS, x, log_snr(PROCESS, LONG_STEPS, sigma_min=0.02), order=3)).x
        runs = [(order, through(PROCESS, [-math.log(s) for s in levels(k, TOP)])) for order, k in crude]
        ends = [
            last(trig_multistep(problem.denoise, PROCESS, x, ts, order=order)).x
            for order, ts in (*runs, (3, rf_shift(PROCESS, 8)))
        ]
        off = torch.stack([(end - long).square().mean(1) for end in ends]).amax(0)
        kept.append(x[off > ELSEWHERE])
        size += long.square().mean(1).sum().item()
    x = torch.cat(kept)
    return Judged(problem, x, problem.exact(x, steps=EXACT_STEPS), n, size / n)


def each(problems: Sequence[Judged], run: Run, sigmas: Sequence[float]) -> tuple[float, float]:
    """Root mean square of the errors on mixtures, and on points."""
    ts = through(PROCESS, [-math.log(s) for s in sigmas])
    kinds = ([p.error(run, ts) for p in problems if (p.problem.covs is None) == spots] for spots in (False, True))
    return tuple(math.sqrt(sum(e**2 for e in errors) / len(errors)) for errors in kinds)  # pyright: ignore[reportReturnType]


def worse(problems: Sequence[Judged], run: Run, sigmas: Sequence[float]) -> float:
    """Nearly the worse of both shares of what others reach; infinite for an uneven grid.

    Nodes that are close, or gaps that change much, make extrapolation amplify what a network gets wrong; exact
    denoisers do not show it.
    """
    n = len(sigmas) + 1
    gaps = [math.log(a / b) for a, b in pairwise((TOP, *sigmas))]
    ratios = [abs(math.log(b / a)) for a, b in pairwise(gaps[1:])] if min(gaps) > 0 else [math.inf]
    if min(gaps) < min(LEAST_GAP, 4 / (n + 1)) or max(ratios, default=0) > math.log(UNEVEN):
        return math.inf
    reached = REACHED[min(REACHED, key=lambda steps: abs(math.log(steps / n)))]
    shares = [e / known for e, known in zip(each(problems, run, sigmas), reached, strict=True)]
    return (sum(share**POWER for share in shares) / len(shares)) ** (1 / POWER)


def search(error: Callable[[Sequence[float]], float], starts: Sequence[Sequence[float]]) -> list[float]:
    """The best levels: each is moved alone, and with all that follow, until nothing helps; then by half as much."""
    sigmas = min(starts, key=error)
    least, at, step = error(sigmas), np.log(sigmas), FIRST
    k = np.arange(len(at))
    moves = [*np.eye(len(at)), *((k >= first).astype(float) for first in range(0, len(at), 2))]
    while step > LEAST:
        stuck = True
        for move in moves:
            for sign in (1, -1):
                moved = at + sign * step * move
                if (found := error(np.exp(moved).tolist())) < least - GAIN:
                    least, at, stuck = found, moved, False
                    break
        if stuck:
            step /= 2
    return [float(f"{sigma:.4g}") for sigma in np.exp(at)]


def starts(n: int) -> list[list[float]]:
    """The levels as they are, and such as are even in rectified flow, shifted."""
    made = [levels(n, TOP)]
    for shift in (0.4, 0.6, 0.9):
        for top in (4.0, 6.0, 8.0):
            for bottom in (0.05, 0.12):
                u = np.linspace(top / (shift + top), bottom / (shift + bottom), n - 1)
                made.append((shift * u / (1 - u)).tolist())
    return made


def main() -> None:
    """Fit, and print one JSON line per number of steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sampler", default="trig_multistep")
    parser.add_argument("--options", type=json.loads, default={})
    parser.add_argument("--steps", default="8,12,20")
    parser.add_argument("--mixtures", type=int, default=192)
    parser.add_argument("--points", type=int, default=8192)
    args = parser.parse_args()
    torch.set_num_threads(1)
    run = partial(SAMPLERS[args.sampler].run, **args.options)
    train, held = (family(seed, args.mixtures, args.points) for seed in (1600, 2600))
    for n in map(int, args.steps.split(",")):
        begin = time.process_time()
        sigmas = search(partial(worse, train, run), starts(n))
        row = {
            "sampler": args.sampler,
            "options": args.options,
            "steps": n,
            "train": each(train, run, sigmas),
            "held": each(held, run, sigmas),
            "sigmas": sigmas,
        }
        print(json.dumps(row), flush=True)
        print(f"{time.process_time() - begin:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
