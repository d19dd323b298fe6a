"""What the network predicts, and the one identity that turns any of it into x0.

    target = a(t) x0 + b(t) eps,    x = alpha x0 + sigma eps
    x0 = (b x - sigma out) / (b alpha - sigma a)

    head       a                       b                         source
    x0         1                       0
    eps        0                       1                         Ho et al. 2020
    v          -sigma / r              alpha / r                 Salimans & Ho 2022;  r = sqrt(alpha^2 + sigma^2)
    score      0                       -1 / sigma                Song et al. 2021
    velocity   alpha'                  sigma'                    Lipman et al. 2022
    edm        sigma / (n sigma_data)  -alpha sigma_data / n     Karras et al. 2022;
                                                                 n = sqrt((alpha sigma_data)^2 + sigma^2)

r = 1 on variance-preserving schedules; elsewhere it keeps v at the size it has there. At sigma = 0 the identity says
x0 = x/alpha, whatever was predicted. At alpha = 0 (pure noise) x0, v, velocity and edm stay finite; eps and score do
not determine x0 there. The edm head is written in (alpha, sigma), so it is finite and exact on any schedule:
D = c_skip x + c_out out with c_skip = alpha sigma_data^2/n^2 and c_out = sigma sigma_data/n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.schedule import Schedule, Times
from unfog.util.shapes import like


class Head(Protocol):
    """A parameterization: its name and its two coefficients."""

    @property
    def name(self) -> str: ...

    def coefficients(self, schedule: Schedule, t: Times) -> tuple[Times, Times]:
        """(a, b), elementwise in ``t``."""
        ...


@dataclass(frozen=True)
class X0:
    """The clean sample."""

    name: str = "x0"

    def coefficients(self, schedule: Schedule, t: Times) -> tuple[Times, Times]:
        return torch.ones_like(t), torch.zeros_like(t)


@dataclass(frozen=True)
class Eps:
    """The unit noise."""

    name: str = "eps"

    def coefficients(self, schedule: Schedule, t: Times) -> tuple[Times, Times]:
        return torch.zeros_like(t), torch.ones_like(t)


@dataclass(frozen=True)
class V:
    """(alpha eps - sigma x0) / sqrt(alpha^2 + sigma^2)."""

    name: str = "v"

    def coefficients(self, schedule: Schedule, t: Times) -> tuple[Times, Times]:
        alpha, sigma = schedule.alpha(t), schedule.sigma(t)
        r = torch.hypot(alpha, sigma)
        return -sigma / r, alpha / r


@dataclass(frozen=True)
class Score:
    """-eps / sigma."""

    name: str = "score"

    def coefficients(self, schedule: Schedule, t: Times) -> tuple[Times, Times]:
        return torch.zeros_like(t), -1 / schedule.sigma(t)


@dataclass(frozen=True)
class Velocity:
    """alpha' x0 + sigma' eps: dx/dt; on the flow schedule eps - x0."""

    name: str = "velocity"

    def coefficients(self, schedule: Schedule, t: Times) -> tuple[Times, Times]:
        return schedule.dalpha(t), schedule.dsigma(t)


@dataclass(frozen=True)
class EDM:
    """The preconditioned output F of Karras et al. 2022, for data of standard deviation ``sigma_data``."""

    sigma_data: float = 0.5
    name: str = "edm"

    def coefficients(self, schedule: Schedule, t: Times) -> tuple[Times, Times]:
        alpha, sigma, d = schedule.alpha(t), schedule.sigma(t), self.sigma_data
        n = torch.hypot(alpha * d, sigma)
        return sigma / (n * d), -alpha * d / n


HEADS: dict[str, Head] = {
    "x0": X0(),
    "eps": Eps(),
    "v": V(),
    "score": Score(),
    "velocity": Velocity(),
    "edm": EDM(),
}


def target(
    head: Head,
    schedule: Schedule,
    x0: Float[Tensor, "b *shape"],
    eps: Float[Tensor, "b *shape"],
    t: Float[Tensor, " b"],
) -> Float[Tensor, "b *shape"]:
    """What the network should output for a sample noised with ``eps`` to ``t``."""
    a, b = head.coefficients(schedule, t)
    return like(a, x0).to(x0) * x0 + like(b, x0).to(x0) * eps


def to_x0(
    head: Head,
    schedule: Schedule,
    x: Float[Tensor, "b *shape"],
    out: Float[Tensor, "b *shape"],
    t: Float[Tensor, " b"],
) -> Float[Tensor, "b *shape"]:
    """The clean estimate that the network output ``out`` at (``x``, ``t``) stands for."""
    a, b = head.coefficients(schedule, t)
    alpha, sigma = schedule.alpha(t), schedule.sigma(t)
    clean = sigma == 0
    bottom = b * alpha - sigma * a
    p = torch.where(clean, 1 / alpha, b / bottom)
    q = torch.where(clean, torch.zeros_like(sigma), -sigma / bottom)
    return like(p, x).to(x) * x + like(q, x).to(x) * out
