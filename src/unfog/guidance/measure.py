"""Guidance by a measurement, y = A(x0) + sigma_y n (Chung et al. 2023, DPS; Song et al. 2023, PiGDM).

    D = D_g + scale (sigma^2/alpha) grad_x log N(y; A(D_g(x_t)), v),    v = sigma_y^2 + r^2

Given x_t, x0 is uncertain by the variance r^2 (``energy.spread``), so what is measured of it by r^2 + sigma_y^2; with r
= 0 this is DPS's gradient. Any differentiable A. Exact, at scale 1, for Gaussian data of deviation sigma_data in every
direction and a linear A with A A^T = 1 (known pixels among them); nothing is done at alpha = 0.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.energy import spread
from unfog.guidance.gradient import ascent, shift
from unfog.util.errors import UsageError


def measure(
    guided: Denoise,
    forward: Callable[[Tensor], Tensor],
    y: Tensor,
    scale: float,
    process: Process,
    *,
    sigma_y: float,
    sigma_data: float,
) -> Denoise:
    """Towards samples whose ``forward`` is ``y``; ``scale`` 0: none.

    Args:
        forward: A, from ``(b, *shape)`` to something shaped like ``y``.
        y: what was measured: one row per sample.
        sigma_y: standard deviation of the measurement's noise.
        sigma_data: of the data; 0 is DPS.

    Raises:
        UsageError: both deviations are 0 or one is negative.
    """
    if not (min(sigma_y, sigma_data) >= 0 and max(sigma_y, sigma_data) > 0):
        raise UsageError(f"need a positive deviation of noise or data, got {sigma_y} and {sigma_data}")

    def steered(x: Tensor, t: Tensor) -> Tensor:
        variance = sigma_y**2 + spread(process, t, sigma_data).to(x)

        def value(x: Tensor) -> tuple[Tensor, Tensor]:
            d = guided(x, t)
            return -(y - forward(d)).square().flatten(1).sum(1) / (2 * variance), d

        gradient, d = ascent(value, x)
        return d + scale * shift(process, t, gradient)

    return guided if scale == 0 else steered
