"""Consistency sampling (Song et al. 2023, algorithm 1; Luo et al. 2023, "Latent consistency models").

    x_s = alpha_s D(x_t, t) + sigma_s z

Right for a consistency model, whose D(x_t, t) is not the mean of x0 but where the flow from x_t ends: then every x_s
has the right distribution, with one step as with many. For an ordinary denoiser it is no sampler: the spread of the
data is lost with every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step, needed, nodes
from unfog.util.random import Draw


@torch.no_grad()
def lcm(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, one call per step; for consistency models only.

    Raises:
        UsageError: no ``noise``.
    """
    noise = needed(noise, "lcm")
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        x0 = denoise(x, a.batch(x))
        x = b.alpha * x0
        if b.sigma > 0:
            x = x + b.sigma * noise(i, Draw.STEP).to(x)
        yield Step(i, x, x0, a.t, b.t)
