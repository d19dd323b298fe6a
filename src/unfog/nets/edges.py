"""Interpolation that makes edges as sharp as its pixels: for flat art, where an edge lies between two colours.

Bicubic interpolation leaves an edge as soft as the small pixels were. But the interpolated colour says how far away the
edge is: it lies between the two colours A and B on either side, the lightest and the darkest of 3 x 3 small pixels,
interpolated linearly. So it is moved along the line between them, and only along it:

    y = bicubic((1 - soft) x + soft blur(x))        a little softer, or a contour wavers from pixel to pixel
    c = (y - B) . (A - B) / |A - B|^2               c' = clamp(1/2 + k (c - 1/2), 0, 1)        k = 1 + STEEP (f - 1)
    y' = y + (c' - c) (A - B) trust                 f: the factor of enlarging

All channels move together, so an edge has no fringes, and alpha moves with the (premultiplied, ``media/alpha.py``)
colours, so it has no halo. A slope keeps its place, since it always is in the middle of what is around it. Where A and
B are nearly the same, what is seen is shading or noise of the painter: ``trust`` goes from 0 at a distance ``FAINT`` to
1 at ``CLEAR``. What else was tried is in docs/LOG.md.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

STEEP = 0.8
SOFT = 0.5
FAINT, CLEAR = 0.1, 0.3  # root mean square over the channels, of a range of 2: 13 and 38 of 255
LIGHT = (0.3, 0.59, 0.11, 0.5)  # what lightest and darkest go by: luma (Rec. 601), and alpha where there is one


def stretched(
    x: Float[Tensor, "b c h w"], shape: tuple[int, int], *, soft: float = SOFT
) -> Float[Tensor, "b c height width"]:
    """``x`` in [-1, 1] at ``shape`` (height, width); averaged where that is smaller.

    Args:
        soft: share of the blur (see the module docstring): contours waver less and corners get rounder.
    """
    factor = min(shape[0] / x.shape[2], shape[1] / x.shape[3])
    smooth = torch.lerp(x, blur(x), soft) if factor > 1 and soft else x
    y = F.interpolate(smooth, shape, mode="bicubic", align_corners=False, antialias=True)  # so a = -1/2: slopes stay
    if factor <= 1:
        return y
    # Plain bilinear interpolation, the same otherwise, computes in another order with one thread.
    dark, light = (F.interpolate(part, shape, mode="bilinear", antialias=True) for part in sides(x))
    along = light.sub_(dark)
    length = along.square().sum(1, keepdim=True)
    c = (y - dark).mul_(along).sum(1, keepdim=True).div_(length.clamp(min=1e-6))
    wanted = (c - 0.5).mul_(1 + STEEP * (factor - 1)).add_(0.5).clamp_(0, 1)
    trust = (length.div_(x.shape[1]).sqrt_() - FAINT).div_(CLEAR - FAINT).clamp_(0, 1)
    return y.addcmul_(along, wanted.sub_(c).mul_(trust))


def sides(x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
    """The colours of the darkest and of the lightest of the 3 x 3 pixels round every pixel."""
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    weight = torch.tensor(LIGHT if x.shape[1] == 4 else LIGHT[:3], dtype=x.dtype, device=x.device)
    weight = weight if x.shape[1] in (3, 4) else weight.new_ones(x.shape[1])
    light = (wide * weight[:, None, None]).sum(1, keepdim=True)
    out = list[Tensor]()
    for value in (-light, light):
        _, where = F.max_pool2d(value, 3, stride=1, return_indices=True)  # (b, 1, h, w), positions in ``wide``
        at = where.flatten(2).expand(-1, x.shape[1], -1)
        out.append(wide.flatten(2).gather(2, at).view_as(x))
    return out[0], out[1]


def around(x: Float[Tensor, "b c h w"]) -> tuple[Float[Tensor, "b c h w"], Float[Tensor, "b c h w"]]:
    """The least and the greatest value of 3 x 3 pixels round every pixel, by channel."""
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return -F.max_pool2d(-wide, 3, stride=1), F.max_pool2d(wide, 3, stride=1)


def blur(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """The binomial blur of 3 x 3, (1 2 1)/4 both ways; borders are continued."""
    line = torch.tensor([1.0, 2.0, 1.0]) / 4
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 3, 3).to(x)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, groups=x.shape[1])
