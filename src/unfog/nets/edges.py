"""Interpolation that makes edges as sharp as its pixels: for flat art, where an edge lies between two colours.

Bicubic interpolation leaves an edge as soft as the small pixels were. The interpolated values say how far away the edge
is, so they are stretched to what lies around them, per channel:

    y = bicubic((1 - soft) x + soft blur(x))           a little softer, or a contour wavers from pixel to pixel
    lo, hi = least and greatest of 3 x 3 small pixels, interpolated linearly        c = (y - lo) / (hi - lo)
    y' = lo + (hi - lo) clamp(1/2 + k (c - 1/2), 0, 1)        k = 1 + STEEP (f - 1), f the factor of enlarging

A slope keeps its place, since it always is in the middle of what is around it; where there is little difference
(below ``FAINT``) nothing is stretched; and no value leaves the range of its surroundings, so there are no halos.
Transparent pictures are premultiplied (``media/alpha.py``): colours and alpha of an edge have the same c. What else was
tried is in docs/LOG.md.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

STEEP = 0.8
FAINT = 0.08  # of a range of 2: 10 of 255


def stretched(
    x: Float[Tensor, "b c h w"], shape: tuple[int, int], *, soft: float = 0.4
) -> Float[Tensor, "b c height width"]:
    """``x`` in [-1, 1] at ``shape`` (height, width); averaged where that is smaller.

    Args:
        soft: share of the blur (see the module docstring): contours waver less and corners get rounder.
    """
    factor = min(shape[0] / x.shape[2], shape[1] / x.shape[3])
    smooth = torch.lerp(x, blur(x), soft) if factor > 1 else x
    y = F.interpolate(
        smooth, shape, mode="bicubic", align_corners=False, antialias=True
    )  # so a = -1/2: exact on slopes
    if factor <= 1:
        return y
    low, high = (F.interpolate(part, shape, mode="bilinear", align_corners=False) for part in around(x))
    span = high - low
    share = (y - low).div_(span.clamp(min=1e-6)).sub_(0.5).mul_(1 + STEEP * (factor - 1)).add_(0.5).clamp_(0, 1)
    trust = (span / FAINT).clamp_(0, 1)
    return y.lerp_(share.mul_(span).add_(low), trust)


def around(x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
    """The least and the greatest value in 3 x 3 pixels round every pixel."""
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return -F.max_pool2d(-wide, 3, stride=1), F.max_pool2d(wide, 3, stride=1)


def blur(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """The binomial blur of 3 x 3, (1 2 1)/4 both ways; borders are continued."""
    line = torch.tensor([1.0, 2.0, 1.0]) / 4
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 3, 3).to(x)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, groups=x.shape[1])
