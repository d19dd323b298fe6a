"""Which noise levels to train on, and how much each counts.

Densities map a uniform number to a time:

    uniform        t ~ U(0, 1)
    log-normal     ln(sigma/alpha) = -lam ~ N(mean, std^2)       Karras et al. 2022 (EDM), table 1
                   (on the rectified-flow schedule this is the logit-normal density of Esser et al. 2024)

Weights multiply the squared error in the head's own units:

    unit           1 (on the "edm" head this is EDM's weighting lambda(sigma) of the x0 error)
    min-SNR        min(SNR, gamma) on the x0 error (Hang et al. 2023), expressed for each head; SNR = exp(2 lam)

The learned alternative is ``Uncertainty``: a log-variance u(lam), linear in Fourier features of the level.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from unfog.core.head import Head
from unfog.core.process import Process
from unfog.util.errors import UsageError

Weight = Callable[[Tensor, Head], Tensor]


class Density(Protocol):
    """How often each noise level is trained on."""

    def time(self, u: Tensor, process: Process) -> Tensor:
        """Map uniform numbers ``u (b,)`` in (0, 1) to times in (0, 1]."""
        ...


@dataclass(frozen=True)
class Uniform:
    """t ~ U(0, 1)."""

    def time(self, u: Float[Tensor, " b"], process: Process) -> Float[Tensor, " b"]:
        return u


@dataclass(frozen=True)
class LogNormal:
    """-lam = ln(sigma/alpha) ~ N(mean, std^2)."""

    mean: float
    std: float

    def time(self, u: Float[Tensor, " b"], process: Process) -> Float[Tensor, " b"]:
        normal = cast(Tensor, torch.special.ndtri(u))  # pyright: ignore[reportUnknownMemberType]
        return process.time_at(-(self.mean + self.std * normal))


def unit(lam: Float[Tensor, " b"], head: Head) -> Float[Tensor, " b"]:
    """Every noise level counts as the head presents it."""
    return torch.ones_like(lam)


@dataclass(frozen=True)
class MinSNR:
    """min(SNR, gamma) on the x0 error, converted to the units of the head.

    By the identity of ``core/head.py`` an error e in the head's output is an x0 error of sigma e / (b alpha - sigma a),
    so the weights are min(SNR, gamma) for x0, min(SNR, gamma) / SNR for eps and min(SNR, gamma) / (SNR + 1) for v, as
    published, on every schedule (v is divided by sqrt(alpha^2 + sigma^2)).

    Raises:
        UsageError: the head has no published form (score, velocity, edm).
    """

    gamma: float = 5.0

    def __call__(self, lam: Float[Tensor, " b"], head: Head) -> Float[Tensor, " b"]:
        snr = torch.exp(2 * lam)
        clipped = snr.clamp(max=self.gamma)
        match head.name:
            case "x0":
                return clipped
            case "eps":
                return clipped / snr
            case "v":
                return clipped / (snr + 1)
            case other:
                raise UsageError(
                    f"min-SNR weighting is defined for the heads x0, eps and v, not {other!r}: use weight 'unit'"
                )


class Uncertainty(nn.Module):
    """u(lam): the logarithm of the loss expected at each noise level, learned beside the network and unused afterwards.

    Args:
        features: number of Fourier features of the level.
    """

    def __init__(self, features: int = 32) -> None:
        super().__init__()
        self.features = features
        self.linear = nn.Linear(features, 1)

    def forward(self, level: Float[Tensor, " b"]) -> Float[Tensor, " b"]:
        k = torch.arange(self.features, device=level.device, dtype=level.dtype)
        waves = math.sqrt(2) * torch.cos(level[:, None] * (k / 8) + k * 2.399963)  # phases by the golden angle
        return self.linear(waves)[:, 0]
