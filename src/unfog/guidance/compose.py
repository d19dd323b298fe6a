"""Composed prompts (Liu et al. 2022, "Compositional Visual Generation with Composable Diffusion Models"): AND, NOT.

    D = D_u + sum_i w_i (D_i - D_u)         AND: w_i > 0;    NOT: w_i < 0

Exact for conditions that are independent: the scores of p(x) prod_i p(x|c_i)/p(x) add up. One condition is CFG.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise
from unfog.guidance.cfg import Scale, linear, together
from unfog.util.errors import UsageError


def compose(denoiser: Conditional, conds: Sequence[Cond], weights: Sequence[Scale], uncond: Cond) -> Denoise:
    """Towards every condition of positive weight, away from those of negative weight: k + 1 rows per sample.

    Raises:
        UsageError: not one weight per condition, or none.
    """
    if len(conds) != len(weights) or not conds:
        raise UsageError(f"a composition needs one weight per condition, got {len(weights)} for {len(conds)}")

    def composed(x: Tensor, t: Tensor) -> Tensor:
        *each, d_u = together(denoiser, x, t, (*conds, uncond))
        return d_u + sum((linear(d, d_u, w) - d_u for d, w in zip(each, weights, strict=True)), 0 * d_u)

    return composed
