"""DPM-Solver++(2S) with ancestral noise (k-diffusion's "DPM++ 2S a"): ``dpmpp_2s`` to sigma_down, noise to sigma'."""

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
def dpmpp_2s_ancestral(
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
    yield from walk(denoise, process, x, ts, by_estimate, eta=eta, noise=noise, sampler="dpmpp_2s_ancestral")
