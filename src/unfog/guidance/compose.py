"""Composed prompts (Liu et al. 2022, "Compositional Visual Generation with Composable Diffusion Models"): AND, NOT.

    D_c = D_u + sum_i w_i (D_i - D_u)       AND: w_i > 0;    NOT: w_i < 0

Exact for conditions that are independent: the scores of p(x) prod_i p(x|c_i)/p(x) add up. One condition of weight 1 is
that condition, and n equal ones of weight 1/n are, too.

**One rule** says how all other guidance goes with it: D_c stands wherever the estimate under one prompt stood, D_u is
of the empty or of the negative prompt. So CFG, D = D_u + scale (D_c - D_u), multiplies every weight by its scale;
anchors and mixes get (D_c, D_u), an interval leaves D_c outside, and PAG, SEG and SLG push away from the D_c that the
disturbed network composes. SAG looks at D_u, which is there without CFG as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise, Watched, bound
from unfog.core.probe import Probe
from unfog.guidance.cfg import Anchor, Dial, Mix, Scale, linear, steered, together
from unfog.util.errors import UsageError


@dataclass(frozen=True)
class Composed:
    """Conditions, each of one row or of one per sample, and their weights.

    Raises:
        UsageError: not one weight per condition, or none.
    """

    conds: Sequence[Cond]
    weights: Sequence[Scale]

    def __post_init__(self) -> None:
        n, k = len(self.weights), len(self.conds)
        if n != k or not k:
            raise UsageError(f"a composition needs one weight per condition, got {n} for {k}")


def compose(denoiser: Conditional, conds: Sequence[Cond], weights: Sequence[Scale], uncond: Cond) -> Denoise:
    """D_c: towards every condition of positive weight, away from those of negative weight: k + 1 rows per sample.

    Raises:
        UsageError: not one weight per condition, or none.
    """
    composed = Composed(conds, weights)
    return lambda x, t: _both(denoiser, composed, uncond, x, t)[0]


def composing(denoiser: Watched, composed: Composed) -> Watched:
    """D_c as a denoiser of its own, which takes as its condition what the others are composed against, D_u."""

    def call(x: Tensor, t: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        return _both(lambda x, t, each: denoiser(x, t, each, probe), composed, cond, x, t)[0]

    return call


def composed_cfg(
    denoiser: Watched,
    composed: Composed,
    uncond: Cond,
    scale: Scale | Dial,
    mix: Mix = linear,
    anchor: Anchor | None = None,
) -> Denoise:
    """``cfg`` towards a composition: k + 1 rows per sample at every scale; the number 1 is D_c itself."""
    if not isinstance(scale, Tensor) and not callable(scale) and scale == 1:
        return bound(composing(denoiser, composed), uncond)
    return steered(lambda x, t: _both(denoiser, composed, uncond, x, t), scale, mix, anchor)


def _both(denoiser: Conditional, composed: Composed, uncond: Cond, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """D_c and D_u from one call."""
    *each, d_u = together(denoiser, x, t, (*composed.conds, uncond))
    pushes = (linear(d, d_u, w) - d_u for d, w in zip(each, composed.weights, strict=True))
    return d_u + sum(pushes, 0 * d_u), d_u
