"""The null-space method: what was measured is put into the estimate (Wang, Yu & Zhang 2023, DDNM).

    D = D_g + scale A^+ (y - A D_g)

At scale 1 the estimate agrees with the measurement, A D = y where that is possible, and everything that A does not see
is left to the denoiser; for known pixels this is inpainting by replacing them. It believes y to be free of noise: for
noise see guidance/diffpir.py and samplers/ddnm_plus.py. No gradient.
"""

from __future__ import annotations

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.operator import Operator, pinv


def ddnm(guided: Denoise, operator: Operator, y: Tensor, scale: float) -> Denoise:
    """Estimates of which ``operator`` sees ``y``; ``scale`` 0: unchanged."""

    def projected(x: Tensor, t: Tensor) -> Tensor:
        d = guided(x, t)
        return d + scale * pinv(operator, y.to(d) - operator.forward(d))

    return guided if scale == 0 else projected
