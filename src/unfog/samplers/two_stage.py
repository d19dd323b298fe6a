"""Single-step methods with a second stage in the middle in lam, and their ancestral noise.

    D = D(x, t)  ->  y at lam_m = (lam_t + lam_s)/2, first order  ->  D_m = D(y, m)  ->  first-order step + correction

The correction is the method's: which quantity is taken from the middle, and with which weight. First order where lam is
infinite. With eta > 0 the step goes down to sigma_down < sigma_s, and noise back up (see ``ancestral.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.ancestral import split
from unfog.samplers.multistep import exact, noise_of
from unfog.samplers.step import Node, NoiseSource, Step, advance, decay, needed, node_at, nodes
from unfog.util.random import Draw

Stage = tuple[Node, Tensor, Tensor]
"""A node, the state there and its clean estimate."""

Correction = Callable[[Stage, Stage, Node], Tensor]
"""(start, middle, end) -> what is added to the first-order step."""


def by_noise(start: Stage, middle: Stage, end: Node) -> Tensor:
    """The noise estimate of the middle for the whole step."""
    (a, x, x0), (m, y, y0) = start, middle
    return (end.alpha * (end.rho - a.rho)) * (noise_of(y, y0, m) - noise_of(x, x0, a))


def by_estimate(start: Stage, middle: Stage, end: Node) -> Tensor:
    """The clean estimate of the middle for the whole step."""
    return (end.alpha * (1 - decay(start[0], end))) * (middle[2] - start[2])


def by_line(start: Stage, middle: Stage, end: Node) -> Tensor:
    """The line through both clean estimates, integrated exactly."""
    return (2 * end.alpha * exact(end.lam - start[0].lam, 1)[0]) * (middle[2] - start[2])


def walk(
    denoise: Denoise,
    process: Process,
    x: Tensor,
    ts: Tensor,
    correction: Correction,
    *,
    eta: float = 0.0,
    noise: NoiseSource | None = None,
    sampler: str = "",
) -> Iterator[Step]:
    """Walk over the grid.

    Raises:
        UsageError: ``eta`` is negative, or positive without ``noise``.
    """
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        down, up = split(a, b, eta)
        x0 = denoise(x, a.batch(x))
        end = advance(x, x0, a, down)
        if math.isfinite(down.lam - a.lam):
            m = node_at(process, 0.5 * (a.lam + down.lam))
            y = advance(x, x0, a, m)
            end = end + correction((a, x, x0), (m, y, denoise(y, m.batch(x))), down)
        x = end + up * needed(noise, sampler)(i, Draw.STEP).to(x) if up > 0 else end
        yield Step(i, x, x0, a.t, b.t)
