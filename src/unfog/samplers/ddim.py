"""DDIM (Song, Meng & Ermon 2021): the first-order step with a dial for fresh noise.

    x_s = alpha_s x0 + sqrt(sigma_s^2 - u^2) eps + u z,     u = eta * (standard deviation of q(x_s | x_t, x0))

eta = 0 follows the probability flow; eta = 1 is DDPM's ancestral sampling with the smaller variance.
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
def ddim(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    eta: float = 0.0,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """First order, one call per step; stochastic if ``eta`` > 0.

    Raises:
        UsageError: ``eta`` is negative, or positive without ``noise``.
    """
    yield from steps(denoise, process, x, ts, eta, noise, "ddim")
