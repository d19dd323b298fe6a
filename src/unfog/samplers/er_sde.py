"""ER-SDE-Solver (Cui et al. 2023, "Elucidating the solution space of extended reverse-time SDE"), orders 1 to 3.

VE units, y = x/alpha, rho = sigma/alpha, going from rho to rho':

    y' = r y + (1 - r) D + (rho' - rho + Phi' S) D_1 + ((rho' - rho)^2/2 + Phi' S_1) D_2 + sqrt(rho'^2 - r^2 rho^2) z
    Phi(s) = s (e^(s^0.3) + 10),    r = Phi(rho')/Phi(rho)
    S = integral from rho' to rho of ds/Phi(s),    S_1 = integral of (s - rho) ds/Phi(s)
    D_1 = (D_i - D_{i-1})/(rho_i - rho_{i-1}),    D_2 = 2 (D_1 - D_1 before)/(rho_i - rho_{i-2})

Phi sets the amount of noise (``solver_5`` of the paper; Phi(s) = s would be the flow). The integrals are Gauss-Legendre
sums instead of the customary 200 rectangles, whose error limits the order. D_1 is a backward difference, so the order
does not exceed 2 whatever the number of estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.brownian import Path
from unfog.samplers.quadrature import integral
from unfog.samplers.step import Node, NoiseSource, Step, needed, nodes
from unfog.util.errors import UsageError


def log_phi(s: float) -> float:
    """log Phi(s)."""
    power = s**0.3
    return math.log(s) + power + math.log1p(10 * math.exp(-power))


def higher(
    a: Node,
    b: Node,
    x0: Tensor,
    known: Sequence[tuple[Node, Tensor, Tensor]],
    order: int,
    phi: Callable[[float], float],
) -> Tensor:
    """The terms of D_1 and D_2."""
    before, estimate, slope_before = known[0]
    step, end = b.rho - a.rho, phi(b.rho)
    slope = (x0 - estimate) / (a.rho - before.rho)
    out = (step + integral(lambda s: math.exp(end - phi(s)), b.rho, a.rho)) * slope
    if order > 2 and len(known) > 1:
        curvature = 2 * (slope - slope_before) / (a.rho - known[1][0].rho)
        out = out + (0.5 * step**2 + integral(lambda s: (s - a.rho) * math.exp(end - phi(s)), b.rho, a.rho)) * curvature
    return out


@torch.no_grad()
def er_sde(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 3,
    flow: bool = False,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, one call per step.

    Args:
        order: number of estimates, 1 to 3.
        flow: without noise, Phi(s) = s.

    Raises:
        UsageError: another order, or no ``noise``.
    """
    if order not in (1, 2, 3):
        raise UsageError(f"er_sde has order 1, 2 or 3, got {order}")
    path, phi = None if flow else Path(needed(noise, "er_sde")), math.log if flow else log_phi
    known: list[tuple[Node, Tensor, Tensor]] = []  # node, D, D_1; newest first
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        x0 = denoise(x, a.batch(x))
        # Phi'/Phi = (rho'/rho) gain, so that y -> r y is x -> (sigma'/sigma) gain x, finite at alpha = 0
        finite = a.alpha > 0 and b.sigma > 0
        gain = 1.0 if flow else math.exp(phi(b.rho) - phi(a.rho)) * (a.rho / b.rho) if finite else 0.0
        kept = gain * b.sigma / a.sigma
        x = kept * x + (b.alpha - kept * a.alpha) * x0
        if finite and known and order > 1:
            x = x + b.alpha * higher(a, b, x0, known, order, phi)
        if path and b.sigma > 0:
            x = x + b.sigma * math.sqrt(max(0.0, 1 - gain**2)) * path.between(a, b).to(x)
        if a.alpha > 0:
            slope = (x0 - known[0][1]) / (a.rho - known[0][0].rho) if known else torch.zeros_like(x0)
            known = [(a, x0, slope), *known][:2]
        yield Step(i, x, x0, a.t, b.t)
