"""DPM-Solver++(3M), Lu et al. 2022: as published, or with the factor that third order needs.

    r_0 = h_{i-1}/h,  r_1 = h_{i-2}/h,  a_0 = (D_i - D_{i-1})/r_0,  a_1 = (D_{i-1} - D_{i-2})/r_1
    D1 = a_0 + r_0/(r_0 + r_1) (a_0 - a_1),    D2 = (a_0 - a_1)/(r_0 + r_1)
    x_s = (sigma_s/sigma_t) x_t + alpha_s [(1 - e^-h) D_i + M_1 D1 + M_2 D2],    M_k = h integral_0^1 v^k e^-h(1 - v) dv

D_i + D1 v + D2 v^2 is the parabola through the three estimates, so M_2 belongs there; the official code and those that
follow it have M_2/2. That makes the method second order (measured: tests/laws/test_sampler_relations.py), and at 20
steps or fewer often a little better, for it damps. Steps with two estimates are those of 2M in both variants.
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

VARIANTS = {"published": 0.5, "exact": 1.0}  # factor of M_2


def parabola(variant: str, sampler: str) -> float:
    """The factor of M_2.

    Raises:
        UsageError: an unknown variant.
    """
    if variant not in VARIANTS:
        raise UsageError(f"{sampler} has the variants {' and '.join(VARIANTS)}, got {variant!r}")
    return VARIANTS[variant]


@torch.no_grad()
def dpmpp_3m(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    variant: str = "published",
    lower_final: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order ("exact": third), one call per step; ``noise`` is not used.

    Args:
        variant: "published" or "exact".
        lower_final: lower order in the last steps.

    Raises:
        UsageError: another variant.
    """
    factor = parabola(variant, "dpmpp_3m")

    def moments(h: float, n: int) -> list[float]:
        return midpoint(h, n) if n < 2 else [m * f for m, f in zip(exact(h, 2), (1.0, factor), strict=True)]

    yield from walk(denoise, process, x, ts, exponential(moments), 3, lower_final=lower_final)
