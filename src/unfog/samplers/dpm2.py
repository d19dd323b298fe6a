"""DPM-Solver-2 in sigma (k-diffusion's "DPM2"; Karras et al. 2022, algorithm 2 with another second-order method).

    y = x + (sigma_m - sigma) d(x, sigma),    x' = x + (sigma' - sigma) d(y, sigma_m),    sigma_m = sqrt(sigma sigma')

in VE units with d = (x - D)/sigma: a midpoint step whose midpoint is the middle in lam.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step
from unfog.samplers.two_stage import by_noise, walk


@torch.no_grad()
def dpm2(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order, two calls per step; ``noise`` is not used."""
    yield from walk(denoise, process, x, ts, by_noise)
