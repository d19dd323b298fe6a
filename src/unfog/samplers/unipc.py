"""UniPC (Zhao et al. 2023) with x0-prediction: exponential Adams-Bashforth, corrected once the next estimate is there.

Order q predicts from the estimates D_i, D_{i-1}, ... D_{i-q+1} and corrects with those and D' = D(x_{i+1} predicted);
with h = lam_{i+1} - lam_i and r_k = (lam_{i-k} - lam_i)/h,

    x_{i+1} = (sigma_s/sigma_t) x_i + alpha_s [(1 - e^-h) D_i - B sum_k rho_k (D_{i-k} - D_i)/r_k]

where rho integrates the polynomial through these estimates exactly, whatever B is; but a single rho (predictor of order
2, corrector of order 1) is set to 1/2, with B = e^-h - 1 ("bh2") or B = -h ("bh1").

D' is not evaluated again after the correction: it serves as D_{i+1}, so a step costs one call. Here the corrector of a
step runs at the beginning of the next one, when that call is made. Lower order at both ends; the last step is not
corrected.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.multistep import exponential, linear, midpoint, walk
from unfog.samplers.step import NoiseSource, Step
from unfog.util.errors import UsageError

SOLVERS = {"bh1": linear, "bh2": midpoint}


@torch.no_grad()
def unipc(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 2,
    solver: str = "bh2",
    corrector: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, one call per step; ``noise`` is not used.

    ``Step.x`` is the prediction; it is corrected at the beginning of the next step.

    Args:
        order: 1 to 4; 2 is the choice for guided sampling and few steps.
        solver: "bh1" or "bh2".
        corrector: without it, order 2 is DPM-Solver++(2M) and order 3 exponential Adams-Bashforth.

    Raises:
        UsageError: another order or solver.
    """
    if order not in (1, 2, 3, 4):
        raise UsageError(f"unipc has order 1, 2, 3 or 4, got {order}")
    if solver not in SOLVERS:
        raise UsageError(f"unipc has the solvers {' and '.join(SOLVERS)}, got {solver!r}")
    rule = exponential(SOLVERS[solver])
    yield from walk(denoise, process, x, ts, rule, order, corrector=order + 1 if corrector else 0)
