"""Guidance by a measurement, y = A(x0) + sigma_y n: what its methods share, and the simplest of them.

    D = D_g + scale (sigma^2/alpha) grad_x log N(y; A(D_g(x_t)), V)
      = D_g + scale (sigma^2/alpha) J^T A^T u,    u = V^-1 (y - A(D_g)),    J = dD_g/dx

Given x_t, x0 is uncertain by a covariance C, so what is measured of it by V = A C A^T + sigma_y^2. The methods differ
in what they put there; V itself is not differentiated:

    measure   C = r^2, A A^T = 1: any differentiable A; r = 0 is the gradient of DPS (Chung et al. 2023)
    pigdm     C = r^2 (guidance/pigdm.py)
    tmpd      A C A^T by its row sums (guidance/tmpd.py)
    mmps      C = (sigma^2/alpha) J, as it is (guidance/mmps.py)

r^2 is the variance of data of deviation sigma_data (``energy.spread``). Nothing is done at alpha = 0.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.energy import spread
from unfog.guidance.gradient import shift
from unfog.util.errors import UsageError
from unfog.util.shapes import like

Back = Callable[[Tensor], Tensor]  # u -> (sigma^2/alpha) J^T A^T u
Weigh = Callable[[Tensor, Tensor, Back], Tensor]  # y - A(D), t, back -> V^-1 (y - A(D))


def measured(
    guided: Denoise, forward: Callable[[Tensor], Tensor], y: Tensor, scale: float, process: Process, weigh: Weigh
) -> Denoise:
    """Towards samples whose ``forward`` is ``y``; one gradient, and one for each call of ``back`` by ``weigh``."""

    def steered(x: Tensor, t: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            d = guided(x, t)
            seen = forward(d)

        def back(u: Tensor) -> Tensor:
            (gradient,) = torch.autograd.grad(seen, x, u, retain_graph=True)
            return shift(process, t, gradient)

        residual = y.to(seen) - seen.detach()
        return d.detach() + scale * back(weigh(residual, t, back))

    return guided if scale == 0 else steered


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
    """Towards samples whose ``forward``, any differentiable function, is ``y``; ``scale`` 0: none.

    Exact, at scale 1, for Gaussian data of deviation ``sigma_data`` in every direction and a linear A with A A^T = 1.

    Args:
        forward: A, from ``(b, *shape)`` to something shaped like ``y``.
        y: what was measured: one row per sample, or one for all.
        sigma_y: standard deviation of the measurement's noise.
        sigma_data: of the data; 0 is DPS.

    Raises:
        UsageError: both deviations are 0 or one is negative.
    """
    if not (min(sigma_y, sigma_data) >= 0 and max(sigma_y, sigma_data) > 0):
        raise UsageError(f"need a positive deviation of noise or data, got {sigma_y} and {sigma_data}")

    def weigh(residual: Tensor, t: Tensor, _: Back) -> Tensor:
        return residual / like(sigma_y**2 + spread(process, t, sigma_data), residual).to(residual)

    return measured(guided, forward, y, scale, process, weigh)


def checked(sigma_y: float) -> float:
    """The variance of the measurement's noise.

    Raises:
        UsageError: its deviation is negative.
    """
    if not sigma_y >= 0:
        raise UsageError(f"the deviation of a measurement's noise must be 0 or more, got {sigma_y}")
    return sigma_y**2
