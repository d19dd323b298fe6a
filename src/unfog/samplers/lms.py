"""Linear multistep in rho = sigma/alpha (k-diffusion's "LMS", Katherine Crowson): Adams-Bashforth on uneven nodes.

    y' = y + sum_j C_j eps_{i-j},    C_j = integral from rho_i to rho_{i+1} of l_j(rho) drho,    y = x/alpha

with l_j the Lagrange polynomials on rho_i, rho_{i-1}, ..., eps = (x - alpha D)/sigma. The exact integrals, so that
order q is order q on any nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.multistep import walk
from unfog.samplers.step import Node, NoiseSource, Step
from unfog.util.errors import UsageError


def in_rho(others: Sequence[Node], a: Node, b: Node) -> tuple[list[float], list[float]]:
    """Places and moments of polynomials in rho."""
    step = b.rho - a.rho
    return [(node.rho - a.rho) / step for node in others], [step / (k + 2) for k in range(len(others))]


@torch.no_grad()
def lms(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 4,
    lower_final: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, fourth order, one call per step; ``noise`` is not used.

    Args:
        order: 1 to 4.
        lower_final: lower order in the last steps; k-diffusion keeps the order to the end.

    Raises:
        UsageError: another order.
    """
    if order not in (1, 2, 3, 4):
        raise UsageError(f"lms has order 1, 2, 3 or 4, got {order}")
    yield from walk(denoise, process, x, ts, in_rho, order, of_noise=True, lower_final=lower_final)
