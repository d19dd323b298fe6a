"""What samplers share: the record they yield, the nodes they walk over, and the one first-order update.

A sampler is a generator over a decreasing time grid. With the clean estimate D held fixed, the probability flow has the
exact solution

    x_s = (sigma_s/sigma_t) x_t + (alpha_s - alpha_t sigma_s/sigma_t) D                       s < t

which divides by sigma_t only, so it starts at alpha = 0 and ends at sigma = 0 without special cases. With w = exp(-h) =
(alpha_t/alpha_s)(sigma_s/sigma_t), h = lam_s - lam_t, the factor of D is alpha_s (1 - w). The reverse SDEs with the
same marginals (eta = 0 is the flow, eta = 1 the reverse of the forward process) have as exactly

    x_s = w^eta (sigma_s/sigma_t) x_t + alpha_s (1 - w^(1+eta)) D + sigma_s sqrt(1 - w^(2 eta)) z

First order uses D = D(x_t, t); higher orders add differences of estimates to it (data prediction: Lu et al. 2022).
"""

from __future__ import annotations

import math
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

    @property
    def rho(self) -> float:
        """sigma/alpha: EDM's sigma; infinite at alpha = 0."""
        return self.sigma / self.alpha if self.alpha > 0 else math.inf

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
    return nodes_of(process, torch.tensor(times, dtype=torch.float64))


def node_at(process: Process, lam: float) -> Node:
    """The node with this lam = log(alpha/sigma), which the schedule reaches."""
    return nodes_of(process, process.time_at(torch.tensor([lam], dtype=torch.float64)))[0]


def nodes_of(process: Process, ts: Float64[Tensor, " n"]) -> list[Node]:
    """These times with their scales."""
    return [
        Node(*row)
        for row in zip(*map(numbers, (ts, process.alpha(ts), process.sigma(ts), process.lam(ts))), strict=True)
    ]


def time_of(node: Node) -> Float64[Tensor, " 1"]:
    """The node's time as the process takes it."""
    return torch.tensor([node.t], dtype=torch.float64)


def numbers(values: Tensor) -> list[float]:
    """A tensor's values as Python numbers."""
    return [float(value) for value in values]


def decay(a: Node, b: Node) -> float:
    """w = exp(-(lam_b - lam_a)), in [0, 1): 0 if the step starts at alpha = 0 or ends at sigma = 0."""
    return (a.alpha / b.alpha) * (b.sigma / a.sigma)


def advance(x: Tensor, x0: Tensor, a: Node, b: Node, eta: float = 0.0) -> Tensor:
    """From ``x`` at node ``a`` to node ``b`` with the clean estimate fixed at ``x0``: the flow, or an SDE's mean."""
    w = decay(a, b)
    return (b.sigma / a.sigma * w**eta) * x + (b.alpha * (1 - w ** (1 + eta))) * x0


def spread(a: Node, b: Node, eta: float) -> float:
    """Standard deviation of the noise that the SDE adds between two nodes: sigma_b sqrt(1 - w^(2 eta))."""
    kept = decay(a, b) ** eta
    return b.sigma * math.sqrt((1 - kept) * (1 + kept))


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
