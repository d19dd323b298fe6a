"""Heun's method of Karras et al. 2022: Euler, then the average of the noise estimates at both ends; with their churn.

VE units:  d = (x - D)/sigma;  y = x + (sigma' - sigma) d;  d' = (y - D')/sigma';  x' = x + (sigma' - sigma)(d + d')/2

In (alpha, sigma), with w = (alpha_t/alpha_s)(sigma_s/sigma_t), D' = D(y, s):

    y = Euler step with D;     x_s = y + alpha_s (1/w - 1)/2 (D' - D)

First order where w = 0: the step from alpha = 0 and the step to sigma = 0. With churn (algorithm 2), steps that start
at a sigma within bounds first add noise, up to sigma (1 + min(churn/n, sqrt(2) - 1)) or to the end of the schedule.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import Node, NoiseSource, Step, advance, decay, needed, node_at, nodes, time_of
from unfog.util.random import Draw


@torch.no_grad()
def heun(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    churn: float = 0.0,
    between: tuple[float, float] = (0.0, math.inf),
    strength: float = 1.0,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic without churn, second order, two calls per step (one in the step to sigma = 0).

    Args:
        churn: S_churn, spread over the steps; 0: none, and ``noise`` is not used.
        between: bounds of sigma/alpha for churn, S_min and S_max.
        strength: S_noise, standard deviation of what is added.

    Raises:
        UsageError: churn without ``noise``.
    """
    steps = list(pairwise(nodes(process, ts)))
    more = min(churn / len(steps), math.sqrt(2) - 1)
    for i, (a, b) in enumerate(steps):
        start = a
        if more > 0 and between[0] <= a.rho <= between[1]:
            start = node_at(process, a.lam - math.log1p(more))
            z = strength * needed(noise, "heun")(i, Draw.CHURN).to(x)
            x = process.renoise(x, time_of(a), time_of(start), z)
        x0 = denoise(x, start.batch(x))
        x = corrected(denoise, advance(x, x0, start, b), x0, start, b)
        yield Step(i, x, x0, a.t, b.t)


def corrected(denoise: Denoise, x: Tensor, x0: Tensor, a: Node, b: Node) -> Tensor:
    """The Euler step's end ``x``, moved to where the average of both noise estimates leads."""
    w = decay(a, b)
    return x + (0.5 * b.alpha * (1 / w - 1)) * (denoise(x, b.batch(x)) - x0) if w > 0 else x
