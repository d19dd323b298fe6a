"""Perp-Neg (Armandpour et al. 2023): a negative prompt that cannot take away what the positive one asks for.

    D = D_u + scale (P - weight (N - <N, P>/|P|^2 P)),    P = D_pos - D_u,    N = D_neg - D_u

Of the negative direction only the part orthogonal to the positive one is subtracted.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise
from unfog.guidance.cfg import Scale, linear, together
from unfog.util.shapes import like


def perp_neg(
    denoiser: Conditional, cond: Cond, negative: Cond, uncond: Cond, scale: Scale, weight: float = 1.0
) -> Denoise:
    """CFG towards ``cond``, and away from what ``negative`` adds to it; three rows per sample."""

    def guided(x: Tensor, t: Tensor) -> Tensor:
        d_pos, d_neg, d_u = together(denoiser, x, t, (cond, negative, uncond))
        p, n = d_pos - d_u, d_neg - d_u
        norm = p.flatten(1).square().sum(1)
        share = torch.where(norm > 0, (n * p).flatten(1).sum(1) / norm, 0)
        return linear(d_pos - weight * (n - like(share, x) * p), d_u, scale)

    return guided
