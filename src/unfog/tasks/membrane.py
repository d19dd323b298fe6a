"""No seam round what was painted: colours that drifted, and outlines, are led over to those of the picture around.

A model paints the whole canvas, and what a mask protects is taken from the picture afterwards. Where a codec or a
network is off by a few values, the edge of the mask shows, above all on plain ground. There, outside, the drift d is
known: the picture less what was painted of it. It is continued inwards as smoothly as it comes, and added (the membrane
of Perez et al. 2003, "Poisson Image Editing"; ``core/pull_push.py``). What differs by more than ``DRIFT`` is no drift
but another drawing.

An outline that was painted small is right to half a pixel of the canvas at best, so beside the mask it is a few pixels
of the picture off. What still differs there is continued, too, but fades within as much: outlines bend to those they go
on from, and nothing further in changes.

Pictures are in [-1, 1], those with transparency premultiplied around mid-grey.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.core.pull_push import spread

DRIFT = 0.16  # of [-1, 1] in any channel: 20 of 255
FURTHEST = 8  # pixels of the picture that outlines are continued; what it costs grows with them


def seamless(
    painted: Float[Tensor, "1 c h w"], picture: Float[Tensor, "1 c h w"], mask: Float[Tensor, "h w"]
) -> Float[Tensor, "1 c h w"]:
    """``painted`` without its drift from ``picture``, known where ``mask`` is 0; both of the same size."""
    apart = picture - painted
    known = ((mask == 0) & (apart.abs().amax(1) <= DRIFT)).to(painted)[:, None]
    return proper(painted + spread(apart * known, known))


def eased(
    painted: Float[Tensor, "1 c h w"], picture: Float[Tensor, "1 c h w"], mask: Float[Tensor, "h w"], reach: int
) -> Float[Tensor, "1 c h w"]:
    """``painted``, within ``reach`` pixels (at most ``FURTHEST``) of where ``mask`` is 0 led over from ``picture``.

    Pixel by pixel inwards, each goes on from those beside it that are known or done: ring r of them is changed by the
    mean of what they differ by, times 1 - (r / (reach + 1))^2. From a reach of 3 on what differs has to last
    (``lasting``).
    """
    reach = min(reach, FURTHEST)
    depth = (reach + 1) // 2
    known = (mask == 0).to(painted)[None, None]
    if known.all():
        return proper(painted)
    part = beside(mask, reach + depth)
    known, apart = known[part], ((picture - painted) * known)[part]
    apart, change = lasting(apart, known, depth), torch.zeros_like(apart)
    for ring in range(1, reach + 1):
        share = F.avg_pool2d(known, 3, stride=1, padding=1)
        near = (share > 0) & (known == 0)
        if not near.any():
            break
        means = F.avg_pool2d(apart, 3, stride=1, padding=1) / share.clamp(min=1e-6)
        apart, known = means.where(near, apart), known + near
        change = change + means * near * (1 - (ring / (reach + 1)) ** 2)
    out = painted.clone()
    out[part] += change
    return proper(out)


def beside(mask: Float[Tensor, "h w"], margin: int) -> tuple[slice, slice, slice, slice]:
    """The rectangle of what is painted and so many pixels around, in tensors of four dimensions."""
    ends = [torch.nonzero(mask.amax(axis) > 0).flatten()[[0, -1]].tolist() for axis in (1, 0)]
    rows, columns = (slice(max(0, first - margin), last + 1 + margin) for first, last in ends)
    return slice(None), slice(None), rows, columns


def lasting(apart: Float[Tensor, "1 c h w"], known: Float[Tensor, "1 1 h w"], depth: int) -> Float[Tensor, "1 c h w"]:
    """What of the differences goes on for ``depth`` known pixels away from what is not known.

    Ring by ring from there: at most what one of the eight beside it further out has, of the same sign. So the rim of a
    thing that a mask did not quite cover, which nobody wants continued, does not count; nor does anything where fewer
    pixels are known.
    """
    inner = known
    for _ in range(depth - 1):
        inner = -F.max_pool2d(-inner, 3, stride=1, padding=1)

    def carried(most: Tensor) -> Tensor:
        found = most * inner
        for _ in range(depth - 1):
            found = F.max_pool2d(found, 3, stride=1, padding=1).minimum(most) * known
        return found

    return carried(apart.clamp(min=0)) - carried((-apart).clamp(min=0))


def proper(x: Float[Tensor, "1 c h w"]) -> Float[Tensor, "1 c h w"]:
    """Within [-1, 1], and no colour beyond its transparency."""
    x = x.clamp(-1, 1)
    if x.shape[1] < 4:
        return x
    a = (x[:, 3:] + 1) / 2
    return torch.cat([x[:, :3].clamp(-a, a), x[:, 3:]], dim=1)
