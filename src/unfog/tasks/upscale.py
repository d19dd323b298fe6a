"""From the painted pixels to the finished picture: learned doubling, then smooth interpolation with edges put right.

A model paints few pixels. If it brings a network that doubles pictures (``nets/upscaler.py``), that comes first, as
long as the picture has at most ``LEARNED`` pixels a side and is not yet too large. The rest of the way is interpolated
bicubically, which leaves an edge as soft as the small pixels were. In flat art an edge lies between two colours, and
interpolated values between them say how far away it is; so they are stretched to what lies around them, per channel:

    y = bicubic((1 - SOFT) x + SOFT blur(x))           a little softer, or the contour would waver from pixel to pixel
    lo, hi = least and greatest of 3 x 3 small pixels, interpolated linearly        c = (y - lo) / (hi - lo)
    y' = lo + (hi - lo) clamp(1/2 + k (c - 1/2), 0, 1)        k = 1 + STEEP (f - 1), f the factor of enlarging

A slope keeps its place, since it always is in the middle of what is around it; where there is little difference
(below ``FAINT``) nothing is stretched; and no value leaves the range of its surroundings, so there are no halos.
Transparent pictures are premultiplied (``media/alpha.py``): colours and alpha of an edge have the same c.

Everything is computed on the CPU one picture at a time, so a picture does not depend on its neighbours or the device.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.nets.upscaler import Upscaler, blur

LEARNED = 128
STEEP = 0.8
SOFT = 0.4
FAINT = 0.08  # of a range of 2: 10 of 255


@torch.no_grad()
def upscale(
    x: Float[Tensor, "b c h w"], size: tuple[int, int], net: Upscaler | None = None
) -> Float[Tensor, "b c height width"]:
    """Pictures in [-1, 1] at ``size`` (width, height); transparent ones premultiplied. As they are if that is theirs.

    Args:
        net: what doubles pictures of these channels (or of RGBA, for opaque ones); ``None``: interpolation only.
    """
    if (x.shape[3], x.shape[2]) == size:
        return x
    made = [one(picture[None].float().cpu().clamp(-1, 1), size, net) for picture in x]
    return torch.cat(made)


def one(x: Float[Tensor, "1 c h w"], size: tuple[int, int], net: Upscaler | None) -> Float[Tensor, "1 c height width"]:
    """One picture at ``size``."""
    while net is not None and max(x.shape[2:]) <= LEARNED and 2 * x.shape[3] <= size[0] and 2 * x.shape[2] <= size[1]:
        x = within(doubled(x, net))
    return within(stretched(x, size))


def doubled(x: Float[Tensor, "1 c h w"], net: Upscaler) -> Float[Tensor, "1 c h2 w2"]:
    """A picture of twice the size; an opaque one is shown to a network for transparent ones as such."""
    if net.channels == x.shape[1] + 1:
        return net.enlarge(torch.cat([x, torch.ones_like(x[:, :1])], dim=1))[:, :-1]
    return net.enlarge(x)


def stretched(x: Float[Tensor, "1 c h w"], size: tuple[int, int]) -> Float[Tensor, "1 c height width"]:
    """Interpolation to ``size`` with edges as sharp as its pixels (see the module docstring)."""
    shape = (size[1], size[0])
    factor = min(size[1] / x.shape[2], size[0] / x.shape[3])
    soft = torch.lerp(x, blur(x), SOFT) if factor > 1 else x
    y = F.interpolate(
        soft, shape, mode="bicubic", align_corners=False, antialias=True
    )  # with a = -1/2: exact on slopes
    if factor <= 1:
        return y
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    high = F.interpolate(F.max_pool2d(wide, 3, stride=1), shape, mode="bilinear", align_corners=False)
    low = F.interpolate(-F.max_pool2d(-wide, 3, stride=1), shape, mode="bilinear", align_corners=False)
    span = high.sub_(low)
    share = (y - low).div_(span.clamp(min=1e-6)).sub_(0.5).mul_(1 + STEEP * (factor - 1)).add_(0.5).clamp_(0, 1)
    trust = (span / FAINT).clamp_(0, 1)
    return y.lerp_(share.mul_(span).add_(low), trust)


def within(x: Float[Tensor, "1 c h w"]) -> Float[Tensor, "1 c h w"]:
    """Values as a picture has them: in [-1, 1], and no colour stronger than its alpha."""
    x = x.clamp_(-1, 1)
    if x.shape[1] == 4:
        a = (x[:, 3:] + 1) / 2
        x[:, :3] = torch.maximum(torch.minimum(x[:, :3], a), -a)
    return x
