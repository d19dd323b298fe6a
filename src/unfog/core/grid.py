"""Time grids: where a sampler evaluates the denoiser.

A grid of n steps has n + 1 decreasing times in float64, the first exactly 1, the last exactly 0; nodes that coincide
are dropped. Except for ``uniform`` and ``beta``, the nodes are chosen in the noise-to-signal ratio sigma/alpha (EDM's
sigma, written rho below) and turned into times of the process, so a grid means the same on every schedule: n values
from ``sigma_max`` (or the largest ratio of the schedule, if smaller; this node becomes the time 1) down to
``sigma_min``, then 0.

    karras      rho^(1/7) linear                                               Karras et al. 2022, eq. 5
    log_snr     ln rho linear                                                  Lu et al. 2022
    rf_shift    rho = shift u/(1 - u), u linear: rectified-flow time, shifted  Esser et al. 2024, eq. 23
    vp_time     rho = sqrt(exp(b_d tau^2/2 + b_m tau) - 1), tau^(1/2) linear   Zhang & Chen 2023 (DEIS)
    poly_exponential    ln rho linear in u^power                               k-diffusion
    trig        rho = sigma_data tan(u), u linear                              Lu & Song 2024 (TrigFlow)
    ays_*       rho as published, its logarithm interpolated                   Sabour et al. 2024 (core/aligned.py)
    fitted      rho as fitted to exact solutions for few steps                 core/fitted.py
    learned     the same, learned together with what the sampler trusts there  core/learned.py

``uniform`` and ``beta`` (Lee et al. 2024, "Beta sampling is all you need") are spaced in the process's own time. Grids
that were made for discrete chains stand in ``core/table_grid.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.aligned import SD15, SDXL, SVD, resampled
from unfog.core.fitted import TOP, levels
from unfog.core.learned import LEARNED, NEAR
from unfog.core.process import Process
from unfog.core.quantiles import quantiles
from unfog.util.errors import UsageError

SIGMA_MIN, SIGMA_MAX = 0.002, 80.0
VP_FIRST = 1e-3  # the time tau of SIGMA_MIN in vp_time


class Grid(Protocol):
    """Times for ``n`` steps; options of its own have defaults."""

    def __call__(self, process: Process, n: int) -> Float64[Tensor, " nodes"]: ...


def uniform(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """t linear from 1 to 0: on a table of n betas with n steps, the original chain.

    Raises:
        UsageError: ``n`` < 1 (so do the others).
    """
    _check(n)
    return torch.linspace(1, 0, n + 1, dtype=torch.float64)


def karras(
    process: Process, n: int, *, rho: float = 7.0, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX
) -> Float64[Tensor, " nodes"]:
    """sigma^(1/rho) linear: nodes crowd at low noise."""
    high, low = _ends(process, sigma_min, sigma_max)
    return _times(process, _ramp(high ** (1 / rho), low ** (1 / rho), n) ** rho)


def log_snr(
    process: Process, n: int, *, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX
) -> Float64[Tensor, " nodes"]:
    """Equal steps of lam."""
    high, low = _ends(process, sigma_min, sigma_max)
    return _times(process, torch.exp(_ramp(math.log(high), math.log(low), n)))


def rf_shift(
    process: Process,
    n: int,
    *,
    shift: float = 0.5,
    sigma_min: float = SIGMA_MIN,
    sigma_max: float = SIGMA_MAX,
) -> Float64[Tensor, " nodes"]:
    """Uniform rectified-flow time, every sigma times ``shift``: below 1 spends nodes at low noise, above 1 at high."""
    high, low = (sigma / shift for sigma in _ends(process, sigma_min, sigma_max))
    u = _ramp(high / (1 + high), low / (1 + low), n)
    return _times(process, shift * u / (1 - u))


def vp_time(
    process: Process, n: int, *, rho: float = 2.0, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX
) -> Float64[Tensor, " nodes"]:
    """tau^(1/rho) linear, tau the time of the linear-beta VP process spanning this range between tau = 1e-3 and 1."""
    high, low = _ends(process, sigma_min, sigma_max)
    b_d, b_m = vp_rates(low, high)
    tau = _ramp(1.0, VP_FIRST ** (1 / rho), n) ** rho
    return _times(process, torch.sqrt(torch.expm1(b_d * tau**2 / 2 + b_m * tau)))


def vp_rates(low: float, high: float) -> tuple[float, float]:
    """b_d and b_m of the linear-beta VP process that goes from sigma ``low`` at tau = 1e-3 to ``high`` at tau = 1."""
    decay_high, decay_low = math.log1p(high**2), math.log1p(low**2)
    b_d = 2 * (decay_low / VP_FIRST - decay_high) / (VP_FIRST - 1)
    return b_d, decay_high - b_d / 2


def poly_exponential(
    process: Process, n: int, *, power: float = 1.0, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX
) -> Float64[Tensor, " nodes"]:
    """ln sigma linear in u^power: 1 is log_snr, above it low noise gets more nodes, below it high noise."""
    high, low = (math.log(sigma) for sigma in _ends(process, sigma_min, sigma_max))
    return _times(process, torch.exp(low + (high - low) * _ramp(1.0, 0.0, n) ** power))


def trig(
    process: Process,
    n: int,
    *,
    sigma_data: float = 0.5,
    sigma_min: float = SIGMA_MIN,
    sigma_max: float = SIGMA_MAX,
) -> Float64[Tensor, " nodes"]:
    """Equal angles of atan(sigma/sigma_data), the time of TrigFlow."""
    high, low = (math.atan(sigma / sigma_data) for sigma in _ends(process, sigma_min, sigma_max))
    return _times(process, sigma_data * torch.tan(_ramp(high, low, n)))


def beta(process: Process, n: int, *, a: float = 0.6, b: float = 0.6) -> Float64[Tensor, " nodes"]:
    """Quantiles of the beta distribution in t: below 1, both ends get more nodes."""
    _check(n)
    return torch.tensor(quantiles(n, a, b), dtype=torch.float64).flip(0)


def ays_sd15(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """Align Your Steps, the nodes for Stable Diffusion 1.5."""
    return _aligned(process, n, SD15)


def ays_sdxl(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """Align Your Steps, the nodes for Stable Diffusion XL."""
    return _aligned(process, n, SDXL)


def ays_svd(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """Align Your Steps, the nodes for Stable Video Diffusion."""
    return _aligned(process, n, SVD)


def fitted(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """Nodes that were fitted to exact solutions, for 5 to 20 steps of ``trig_multistep`` without guidance."""
    _check(n)
    top = math.exp(-process.lam(torch.ones(1, dtype=torch.float64)).item())
    return through(process, [-math.log(rho) for rho in levels(n, min(top, TOP))])


def learned(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """Nodes learned with the trust of ``trig_multistep``, for 5, 8, 12 and 20 steps; ``fitted`` for others."""
    _check(n)
    if n not in LEARNED or math.exp(-process.lam(torch.ones(1, dtype=torch.float64)).item()) < TOP * (1 - NEAR):
        return fitted(process, n)
    return through(process, [-math.log(rho) for rho in LEARNED[n].levels])


def _aligned(process: Process, n: int, table: Sequence[float]) -> Float64[Tensor, " nodes"]:
    _check(n)
    top, _ = _ends(process, table[-1], table[0])
    return _times(process, torch.tensor(resampled(table, n, top)[:-1], dtype=torch.float64))


def through(process: Process, lams: Sequence[float] | Float64[Tensor, " n"]) -> Float64[Tensor, " nodes"]:
    """The grid from 1 to 0 through given lam = log(alpha/sigma), increasing; those outside the schedule are dropped."""
    inner = process.time_at(torch.as_tensor(lams, dtype=torch.float64))
    ts = torch.cat([inner.new_ones(1), inner, inner.new_zeros(1)])
    return ts[torch.cat([torch.tensor([True]), ts.diff() < 0])]


GRIDS: dict[str, Grid] = {
    "uniform": uniform,
    "karras": karras,
    "log_snr": log_snr,
    "rf_shift": rf_shift,
    "vp_time": vp_time,
    "poly_exponential": poly_exponential,
    "trig": trig,
    "beta": beta,
    "ays_sd15": ays_sd15,
    "ays_sdxl": ays_sdxl,
    "ays_svd": ays_svd,
    "fitted": fitted,
    "learned": learned,
}


def _check(n: int) -> None:
    if n < 1:
        raise UsageError(f"steps must be 1 or more, got {n}")


def _ends(process: Process, sigma_min: float, sigma_max: float) -> tuple[float, float]:
    """The range of sigma/alpha, cut to what the process reaches."""
    top = math.exp(-process.lam(torch.ones(1, dtype=torch.float64)).item())
    if not 0 < sigma_min < min(sigma_max, top):
        raise UsageError(f"need 0 < sigma_min < sigma_max and below {top:g}, got {sigma_min} and {sigma_max}")
    return min(sigma_max, top), sigma_min


def _ramp(first: float, last: float, n: int) -> Float64[Tensor, " n"]:
    _check(n)
    return torch.linspace(first, last, n, dtype=torch.float64)


def _times(process: Process, sigma: Float64[Tensor, " n"]) -> Float64[Tensor, " nodes"]:
    """Times of these sigma/alpha, with the ends put at exactly 1 and 0."""
    return through(process, -torch.log(sigma[1:]))
