"""The proximal method: the estimate nearest to both the denoiser's and the measurement (Zhu et al. 2023, DiffPIR).

    argmin |y - A D|^2/sigma_y^2 + |D - D_g|^2/r^2  =  D_g + A^T (A A^T + sigma_y^2/r^2)^-1 (y - A D_g)
    r^2 = (sigma/alpha)^2/zeta

which is pseudo-inverse guidance with 1 in place of the network's derivative: no gradient. Without noise it is DDNM.
"""

from __future__ import annotations

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.operator import Operator, solve
from unfog.core.process import Process
from unfog.guidance.measure import checked
from unfog.util.errors import UsageError


def diffpir(
    guided: Denoise,
    operator: Operator,
    y: Tensor,
    scale: float,
    process: Process,
    *,
    sigma_y: float,
    zeta: float = 1.0,
) -> Denoise:
    """Towards samples of which ``operator`` sees ``y``; ``scale`` 0: none, 1: the whole way.

    Args:
        zeta: weight of the denoiser's estimate, positive.

    Raises:
        UsageError: ``sigma_y`` is negative, or ``zeta`` is not positive.
    """
    noise = checked(sigma_y)
    if not zeta > 0:
        raise UsageError(f"zeta must be positive, got {zeta}")

    def proximal(x: Tensor, t: Tensor) -> Tensor:
        d = guided(x, t)
        doubt = zeta * noise * (process.alpha(t) / process.sigma(t)) ** 2  # sigma_y^2/r^2
        return d + scale * operator.adjoint(solve(operator, y.to(d) - operator.forward(d), 1.0, doubt))

    return guided if scale == 0 else proximal
