"""DEIS (Zhang & Chen 2023): Adams-Bashforth with polynomials of eps in a function tau of rho = sigma/alpha.

    y' = y + sum_j C_j eps_{i-j},    C_j = integral from rho_i to rho_{i+1} of l_j(tau(rho)) drho,    y = x/alpha

    vp_time     tau = (sqrt(b_m^2 + 2 b_d log(1 + rho^2)) - b_m)/b_d      tAB, the time of a linear VP process
    log_rho     tau = log rho                                             what diffusers has

vp_time runs from 1e-3 to 1 while rho goes from 0.002 to 80 (as in the grid of this name): in it, eps is nearly a
polynomial. The integrals are 16-point Gauss-Legendre sums in log rho.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.grid import SIGMA_MAX, SIGMA_MIN, vp_rates
from unfog.core.process import Process
from unfog.samplers.multistep import Rule, walk
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


SPACES: Mapping[str, Callable[[float], float]] = {"vp_time": vp_time_of, "log_rho": math.log}


def polynomials_in(tau: Callable[[float], float]) -> Rule:
    """Places and moments of polynomials in tau; none in the step to rho = 0."""

    def rule(others: Sequence[Node], a: Node, b: Node) -> tuple[list[float], list[float]]:
        if b.sigma == 0 or not others:
            return [], []
        start = tau(a.rho)
        length = tau(b.rho) - start
        places = [(tau(node.rho) - start) / length for node in others]
        powers = range(1, len(others) + 1)
        return places, [integral(lambda s, k=k: ((tau(s) - start) / length) ** k, a.rho, b.rho) for k in powers]

    return rule


@torch.no_grad()
def deis(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 3,
    space: str = "vp_time",
    lower_final: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, third order, one call per step; ``noise`` is not used.

    Args:
        order: 1 to 4.
        space: "vp_time" or "log_rho".
        lower_final: lower order in the last steps.

    Raises:
        UsageError: another order or space.
    """
    if order not in (1, 2, 3, 4):
        raise UsageError(f"deis has order 1, 2, 3 or 4, got {order}")
    if space not in SPACES:
        raise UsageError(f"deis has the spaces {' and '.join(SPACES)}, got {space!r}")
    rule = polynomials_in(SPACES[space])
    yield from walk(denoise, process, x, ts, rule, order, of_noise=True, lower_final=lower_final)
