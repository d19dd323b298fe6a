"""Guidance by any differentiable energy of the clean estimate (Bansal et al. 2023, universal guidance).

    D = D_g - scale (sigma^2/alpha) grad_x E(D_g(x_t))  =  D_g - scale (sigma^2/alpha) J^T grad E,    J = dD_g/dx

E is a number per sample: minus the similarity of a text-image model (CLIP guidance), minus log p(y | x0) of a
classifier of clean pictures, a distance from colours, a style, a measurement. (sigma^2/alpha) J is the covariance of x0
given x_t, so where E is linear, E = -h.x0, and the data Gaussian, this is exactly the denoiser of p(x0) exp(scale
h.x0).

The cheap form (Yu et al. 2023, FreeDoM; He et al. 2024, MPGD) puts the variance r^2 of data of deviation sigma_data in
the place of that covariance, r^2 = sigma^2 sigma_data^2/(alpha^2 sigma_data^2 + sigma^2), and does not differentiate
the network; it holds at alpha = 0, too.
"""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.gradient import ascent, shift
from unfog.util.shapes import like

Energy = Callable[[Tensor], Float[Tensor, " b"]]  # clean estimate -> what is to become small


def energy(guided: Denoise, cost: Energy, scale: float, process: Process) -> Denoise:
    """Go down ``cost``, through the network; ``scale`` 0: none. One evaluation of ``guided`` and its gradient."""

    def steered(x: Tensor, t: Tensor) -> Tensor:
        def value(x: Tensor) -> tuple[Tensor, Tensor]:
            d = guided(x, t)
            return -cost(d), d

        gradient, d = ascent(value, x)
        return d + scale * shift(process, t, gradient)

    return guided if scale == 0 else steered


def cheap_energy(guided: Denoise, cost: Energy, scale: float, process: Process, sigma_data: float) -> Denoise:
    """Go down ``cost`` without differentiating the network."""

    def steered(x: Tensor, t: Tensor) -> Tensor:
        gradient, d = ascent(lambda d: (-cost(d), d), guided(x, t))
        return d + scale * like(spread(process, t, sigma_data), d).to(d) * gradient

    return guided if scale == 0 else steered


def spread(process: Process, t: Float[Tensor, " b"], sigma_data: float) -> Float[Tensor, " b"]:
    """r^2: the variance of x0 given x_t, of Gaussian data of standard deviation ``sigma_data``."""
    alpha, sigma = process.alpha(t), process.sigma(t)
    return (sigma * sigma_data) ** 2 / ((alpha * sigma_data) ** 2 + sigma**2)
