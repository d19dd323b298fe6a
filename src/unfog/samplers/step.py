"""What samplers share: the record they yield, the nodes they walk over, and the one first-order update.

A sampler is a generator over a decreasing time grid. With the clean estimate D held fixed, the probability flow has the
exact solution

    x_s = (sigma_s/sigma_t) x_t + (alpha_s - alpha_t sigma_s/sigma_t) D                       s < t

which divides by sigma_t only, so it starts at alpha = 0 and ends at sigma = 0 without special cases. First order uses
D = D(x_t, t); dpmpp_2m and unipc put an extrapolated D into the same formula (data prediction: Lu et al. 2022; Zhao et
al. 2023). With w = exp(-h) = (alpha_t/alpha_s)(sigma_s/sigma_t), h = lam_s - lam_t, the factor of D is alpha_s (1 - w).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.process import Process
from unfog.util.errors import UsageError
from unfog.util.random import Draw

NoiseSource = Callable[[int, Draw], Tensor]


@dataclass(frozen=True)
class Step:
    """One step taken.

    Fields:
        index: 0 for the first step.
        x: the state at ``s``, after the step.
        x0: the clean estimate the step started from, at ``t``.
        t, s: where the step started and ended.
    """

    index: int
    x: Tensor
    x0: Tensor
    t: float
    s: float


@dataclass(frozen=True)
class Node:
    """A time of the grid and its scales, in float64."""

    t: float
    alpha: float
    sigma: float
    lam: float

    def batch(self, x: Tensor) -> Float[Tensor, " b"]:
        """This time once per sample of ``x``, as denoisers take it."""
        return torch.full((x.shape[0],), self.t, dtype=x.dtype, device=x.device)


def nodes(process: Process, ts: Float64[Tensor, " n"]) -> list[Node]:
    """The nodes of a grid; repeated times are dropped.

    Raises:
        UsageError: fewer than two different times, a time outside [0, 1], or times that increase.
    """
    times = [t for t, _ in groupby(numbers(ts))]
    if len(times) < 2 or not (times[0] <= 1 and times[-1] >= 0) or not all(t > s for t, s in pairwise(times)):
        raise UsageError(f"a time grid must decrease within [0, 1] and have 2 entries or more, got {times[:8]}")
    ts = torch.tensor(times, dtype=torch.float64)
    columns = (process.alpha(ts), process.sigma(ts), process.lam(ts))
    return [Node(*row) for row in zip(times, *map(numbers, columns), strict=True)]


def numbers(values: Tensor) -> list[float]:
    """A tensor's values as Python numbers."""
    return [float(value) for value in values]


def decay(a: Node, b: Node) -> float:
    """w = exp(-(lam_b - lam_a)), in [0, 1): 0 if the step starts at alpha = 0 or ends at sigma = 0."""
    return (a.alpha / b.alpha) * (b.sigma / a.sigma)


def advance(x: Tensor, x0: Tensor, a: Node, b: Node) -> Tensor:
    """From ``x`` at node ``a`` to node ``b`` along the probability flow with the clean estimate fixed at ``x0``."""
    return (b.sigma / a.sigma) * x + (b.alpha * (1 - decay(a, b))) * x0


def needed(noise: NoiseSource | None, sampler: str) -> NoiseSource:
    """``noise``, or an error if there is none.

    Raises:
        UsageError: the sampler draws noise and was given no source of it.
    """
    if noise is None:
        raise UsageError(f"sampler {sampler!r} draws noise at every step: pass noise=Noise(seeds, shape)")
    return noise


def last(steps: Iterator[Step]) -> Step:
    """Run a sampler to its end.

    Raises:
        ValueError: it yields nothing.
    """
    final = deque(steps, maxlen=1)
    if not final:
        raise ValueError("the sampler took no step: its iterator was already used up")
    return final[0]
