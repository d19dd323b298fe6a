"""DPM-Solver++(2M), Lu et al. 2022 (algorithm 2): the first-order update with an x0 extrapolated from two estimates.

    r = h_{i-1}/h_i;    D = (1 + 1/2r) D_i - (1/2r) D_{i-1}
    x_s = (sigma_s/sigma_t) x_t + (alpha_s - alpha_t sigma_s/sigma_t) D

First order in the first step (nothing to extrapolate from) and in the last: with a long last step in lam the
extrapolation explodes, so lower order at the end is part of the method.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.multistep import exponential, midpoint, walk
from unfog.samplers.step import NoiseSource, Step


@torch.no_grad()
def dpmpp_2m(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order, one call per step; ``noise`` is not used."""
    yield from walk(denoise, process, x, ts, exponential(midpoint), 2)
