"""iPNDM (Zhang & Chen 2023, sec. 3.3; after Liu et al. 2022): Adams-Bashforth with the weights of equal steps.

    y' = y + (rho' - rho) e,    y = x/alpha,    rho = sigma/alpha
    e = eps_i;   (3 eps_i - eps_{i-1})/2;   (23 eps_i - 16 eps_{i-1} + 5 eps_{i-2})/12;
        (55 eps_i - 59 eps_{i-1} + 37 eps_{i-2} - 9 eps_{i-3})/24

The steps in rho are not equal, so the order is second at best; with few steps on good nodes it is nevertheless among
the most accurate.
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


def as_if_equal(others: Sequence[Node], a: Node, b: Node) -> tuple[list[float], list[float]]:
    """Places -1, -2, ... whatever the nodes are, and the moments of polynomials in rho."""
    step = b.rho - a.rho
    return [-1.0 - k for k in range(len(others))], [step / (k + 2) for k in range(len(others))]


@torch.no_grad()
def ipndm(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 4,
    lower_final: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, one call per step; ``noise`` is not used.

    Args:
        order: number of noise estimates, 1 to 4.
        lower_final: fewer in the last steps.

    Raises:
        UsageError: another order.
    """
    if order not in (1, 2, 3, 4):
        raise UsageError(f"ipndm has order 1, 2, 3 or 4, got {order}")
    yield from walk(denoise, process, x, ts, as_if_equal, order, of_noise=True, lower_final=lower_final)
