"""DPM-Solver++(2S) for the reverse SDE (k-diffusion's "DPM++ SDE"), with r = 1/2.

    y = step with D_i down to sigma_down(sigma, sigma_m), then noise up to sigma_m
    x' = step with D(y, m) down to sigma_down(sigma, sigma'), then noise up to sigma'

sigma_m is the middle in lam; the noise of both is of one Brownian path, so that of the half step is part of the whole
one's.
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
from unfog.samplers.ancestral import split
from unfog.samplers.brownian import Path
from unfog.samplers.step import NoiseSource, Step, advance, needed, node_at, nodes


@torch.no_grad()
def dpmpp_sde(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    eta: float = 1.0,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, two calls per step (one in a step from alpha = 0 and in the step to sigma = 0).

    Raises:
        UsageError: ``eta`` is negative, or no ``noise``.
    """
    path = Path(needed(noise, "dpmpp_sde"))
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        estimate = x0 = denoise(x, a.batch(x))
        if math.isfinite(b.lam - a.lam):
            m = node_at(process, 0.5 * (a.lam + b.lam))
            down, up = split(a, m, eta)
            estimate = denoise(advance(x, x0, a, down) + up * path.between(a, m).to(x), m.batch(x))
        down, up = split(a, b, eta)
        x = advance(x, estimate, a, down)
        if up > 0:
            x = x + up * path.between(a, b).to(x)
        yield Step(i, x, x0, a.t, b.t)
