"""Tweedie moment projection: the estimate's own uncertainty, by its row sums (Boys et al. 2023, TMPD).

    V = diag(A C A^T 1) + sigma_y^2,    C = (sigma^2/alpha) J = Cov[x0 | x_t]

in guidance/measure.py. J^T A^T 1 is one gradient more; negative row sums, which covariances may have, count as 0. No
constant to choose; exact, at scale 1, where A C A^T is diagonal.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.operator import Operator
from unfog.core.process import Process
from unfog.guidance.measure import Back, checked, measured


def tmpd(guided: Denoise, operator: Operator, y: Tensor, scale: float, process: Process, *, sigma_y: float) -> Denoise:
    """Towards samples of which ``operator`` sees ``y``; ``scale`` 0: none. Two gradients.

    Raises:
        UsageError: ``sigma_y`` is negative.
    """
    noise = checked(sigma_y)

    def weigh(residual: Tensor, _: Tensor, back: Back) -> Tensor:
        variance = operator.forward(back(torch.ones_like(residual))).clamp(min=0) + noise
        return torch.where(variance > 0, residual / variance, 0)

    return measured(guided, operator.forward, y, scale, process, weigh)
