"""DPM2 with ancestral noise (k-diffusion's "DPM2 a"): ``dpm2`` down to sigma_down, then noise up to sigma'."""

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
def dpm2_ancestral(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    eta: float = 1.0,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, two calls per step.

    Raises:
        UsageError: ``eta`` is negative, or positive without ``noise``.
    """
    yield from walk(denoise, process, x, ts, by_noise, eta=eta, noise=noise, sampler="dpm2_ancestral")
