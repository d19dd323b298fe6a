"""DEIS, tAB (Zhang & Chen 2023): Adams-Bashforth with polynomials of eps in the time of a linear VP process.

    y' = y + sum_j C_j eps_{i-j},    C_j = integral from rho_i to rho_{i+1} of l_j(tau(rho)) drho,    y = x/alpha
    tau(rho) = (sqrt(b_m^2 + 2 b_d log(1 + rho^2)) - b_m)/b_d

tau runs from 1e-3 to 1 while rho goes from 0.002 to 80 (as in the grid ``vp_time``): in it, eps is nearly a polynomial.
The integrals are 16-point Gauss-Legendre sums in log rho.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.grid import SIGMA_MAX, SIGMA_MIN, vp_rates
from unfog.core.process import Process
from unfog.samplers.multistep import walk
from unfog.samplers.quadrature import integral
from unfog.samplers.step import Node, NoiseSource, Step
from unfog.util.errors import UsageError


@cache
def rates() -> tuple[float, float]:
    """b_d and b_m."""
    return vp_rates(SIGMA_MIN, SIGMA_MAX)


def vp_time_of(rho: float) -> float:
    """tau(rho)."""
    b_d, b_m = rates()
    return (math.sqrt(b_m**2 + 2 * b_d * math.log1p(rho**2)) - b_m) / b_d


def in_vp_time(others: Sequence[Node], a: Node, b: Node) -> tuple[list[float], list[float]]:
    """Places and moments of polynomials in tau; none in the step to rho = 0."""
    if b.sigma == 0 or not others:
        return [], []
    start = vp_time_of(a.rho)
    length = vp_time_of(b.rho) - start
    places = [(vp_time_of(node.rho) - start) / length for node in others]
    powers = range(1, len(others) + 1)
    return places, [integral(lambda s, k=k: ((vp_time_of(s) - start) / length) ** k, a.rho, b.rho) for k in powers]


@torch.no_grad()
def deis(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 3,
    lower_final: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, third order, one call per step; ``noise`` is not used.

    Args:
        order: 1 to 4.
        lower_final: lower order in the last steps.

    Raises:
        UsageError: another order.
    """
    if order not in (1, 2, 3, 4):
        raise UsageError(f"deis has order 1, 2, 3 or 4, got {order}")
    yield from walk(denoise, process, x, ts, in_vp_time, order, of_noise=True, lower_final=lower_final)
