"""Guidance by a palette: the colours of the clean estimate are led towards those of another picture.

    D <- D + kappa (T(D) - D)        T(v) = A (v - mu_D) + mu_S
    A = C_D^{-1/2} (C_D^{1/2} C_S C_D^{1/2})^{1/2} C_D^{-1/2}

with mean mu and covariance C over the channels: the linear map between two Gaussians that moves values least, of Monge
and Kantorovich (Pitie & Kokaram 2007).
"""

from __future__ import annotations

from typing import cast

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise

RIDGE = 1e-4  # added to covariances, in units of squared values: flat pictures have none


def palette(guided: Denoise, style: Float[Tensor, "1 c *space"], kappa: float) -> Denoise:
    """``guided`` led ``kappa`` (0..1) of the way to mean and covariance of the channels of ``style``."""
    mean, covariance = (part[0] for part in moments(style))

    def led(x: Tensor, t: Tensor) -> Tensor:
        d = guided(x, t)
        return torch.lerp(d, transferred(d, mean, covariance), kappa)

    return guided if kappa == 0 else led


def transferred(
    d: Float[Tensor, "b c *space"], mean: Float64[Tensor, " c"], covariance: Float64[Tensor, "c c"]
) -> Float[Tensor, "b c *space"]:
    """Pictures with the mean and covariance of channels that are asked for, by the map that moves values least."""
    here, spread = moments(d)
    root, inverse = powers(spread)
    middle, _ = powers(root @ covariance @ root)
    matrix = inverse @ middle @ inverse
    values = d.flatten(2).double() - here[..., None]
    return (matrix @ values + mean[:, None]).to(d.dtype).reshape(d.shape)


def moments(x: Float[Tensor, "b c *space"]) -> tuple[Float64[Tensor, "b c"], Float64[Tensor, "b c c"]]:
    """Mean and covariance of the channels of every picture."""
    values = x.flatten(2).double()
    mean = values.mean(2)
    apart = values - mean[..., None]
    ridge = RIDGE * torch.eye(x.shape[1], dtype=torch.float64, device=x.device)
    return mean, apart @ apart.mT / values.shape[2] + ridge


def powers(matrix: Float64[Tensor, "b c c"]) -> tuple[Float64[Tensor, "b c c"], Float64[Tensor, "b c c"]]:
    """The square root of symmetric positive matrices, and its inverse."""
    found = torch.linalg.eigh(matrix)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    values, vectors = cast(tuple[Tensor, Tensor], found)
    root = values.clamp(min=RIDGE**2).sqrt()
    return vectors * root[:, None] @ vectors.mT, vectors / root[:, None] @ vectors.mT
