"""DPM-Solver++(2S), Lu et al. 2022, with r = 1/2: the clean estimate of the middle in lam serves for the whole step.

y = (sigma_m/sigma) x + alpha_m (1 - e^(-h/2)) D_i,     x' = (sigma'/sigma) x + alpha' (1 - e^-h) D(y, m)
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step
from unfog.samplers.two_stage import by_estimate, walk


@torch.no_grad()
def dpmpp_2s(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order, two calls per step; ``noise`` is not used."""
    yield from walk(denoise, process, x, ts, by_estimate)
