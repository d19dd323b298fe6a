"""Moment-matching posterior sampling: the estimate's whole covariance (Rozet et al. 2024, MMPS).

    V = A C A^T + sigma_y^2,    C = (sigma^2/alpha) J = Cov[x0 | x_t]

in guidance/measure.py; V^-1 (y - A D) by Lanczos (core/krylov.py), each iteration one gradient. Exact, at scale 1, for
Gaussian data of any covariance, and for as many iterations as A C A^T has different eigenvalues; a few go far. The
paper's conjugate gradients break down where a network's J is no covariance; here negative eigenvalues count as 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.krylov import function_of
from unfog.core.operator import Operator
from unfog.core.process import Process
from unfog.guidance.measure import Back, checked, measured
from unfog.util.errors import UsageError


def mmps(
    guided: Denoise,
    operator: Operator,
    y: Tensor,
    scale: float,
    process: Process,
    *,
    sigma_y: float,
    iterations: int = 3,
) -> Denoise:
    """Towards samples of which ``operator`` sees ``y``; ``scale`` 0: none. ``iterations`` + 1 gradients.

    Raises:
        UsageError: ``sigma_y`` is negative, or ``iterations`` below 1.
    """
    noise = checked(sigma_y)
    if iterations < 1:
        raise UsageError(f"moment matching needs 1 iteration or more, got {iterations}")

    def inverse(e: Tensor) -> Tensor:
        total = e.clamp(min=0) + noise
        return torch.where(total > 0, 1 / total, 0)

    def weigh(residual: Tensor, _: Tensor, back: Back) -> Tensor:
        return function_of(lambda u: operator.forward(back(u)), inverse, residual, iterations)

    return measured(guided, operator.forward, y, scale, process, weigh)
