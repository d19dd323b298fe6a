"""Euler steps of the probability flow in the noise-to-signal ratio (Karras et al. 2022, algorithm 1, first order).

    x_s = alpha_s x0 + sigma_s eps,    x0 = D(x_t, t),    eps = (x_t - alpha_t x0)/sigma_t

In VE units this is x' = x + (sigma' - sigma) eps. It is the same update as DDIM with eta = 0 (Song, Meng & Ermon 2021):
both are exact when D is constant along the trajectory. On rectified flow it is Euler in t.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step, advance, nodes


@torch.no_grad()
def euler(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, first order, one call per step; ``noise`` is not used."""
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        x0 = denoise(x, a.batch(x))
        x = advance(x, x0, a, b)
        yield Step(i, x, x0, a.t, b.t)
