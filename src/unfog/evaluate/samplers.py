"""Samplers on problems with known answers: how far from the exact end, how well spread, of which order.

For a budget of evaluations, every sampler takes as many steps as it allows (``Sampler.steps_within``) on every grid. A
deterministic one should end where the flow ends:

    error = sqrt(mean |x - x*|^2 / mean |x*|^2)        x* by high-order integration (evaluate/problems.py)

A stochastic one ends elsewhere, so that only its distribution can be judged (evaluate/spreading.py). The measured
order is the slope log2(e(n)/e(2n)) at n = ``ORDER_STEPS`` q steps of equal lam, for a sampler of order q, on a smooth
mixture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.config.sample import PLAIN
from unfog.core.denoiser import Denoise
from unfog.core.grid import GRIDS
from unfog.core.oracle import GaussianMixture, endpoint
from unfog.core.process import Process
from unfog.core.schedule import Flow
from unfog.evaluate.problems import Problem
from unfog.evaluate.spreading import Ruler, Spreading
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.random import Draw, Noise, normal

ORDER_STEPS = 40
ORDER_RANGE = (-5.5, 6.2)  # lam; at both ends the estimate hardly changes, so first-order ends do not show
DRAWS_SEED = 2**32  # exact draws have other seeds than starts


def default(budget: int) -> tuple[str, str]:
    """Sampler and grid for so many evaluations of a denoiser without guidance, if nobody says otherwise."""
    assert SAMPLERS[PLAIN[0]].steps_within(budget) == budget, "the default spends an evaluation per step"
    return PLAIN


@dataclass(frozen=True)
class Row:
    """One sampler on one grid within one budget.

    Fields:
        steps: taken; calls: evaluations that were spent.
        error: of deterministic samplers.
    """

    problem: str
    sampler: str
    grid: str
    budget: int
    steps: int
    calls: int
    error: float | None
    spreading: Spreading


@dataclass(frozen=True)
class Setup:
    """A problem with its starts, their exact ends, the noise of its samples, and the floor of what is measured."""

    problem: Problem
    x: Float64[Tensor, "n d"]
    end: Float64[Tensor, "n d"]
    noise: Callable[[int, Draw], Tensor]
    ruler: Ruler
    floor: Spreading

    @property
    def size(self) -> float:
        """Root mean square of the exact ends."""
        return self.end.square().mean().sqrt().item()


def setup(problem: Problem, n: int, seed: int = 0) -> Setup:
    """``n`` samples, of the seeds ``seed``, ``seed + 1``, ..."""
    x = problem.start(n, seed)
    end = problem.exact(x)
    ruler = Ruler(problem, problem.draws(n, DRAWS_SEED + seed))
    noise = Noise(tuple(range(seed, seed + n)), (problem.d,), dtype=torch.float64)
    return Setup(problem, x, end, cache(noise), ruler, ruler(end))


def measured(made: Setup, sampler: str, grid: str, budget: int) -> Row | None:
    """The row, or ``None`` if the sampler cannot take a step within the budget.

    One that takes as many evaluations as it needs is given ``budget`` steps.
    """
    facts, process = SAMPLERS[sampler], made.problem.process
    steps = facts.steps_within(budget)
    steps = budget if steps is None else steps
    if steps == 0:
        return None
    calls = [0]

    def counted(x: Tensor, t: Tensor) -> Tensor:
        calls[0] += 1
        return made.problem.denoise(x, t)

    x = last(facts.run(counted, process, made.x, GRIDS[grid](process, steps), noise=made.noise)).x
    off = (x - made.end).square().mean().sqrt().item() / made.size
    return Row(
        made.problem.name, sampler, grid, budget, steps, calls[0], None if facts.stochastic else off, made.ruler(x)
    )


def order(sampler: str) -> float | None:
    """The measured order; ``None`` where there is none: noise, steps of its own, or another kind of denoiser."""
    facts = SAMPLERS[sampler]
    if facts.stochastic or facts.controlled or facts.order == 0:
        return None
    denoise, process, x, end = smooth()
    errors = list[float]()
    for n in (ORDER_STEPS * facts.order, 2 * ORDER_STEPS * facts.order):
        ts = process.time_at(torch.linspace(*ORDER_RANGE, n + 1, dtype=torch.float64))
        errors.append((last(facts.run(denoise, process, x, ts)).x - end).square().mean().sqrt().item())
    return math.log2(errors[0] / errors[1])


@cache
def smooth() -> tuple[Denoise, Process, Tensor, Tensor]:
    """Trajectories without corners, for orders: denoiser, process, 16 starts and their ends within ``ORDER_RANGE``."""
    mixture = GaussianMixture(
        torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
        torch.tensor([[-0.8, 0.3, 0.5], [0.7, -0.4, 0.1], [0.2, 0.9, -0.6]], dtype=torch.float64),
        torch.tensor([[0.1, 0.2, 0.3], [0.25, 0.1, 0.15], [0.2, 0.3, 0.1]], dtype=torch.float64),
    )
    process = Process(Flow())
    denoise = mixture.denoise(process)
    t, s = process.time_at(torch.tensor(ORDER_RANGE, dtype=torch.float64)).tolist()
    x = t * normal(range(16), (3,), draw=Draw.INITIAL).double()
    return denoise, process, x, endpoint(denoise, process, x, t, s, steps=600)
