"""Problems with exact answers, in float64: distributions whose denoiser is known, and noise by number."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.oracle import GaussianMixture
from unfog.core.process import Process
from unfog.util.random import Draw, normal
from unfog.util.shapes import like

INFINITY = float("inf")


def f64(*values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def gauss(index: int, *shape: int) -> Tensor:
    """Unit normal numbers, the same for the same ``index`` and ``shape``."""
    return normal([31], shape, draw=Draw.TEST, index=[index])[0].double()


def at(t: float, b: int) -> Tensor:
    return torch.full((b,), t, dtype=torch.float64)


@cache
def smooth_mixture() -> GaussianMixture:
    """Three overlapping components in 3 dimensions: smooth trajectories, for orders of convergence."""
    return GaussianMixture(
        f64(0.5, 0.3, 0.2),
        f64([-0.8, 0.3, 0.5], [0.7, -0.4, 0.1], [0.2, 0.9, -0.6]),
        f64([0.1, 0.2, 0.3], [0.25, 0.1, 0.15], [0.2, 0.3, 0.1]),
        torch.tensor([0, 1, 1]),
    )


@cache
def wide_mixture(d: int = 30) -> GaussianMixture:
    """Five narrower components in ``d`` dimensions, of any shape with d numbers; three classes."""
    return GaussianMixture(
        f64(3.0, 1.0, 2.0, 1.0, 2.0),
        0.6 * gauss(1, 5, d),
        0.02 + 0.1 * gauss(2, 5, d) ** 2,
        torch.tensor([0, 1, 0, 2, 2]),
    )


def two_humps(process: Process, m: float = 0.7, v: float = 0.1) -> Denoise:
    """The denoiser of numbers that are N(m, v) or N(-m, v): the cheapest one that is smooth and not linear."""

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = like(process.alpha(t), x), like(process.sigma(t), x)
        s = alpha**2 * v + sigma**2
        return (alpha * v / s) * x + (m * sigma**2 / s) * torch.tanh((alpha * m / s) * x)

    return denoise


def start(process: Process, *shape: int, index: int = 3) -> Tensor:
    """Pure noise at t = 1."""
    return gauss(index, *shape) * process.sigma(f64(1.0))


def nodes_at(process: Process, lams: Tensor, *, to_zero: bool) -> Tensor:
    """A grid with these half log-SNRs, followed by t = 0 if asked."""
    ts = process.time_at(lams)
    return torch.cat([ts, ts.new_zeros(1)]) if to_zero else ts
