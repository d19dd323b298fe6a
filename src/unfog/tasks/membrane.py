"""No seam round what was painted: colours that drifted are led back to those of the picture around.

A model paints the whole canvas, and what a mask protects is taken from the picture afterwards. Where a codec or a
network is off by a few values, the edge of the mask shows, above all on plain ground. There, outside, the drift d is
known: the picture less what was painted of it. It is continued inwards as smoothly as it comes, and added (the membrane
of Perez et al. 2003, "Poisson Image Editing"), by pull and push (Gortler et al. 1996, "The Lumigraph"): means over ever
larger squares fill what is not known. What differs by more than ``DRIFT`` is no drift but another drawing.

An outline that was painted small is right to half a pixel of the canvas at best, so beside the mask it is a few pixels
of the picture off. What differs there is continued, too, if it does so outside, but fades within as much: outlines bend
to those they go on from, and nothing further in changes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

DRIFT = 0.16  # of [-1, 1] in any channel: 20 of 255


def seamless(
    painted: Float[Tensor, "1 c h w"], picture: Float[Tensor, "1 c h w"], mask: Float[Tensor, "h w"]
) -> Float[Tensor, "1 c h w"]:
    """``painted`` without its drift where ``mask`` is above 0; both in [-1, 1], and the same size."""
    apart = picture - painted
    known = ((mask == 0) & (apart.abs().amax(1) <= DRIFT)).to(painted)[:, None]
    return torch.where(mask > 0, painted + filled(apart * known, known), painted).clamp(-1, 1)


def eased(
    painted: Float[Tensor, "1 c h w"], picture: Float[Tensor, "1 c h w"], mask: Float[Tensor, "h w"], reach: int
) -> Float[Tensor, "1 c h w"]:
    """``painted``, within ``reach`` pixels of where ``mask`` is 0 led over from ``picture``; both in [-1, 1].

    Pixel by pixel inwards, each goes on from those beside it that are known or done: ring r of them is changed by the
    mean of what they differ by, times 1 - r / (reach + 1).
    """
    known = (mask == 0).to(painted)[None, None]
    apart, change = lasting((picture - painted) * known, known, (reach + 1) // 2), torch.zeros_like(painted)
    for ring in range(1, reach + 1):
        share = F.avg_pool2d(known, 3, stride=1, padding=1)
        near = (share > 0) & (known == 0)
        if not near.any():
            break
        means = F.avg_pool2d(apart, 3, stride=1, padding=1) / share.clamp(min=1e-6)
        apart, known = means.where(near, apart), known + near
        change = change + means * near * (1 - ring / (reach + 1))
    return (painted + change).clamp(-1, 1)


def lasting(apart: Float[Tensor, "1 c h w"], known: Float[Tensor, "1 1 h w"], depth: int) -> Float[Tensor, "1 c h w"]:
    """What of the differences goes on for ``depth`` known pixels away from what is not known.

    Ring by ring from there: at most what one of the eight beside it further out has, of the same sign. So the rim of a
    thing that a mask did not quite cover, which nobody wants continued, does not count.
    """
    inner = known
    for _ in range(depth - 1):
        inner = -F.max_pool2d(-inner, 3, stride=1, padding=1)
    ups, downs = apart.clamp(min=0), (-apart).clamp(min=0)
    found = [(some * inner, some) for some in (ups, downs)]
    for _ in range(depth - 1):
        found = [(F.max_pool2d(some, 3, stride=1, padding=1).minimum(most) * known, most) for some, most in found]
    return found[0][0] - found[1][0]


def filled(values: Float[Tensor, "1 c h w"], known: Float[Tensor, "1 1 h w"]) -> Float[Tensor, "1 c h w"]:
    """``values`` continued to where they are not ``known`` (0 to 1; values are 0 where it is 0); 0 if none is."""
    if known.min() == 1 or max(known.shape[2:]) == 1:
        return values
    share = F.avg_pool2d(known, 2, ceil_mode=True)
    means = F.avg_pool2d(values * known, 2, ceil_mode=True) / share.clamp(min=1e-6)
    coarse = filled(means, (4 * share).clamp(max=1))
    wide = F.interpolate(coarse, size=values.shape[2:], mode="bilinear", align_corners=False)
    return torch.lerp(wide, values, known)
