"""Exponential Adams-Bashforth: the polynomial through the last q clean estimates, integrated exactly.

    x_s = (sigma_s/sigma_t) x_t + alpha_s sum_j c_j D_{i-j},    c_j = integral_0^h l_j(u) e^-(h - u) du

with l_j the Lagrange polynomials on lam_i, lam_{i-1}, ... (Hochbruck & Ostermann 2010, sec. 2.5). Order 2 is the method
of ``res_multistep``, order 3 what DPM-Solver++(3M) is meant to be, order q the predictor of SA-Solver without noise.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.multistep import exponential, walk
from unfog.samplers.step import NoiseSource, Step
from unfog.util.errors import UsageError


@torch.no_grad()
def exp_ab(
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
        raise UsageError(f"exp_ab has order 1, 2, 3 or 4, got {order}")
    yield from walk(denoise, process, x, ts, exponential(), order, lower_final=lower_final)
