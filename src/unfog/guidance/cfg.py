"""Classifier-free guidance (Ho & Salimans 2022), acting on x0.

    D = D_u + scale (D_c - D_u)      scale 1: plain conditional, 0: unconditional, above 1: pushed towards the condition

The weights sum to 1 and x0 and eps are related affinely, so this equals guidance on eps, score or velocity. A negative
prompt is the same formula with ``uncond`` made from it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise, bound
from unfog.util.shapes import like

Scale = float | Tensor
Mix = Callable[[Tensor, Tensor, Scale], Tensor]


def linear(
    cond: Float[Tensor, "b *shape"], uncond: Float[Tensor, "b *shape"], scale: Scale
) -> Float[Tensor, "b *shape"]:
    """D_u + scale (D_c - D_u); ``scale`` is one number or one per sample ``(b,)``."""
    factor = like(scale, cond).to(cond) if isinstance(scale, Tensor) else scale
    return uncond + factor * (cond - uncond)


def cfg(denoiser: Conditional, cond: Cond, uncond: Cond, scale: Scale, mix: Mix = linear) -> Denoise:
    """Guide ``denoiser`` towards ``cond`` and away from ``uncond``: one call of 2b rows, conditional rows first.

    Args:
        cond, uncond: one row, or one per sample; the same fields in both.
        scale: one number or one per sample; the number 1 costs one evaluation instead of two.
        mix: how the two estimates are combined.
    """

    def guided(x: Tensor, t: Tensor) -> Tensor:
        b = x.shape[0]
        both = denoiser(torch.cat([x, x]), torch.cat([t, t]), Cond.cat([cond.expand(b), uncond.expand(b)]))
        return mix(both[:b], both[b:], scale)

    return bound(denoiser, cond) if not isinstance(scale, Tensor) and scale == 1 else guided
