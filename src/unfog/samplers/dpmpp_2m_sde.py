"""DPM-Solver++(2M) for the reverse SDE (Lu et al. 2022; k-diffusion's "DPM++ 2M SDE").

    x_s = w^eta (sigma_s/sigma_t) x_t + alpha_s [(1 - e^-H) D_i + M_1 (D_i - D_{i-1})/r] + sigma_s sqrt(1 - w^(2 eta)) z

with h = lam_s - lam_t, w = e^-h, H = (1 + eta) h, r = h_{i-1}/h, z from one Brownian path, and

    midpoint    M_1 = (1 - e^-H)/2
    heun        M_1 = 1 - (1 - e^-H)/H      the exact integral of the line through both estimates
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.multistep import exact, exponential, midpoint, walk
from unfog.samplers.step import NoiseSource, Step
from unfog.util.errors import UsageError

VARIANTS = {"midpoint": midpoint, "heun": exact}


@torch.no_grad()
def dpmpp_2m_sde(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    eta: float = 1.0,
    variant: str = "midpoint",
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, one call per step.

    Args:
        eta: 0 is the flow (2M with "midpoint"), 1 the reverse of the forward process.
        variant: "midpoint" or "heun".

    Raises:
        UsageError: another variant, or no ``noise`` for a positive ``eta``.
    """
    if variant not in VARIANTS:
        raise UsageError(f"dpmpp_2m_sde has the variants {' and '.join(VARIANTS)}, got {variant!r}")
    rule = exponential(VARIANTS[variant], eta)
    yield from walk(denoise, process, x, ts, rule, 2, eta=eta, noise=noise, sampler="dpmpp_2m_sde")
