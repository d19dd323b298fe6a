"""Noise schedules: how much picture and how much noise there is at each time.

    x_t = alpha(t) x0 + sigma(t) eps,   t in [0, 1],  t = 0 clean,  t = 1 noise,   lam = log(alpha / sigma)

    family              alpha^2                                    sigma^2          source
    VPLinear            exp(-integral of b_min + (b_max - b_min)t) 1 - alpha^2      Song et al. 2021, eq. 33
    ScaledLinear        the same, sqrt(beta) linear in t           1 - alpha^2      Rombach et al. 2022
    Cosine              cos^2(angle) / cos^2(angle at 0)           1 - alpha^2      Nichol & Dhariwal 2021, eq. 17
    Sigmoid             a falling logistic, cut to [0, 1]          1 - alpha^2      Jabri et al. 2022
    Table               product of (1 - beta_i), n given betas     1 - alpha^2      Ho et al. 2020
    ZeroTerminalSNR     (alpha - alpha(1)) / (1 - alpha(1))        1 - alpha^2      Lin et al. 2023, algorithm 1
    VE                  1                                          sigma_max t^rho  Karras et al. 2022 (EDM)
    Flow                1 - t                                      t                Liu et al. 2022, Lipman et al. 2022

Every method works elementwise on a tensor of any shape and keeps its dtype. sigma^2 is never computed as 1 - alpha^2,
so small sigma keep their digits. ``time_at`` inverts lam; what lies outside the schedule's range is clamped to t in
[0, 1]. Where sigma behaves like sqrt(t) at t = 0 its derivative there is +inf (likewise alpha of Sigmoid at t = 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.util.errors import UsageError

Times = Float[Tensor, "..."]


class Schedule(Protocol):
    """The scales of picture and noise, their time derivatives, and the inverse of the half log-SNR."""

    def alpha(self, t: Times) -> Times: ...
    def sigma(self, t: Times) -> Times: ...
    def dalpha(self, t: Times) -> Times: ...
    def dsigma(self, t: Times) -> Times: ...
    def time_at(self, lam: Times) -> Times: ...


@dataclass(frozen=True)
class VPLinear:
    """-log alpha^2 = beta_min t + (beta_max - beta_min) t^2 / 2."""

    beta_min: float = 0.1
    beta_max: float = 20.0

    @property
    def total(self) -> float:
        return 0.5 * (self.beta_min + self.beta_max)

    def decay(self, t: Times) -> Times:
        return t * (self.beta_min + 0.5 * (self.beta_max - self.beta_min) * t)

    def beta(self, t: Times) -> Times:
        return self.beta_min + (self.beta_max - self.beta_min) * t

    def alpha(self, t: Times) -> Times:
        return torch.exp(-0.5 * self.decay(t))

    def sigma(self, t: Times) -> Times:
        return torch.sqrt(-torch.expm1(-self.decay(t)))

    def dalpha(self, t: Times) -> Times:
        return -0.5 * self.beta(t) * self.alpha(t)

    def dsigma(self, t: Times) -> Times:
        return 0.5 * self.beta(t) * torch.exp(-self.decay(t)) / self.sigma(t)

    def time_at(self, lam: Times) -> Times:
        decay = (-F.logsigmoid(2 * lam)).clamp(max=self.total)
        root = torch.sqrt(self.beta_min**2 + 2 * (self.beta_max - self.beta_min) * decay)
        return (2 * decay / (root + self.beta_min)).clamp(0, 1)


@dataclass(frozen=True)
class ScaledLinear:
    """sqrt(beta) linear from sqrt(beta_min) to sqrt(beta_max): the latent-diffusion schedule in continuous time."""

    beta_min: float = 0.85
    beta_max: float = 12.0

    @property
    def slope(self) -> float:
        return math.sqrt(self.beta_max) - math.sqrt(self.beta_min)

    @property
    def total(self) -> float:
        return (self.beta_min + math.sqrt(self.beta_min * self.beta_max) + self.beta_max) / 3

    def decay(self, t: Times) -> Times:
        k = self.slope
        return t * (self.beta_min + k * t * (math.sqrt(self.beta_min) + k * t / 3))

    def beta(self, t: Times) -> Times:
        return (math.sqrt(self.beta_min) + self.slope * t) ** 2

    def alpha(self, t: Times) -> Times:
        return torch.exp(-0.5 * self.decay(t))

    def sigma(self, t: Times) -> Times:
        return torch.sqrt(-torch.expm1(-self.decay(t)))

    def dalpha(self, t: Times) -> Times:
        return -0.5 * self.beta(t) * self.alpha(t)

    def dsigma(self, t: Times) -> Times:
        return 0.5 * self.beta(t) * torch.exp(-self.decay(t)) / self.sigma(t)

    def time_at(self, lam: Times) -> Times:
        decay = (-F.logsigmoid(2 * lam)).clamp(max=self.total)
        low = math.sqrt(self.beta_min)
        high = (low**3 + 3 * self.slope * decay) ** (1 / 3)  # sqrt(beta) at the wanted time
        return (3 * decay / (high**2 + high * low + low**2)).clamp(0, 1)


@dataclass(frozen=True)
class Cosine:
    """alpha = cos(a) / cos(a0), a = (pi/2)(t + offset)/(1 + offset), a0 = a(0); alpha(1) = 0 exactly.

    sigma^2 = sin(a - a0) sin(a + a0) / cos^2(a0).  ``offset=0`` gives alpha = cos(pi t/2), sigma = sin(pi t/2).
    """

    offset: float = 0.008

    @property
    def rate(self) -> float:
        return 0.5 * math.pi / (1 + self.offset)

    @property
    def start(self) -> float:
        return self.rate * self.offset

    def alpha(self, t: Times) -> Times:
        return torch.sin(self.rate * (1 - t)) / math.cos(self.start)

    def sigma(self, t: Times) -> Times:
        a = self.rate * t
        return torch.sqrt(torch.sin(a) * torch.sin(a + 2 * self.start)) / math.cos(self.start)

    def dalpha(self, t: Times) -> Times:
        return -self.rate * torch.cos(self.rate * (1 - t)) / math.cos(self.start)

    def dsigma(self, t: Times) -> Times:
        if self.offset == 0:
            return self.rate * torch.cos(self.rate * t)
        return -self.alpha(t) * self.dalpha(t) / self.sigma(t)

    def time_at(self, lam: Times) -> Times:
        alpha, sigma = torch.sigmoid(2 * lam).sqrt(), torch.sigmoid(-2 * lam).sqrt()
        cos, sin = math.cos(self.start), math.sin(self.start)
        angle = torch.atan2(torch.sqrt(sin**2 + (cos * sigma) ** 2), alpha * cos)
        return ((angle - self.start) / self.rate).clamp(0, 1)


@dataclass(frozen=True)
class Sigmoid:
    """alpha^2 = (S(end) - S(z)) / (S(end) - S(start)), S the logistic function, z = start + (end - start) t.

    alpha(1) = 0 exactly. Written with S(p) - S(q) = sinh((p - q)/2) / (2 cosh(p/2) cosh(q/2)), which loses no digits at
    either end. ``start`` and ``end`` are already divided by the temperature of the paper.
    """

    start: float = -3.0
    end: float = 3.0

    @property
    def half(self) -> float:
        return 0.5 * (self.end - self.start)

    def alpha(self, t: Times) -> Times:
        w, middle = self.half, torch.cosh(0.5 * self.start + self.half * t)
        return torch.sqrt(torch.sinh((1 - t) * w) / middle * (math.cosh(0.5 * self.start) / math.sinh(w)))

    def sigma(self, t: Times) -> Times:
        w, middle = self.half, torch.cosh(0.5 * self.start + self.half * t)
        return torch.sqrt(torch.sinh(t * w) / middle * (math.cosh(0.5 * self.end) / math.sinh(w)))

    def growth(self, t: Times) -> Times:
        """Half the derivative of sigma^2."""
        w = self.half
        factor = 0.5 * w * math.cosh(0.5 * self.end) * math.cosh(0.5 * self.start) / math.sinh(w)
        return factor / torch.cosh(0.5 * self.start + w * t) ** 2

    def dalpha(self, t: Times) -> Times:
        return -self.growth(t) / self.alpha(t)

    def dsigma(self, t: Times) -> Times:
        return self.growth(t) / self.sigma(t)

    def time_at(self, lam: Times) -> Times:
        w = self.half
        ratio = torch.exp(2 * lam) * (math.cosh(0.5 * self.end) / math.cosh(0.5 * self.start))
        return (torch.atanh(math.sinh(w) / (ratio + math.cosh(w))) / w).clamp(0, 1)


@dataclass(frozen=True)
class VE:
    """alpha = 1, sigma = sigma_max t^rho."""

    sigma_max: float = 80.0
    rho: float = 7.0

    def alpha(self, t: Times) -> Times:
        return torch.ones_like(t)

    def sigma(self, t: Times) -> Times:
        return self.sigma_max * t**self.rho

    def dalpha(self, t: Times) -> Times:
        return torch.zeros_like(t)

    def dsigma(self, t: Times) -> Times:
        return self.sigma_max * self.rho * t ** (self.rho - 1)

    def time_at(self, lam: Times) -> Times:
        return torch.exp(-(lam + math.log(self.sigma_max)) / self.rho).clamp(0, 1)


@dataclass(frozen=True)
class Flow:
    """Rectified flow: alpha = 1 - t, sigma = t."""

    def alpha(self, t: Times) -> Times:
        return 1 - t

    def sigma(self, t: Times) -> Times:
        return t.clone()

    def dalpha(self, t: Times) -> Times:
        return -torch.ones_like(t)

    def dsigma(self, t: Times) -> Times:
        return torch.ones_like(t)

    def time_at(self, lam: Times) -> Times:
        return torch.sigmoid(-lam)


@dataclass(frozen=True)
class Table:
    """A discrete chain of n betas. Step i of the textbook (1..n) is t = i/n; between the nodes beta is constant.

    Args:
        betas: n numbers in (0, 1).

    Raises:
        UsageError: no betas, or one outside (0, 1).
    """

    betas: tuple[float, ...]

    def __post_init__(self) -> None:
        wrong = [b for b in self.betas if not 0 < b < 1]
        if wrong or not self.betas:
            raise UsageError(f"betas must be numbers strictly between 0 and 1, got {wrong[:3] or 'none'}")

    @staticmethod
    def linear(n: int = 1000, first: float = 1e-4, last: float = 0.02) -> Table:
        """beta goes linearly from ``first`` to ``last`` (Ho et al. 2020)."""
        return Table(tuple(_line(first, last, n)))

    @staticmethod
    def scaled_linear(n: int = 1000, first: float = 0.00085, last: float = 0.012) -> Table:
        """sqrt(beta) goes linearly (Rombach et al. 2022)."""
        return Table(tuple(root**2 for root in _line(first**0.5, last**0.5, n)))

    @cached_property
    def rates(self) -> Float[Tensor, " n"]:
        """-log(1 - beta_i): what each interval adds to the decay."""
        return -torch.log1p(-torch.tensor(self.betas, dtype=torch.float64))

    @cached_property
    def nodes(self) -> Float[Tensor, " nodes"]:
        """-log alpha^2 at t = 0, 1/n, ..., 1."""
        return F.pad(self.rates.cumsum(0), (1, 0))

    def place(self, t: Times) -> tuple[Tensor, Tensor, Tensor]:
        """Interval of ``t``, the decay at its left end, and its rate."""
        n = len(self.betas)
        i = (t.detach() * n).floor().long().clamp(0, n - 1)
        return i, self.nodes.to(t)[i], self.rates.to(t)[i]

    def decay(self, t: Times) -> Times:
        i, left, rate = self.place(t)
        return left + (t * len(self.betas) - i) * rate

    def alpha(self, t: Times) -> Times:
        return torch.exp(-0.5 * self.decay(t))

    def sigma(self, t: Times) -> Times:
        return torch.sqrt(-torch.expm1(-self.decay(t)))

    def dalpha(self, t: Times) -> Times:
        return -0.5 * len(self.betas) * self.place(t)[2] * self.alpha(t)

    def dsigma(self, t: Times) -> Times:
        return -self.alpha(t) * self.dalpha(t) / self.sigma(t)

    def time_at(self, lam: Times) -> Times:
        n, decay = len(self.betas), -F.logsigmoid(2 * lam)
        nodes, rates = self.nodes.to(decay), self.rates.to(decay)
        decay = decay.clamp(max=nodes[-1])
        i = (torch.searchsorted(nodes, decay.contiguous(), right=True) - 1).clamp(0, n - 1)
        return ((i + (decay - nodes[i]) / rates[i]) / n).clamp(0, 1)


@dataclass(frozen=True)
class ZeroTerminalSNR:
    """A variance-preserving schedule shifted and stretched so that alpha(1) = 0 exactly and alpha(0) = 1.

    With r = 1 - alpha(1) of the base: 1 - alpha' = (1 - alpha)/r = sigma^2 / (r (1 + alpha)).

    Args:
        base: a schedule with alpha^2 + sigma^2 = 1.
    """

    base: Schedule

    @cached_property
    def range(self) -> float:
        return 1 - float(self.base.alpha(torch.ones((), dtype=torch.float64)))

    def missing(self, t: Times) -> Times:
        """1 - alpha."""
        full = self.base.sigma(t) ** 2 / (self.range * (1 + self.base.alpha(t)))
        return torch.where(t >= 1, torch.ones_like(t), full)

    def alpha(self, t: Times) -> Times:
        return (1 - self.missing(t)).clamp(min=0)

    def sigma(self, t: Times) -> Times:
        return torch.sqrt(self.missing(t) * (1 + self.alpha(t)))

    def dalpha(self, t: Times) -> Times:
        return self.base.dalpha(t) / self.range

    def dsigma(self, t: Times) -> Times:
        return -self.alpha(t) * self.dalpha(t) / self.sigma(t)

    def time_at(self, lam: Times) -> Times:
        alpha, variance = torch.sigmoid(2 * lam).sqrt(), torch.sigmoid(-2 * lam)
        missing = self.range * variance / (1 + alpha)  # 1 - alpha of the base
        kept = 1 - missing
        return self.base.time_at(torch.log(kept) - 0.5 * torch.log(missing * (1 + kept)))


def _line(first: float, last: float, n: int) -> list[float]:
    return [first + (last - first) * i / max(n - 1, 1) for i in range(n)]


SCHEDULES: dict[str, Schedule] = {
    "vp_linear": VPLinear(),
    "scaled_linear": ScaledLinear(),
    "cosine": Cosine(),
    "sigmoid": Sigmoid(),
    "ve": VE(),
    "flow": Flow(),
    "table_linear": Table.linear(),
    "table_scaled_linear": Table.scaled_linear(),
    "zero_snr_vp_linear": ZeroTerminalSNR(VPLinear()),
    "zero_snr_scaled_linear": ZeroTerminalSNR(ScaledLinear()),
}
