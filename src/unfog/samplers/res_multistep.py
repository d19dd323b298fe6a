"""RES multistep (Zhang et al. 2023, "Improved order analysis and design of exponential integrator"): exact, two nodes.

    x_s = (sigma_s/sigma_t) x_t + alpha_s h (b_1 D_i + b_2 D_{i-1}),    c = -h_{i-1}/h
    b_2 = phi_2(-h)/c,    b_1 = phi_1(-h) - b_2,    phi_1(z) = (e^z - 1)/z,    phi_2(z) = (e^z - 1 - z)/z^2

which are the exact integrals of the line through two estimates. It differs from DPM-Solver++(2M) in the third order.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.multistep import exponential, walk
from unfog.samplers.step import NoiseSource, Step


@torch.no_grad()
def res_multistep(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order, one call per step; ``noise`` is not used."""
    yield from walk(denoise, process, x, ts, exponential(), 2)
