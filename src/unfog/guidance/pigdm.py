"""Pseudo-inverse guidance of a linear measurement (Song et al. 2023, PiGDM).

    V = r^2 A A^T + sigma_y^2,    r^2 = sigma^2 sigma_data^2/(alpha^2 sigma_data^2 + sigma^2)

in guidance/measure.py: x0 given x_t is taken to be uncertain alike in all directions. Exact, at scale 1, for Gaussian
data of deviation ``sigma_data`` in every direction.
"""

from __future__ import annotations

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.operator import Operator, solve
from unfog.core.process import Process
from unfog.guidance.energy import spread
from unfog.guidance.measure import Back, checked, measured


def pigdm(
    guided: Denoise,
    operator: Operator,
    y: Tensor,
    scale: float,
    process: Process,
    *,
    sigma_y: float,
    sigma_data: float,
) -> Denoise:
    """Towards samples of which ``operator`` sees ``y``; ``scale`` 0: none. One gradient.

    Raises:
        UsageError: ``sigma_y`` is negative.
    """
    noise = checked(sigma_y)

    def weigh(residual: Tensor, t: Tensor, _: Back) -> Tensor:
        return solve(operator, residual, spread(process, t, sigma_data), noise)

    return measured(guided, operator.forward, y, scale, process, weigh)
