"""Euler with ancestral noise (k-diffusion's "Euler a"): down to a lower noise level than asked for, then noise back up.

    sigma_up = min(sigma', eta sqrt(sigma'^2 (sigma^2 - sigma'^2)/sigma^2)),   sigma_down^2 = sigma'^2 - sigma_up^2

in VE units. In (alpha, sigma) this is DDIM's step; only the default eta = 1 differs.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.ancestral import steps
from unfog.samplers.step import NoiseSource, Step


@torch.no_grad()
def euler_ancestral(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    eta: float = 1.0,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, first order, one call per step.

    Raises:
        UsageError: ``eta`` is negative, or positive without ``noise``.
    """
    yield from steps(denoise, process, x, ts, eta, noise, "euler_ancestral")
