"""DPM-Solver++(3M) for the reverse SDE (k-diffusion's "DPM++ 3M SDE").

The step of ``dpmpp_3m`` with H = (1 + eta) h in the moments, the factor w^eta on x and the noise of ``dpmpp_2m_sde``.
As published it has half of M_2, like the deterministic one; steps with two estimates use the exact M_1.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.dpmpp_3m import parabola
from unfog.samplers.multistep import exact, exponential, walk
from unfog.samplers.step import NoiseSource, Step


@torch.no_grad()
def dpmpp_3m_sde(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    eta: float = 1.0,
    variant: str = "published",
    lower_final: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, one call per step.

    Args:
        eta: 0 is the flow, 1 the reverse of the forward process.
        variant: "published" or "exact".
        lower_final: lower order in the last steps; k-diffusion has only the very last one lower.

    Raises:
        UsageError: another variant, or no ``noise`` for a positive ``eta``.
    """
    factors = (1.0, parabola(variant, "dpmpp_3m_sde"))

    def moments(h: float, n: int) -> list[float]:
        return [m * f for m, f in zip(exact(h, n), factors, strict=False)]

    rule = exponential(moments, eta)
    yield from walk(
        denoise, process, x, ts, rule, 3, eta=eta, noise=noise, sampler="dpmpp_3m_sde", lower_final=lower_final
    )
