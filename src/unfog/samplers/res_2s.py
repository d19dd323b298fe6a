"""RES-2S (Zhang et al. 2023): the exponential Runge-Kutta method with two stages, the second in the middle in lam.

    y = e^(-c h) x + h c phi_1(-c h) D_i,    x' = e^-h x + h (b_1 D_i + b_2 D(y)),    c = 1/2
    b_2 = phi_2(-h)/c,    b_1 = phi_1(-h) - b_2

in VE units. It differs from DPM-Solver++(2S), which has b_2 = phi_1(-h)/(2c), in the third order.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step
from unfog.samplers.two_stage import by_line, walk


@torch.no_grad()
def res_2s(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order, two calls per step; ``noise`` is not used."""
    yield from walk(denoise, process, x, ts, by_line)
