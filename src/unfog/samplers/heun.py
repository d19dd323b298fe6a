"""Heun's method of Karras et al. 2022 (algorithm 1): Euler, then the average of the noise estimates at both ends.

VE units:  d = (x - D)/sigma;  y = x + (sigma' - sigma) d;  d' = (y - D')/sigma';  x' = x + (sigma' - sigma)(d + d')/2

In (alpha, sigma), with w = (alpha_t/alpha_s)(sigma_s/sigma_t), D' = D(y, s):

    y = Euler step with D;     x_s = y + alpha_s (1/w - 1)/2 (D' - D)

First order where w = 0: the step from alpha = 0 and the step to sigma = 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step, advance, decay, nodes


@torch.no_grad()
def heun(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order, two calls per step (one in the step to sigma = 0); ``noise`` is not used."""
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        x0 = denoise(x, a.batch(x))
        x = advance(x, x0, a, b)
        w = decay(a, b)
        if w > 0:
            x = x + (0.5 * b.alpha * (1 / w - 1)) * (denoise(x, b.batch(x)) - x0)
        yield Step(i, x, x0, a.t, b.t)
