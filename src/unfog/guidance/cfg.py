"""Classifier-free guidance (Ho & Salimans 2022), acting on x0.

    D = D_u + scale (D_c - D_u)      scale 1: plain conditional, 0: unconditional, above 1: pushed towards the condition

The weights sum to 1 and x0 and eps are related affinely, so this equals guidance on eps, score or velocity. A negative
prompt is the same formula with ``uncond`` made from it. Variants change one part of it each, and stack: a ``Dial`` lets
the scale depend on t, an ``Anchor`` replaces D_u by an estimate that is better to push away from, a ``Mix`` combines
the two in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise, bound
from unfog.util.shapes import like

Scale = float | Tensor
Dial = Callable[[Tensor], Tensor]  # t (b,) -> scale (b,)
Mix = Callable[[Tensor, Tensor, Scale], Tensor]  # D_c, D_u, scale -> D
Anchor = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # x, t, D_c, D_u -> what to use as D_u
Both = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]  # x, t -> D_c, D_u


def linear(
    cond: Float[Tensor, "b *shape"], uncond: Float[Tensor, "b *shape"], scale: Scale
) -> Float[Tensor, "b *shape"]:
    """D_u + scale (D_c - D_u); ``scale`` is one number or one per sample ``(b,)``."""
    factor = like(scale, cond).to(cond) if isinstance(scale, Tensor) else scale
    return uncond + factor * (cond - uncond)


def cfg(
    denoiser: Conditional,
    cond: Cond,
    uncond: Cond,
    scale: Scale | Dial,
    mix: Mix = linear,
    anchor: Anchor | None = None,
) -> Denoise:
    """Guide ``denoiser`` towards ``cond`` and away from ``uncond``: one call of 2b rows, conditional rows first.

    Args:
        cond, uncond: one row, or one per sample; the same fields in both.
        scale: one number, one per sample, or a function of t; the number 1 costs one evaluation instead of two.
        mix: how the two estimates are combined.
        anchor: what replaces the unconditional estimate.
    """
    if not isinstance(scale, Tensor) and not callable(scale) and scale == 1:
        return bound(denoiser, cond)

    def both(x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        d_c, d_u = together(denoiser, x, t, (cond, uncond))
        return d_c, d_u

    return steered(both, scale, mix, anchor)


def steered(both: Both, scale: Scale | Dial, mix: Mix = linear, anchor: Anchor | None = None) -> Denoise:
    """The same from anything that gives D_c and D_u; see ``cfg``."""

    def guided(x: Tensor, t: Tensor) -> Tensor:
        d_c, d_u = both(x, t)
        if anchor is not None:
            d_u = anchor(x, t, d_c, d_u)
        return mix(d_c, d_u, scale(t) if callable(scale) else scale)

    return guided


def together(denoiser: Conditional, x: Tensor, t: Tensor, conds: Sequence[Cond]) -> list[Tensor]:
    """The estimates under each of ``conds``, from one call of ``len(conds) * b`` rows."""
    b, k = x.shape[0], len(conds)
    rows = denoiser(torch.cat([x] * k), torch.cat([t] * k), Cond.cat([cond.expand(b) for cond in conds]))
    return list(rows.chunk(k))
