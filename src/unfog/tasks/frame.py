"""Between a picture of any size and the small canvas that a model paints.

A ``Frame`` is a rectangle of the picture and the canvas it becomes. The picture is led there by area means (smaller) or
bicubic interpolation (larger), and what was painted back again with the edges kept sharp (``tasks/upscale.py``). What a
mask protects is then taken from the picture itself, value by value, so it is the same to the last bit.

Masks are (h, w) in [0, 1]: 1 is painted, 0 stays, between them the two are mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from unfog.media.alpha import over, premultiplied, straight
from unfog.media.image import from_uint8, to_uint8
from unfog.nets.upscaler import Upscaler
from unfog.tasks.upscale import upscale
from unfog.util.errors import UsageError

SHARE = 0.5  # of a small pixel that has to be masked for it to be painted
ROOM = 2.0  # a cut-out is so many times as large as what is painted in it
SMALL = 0.5  # of a side of the picture: what fits into less is worked on by itself
LARGEST = 8  # times as long as wide is the longest picture that is painted in one piece


@dataclass(frozen=True)
class Frame:
    """A rectangle of a picture, in pixels, and the (width, height) of its canvas."""

    left: int
    top: int
    width: int
    height: int
    canvas: tuple[int, int]

    @property
    def enlarged(self) -> float:
        """How many times the canvas is enlarged to fill the rectangle."""
        return self.width / self.canvas[0]

    def cut(self, pixels: Tensor) -> Tensor:
        """The rectangle of ``(..., h, w)``."""
        return pixels[..., self.top : self.top + self.height, self.left : self.left + self.width]


def frame_of(width: int, height: int, trained: int, *, left: int = 0, top: int = 0) -> Frame:
    """The frame of a rectangle; the shorter side of the canvas is as trained.

    Raises:
        UsageError: a side is more than ``LARGEST`` times the other.
    """
    if max(width, height) > LARGEST * min(width, height):
        raise UsageError(
            f"{width}x{height} pixels are too long and narrow to be painted in one piece; cut out a part that is at"
            f" most {LARGEST} times as long as wide"
        )
    scale = trained / min(width, height)
    return Frame(left, top, width, height, (max(1, round(width * scale)), max(1, round(height * scale))))


def around(mask: Float[Tensor, "h w"], trained: int, *, crop: bool | None) -> Frame:
    """The frame to paint the white part of a mask in: all of the picture, or with ``crop`` what lies round that part.

    Unset, it is cut out where it fits into half of both sides. A cut-out is a square, if the picture has room for one,
    and twice as large as what is painted, so the network sees its surroundings.
    """
    height, width = mask.shape
    rows, columns = (torch.nonzero(mask.amax(axis) > 0).flatten() for axis in (1, 0))
    top, left = int(rows[0]), int(columns[0])
    tall, wide = int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left
    if crop is None:
        crop = tall <= SMALL * height and wide <= SMALL * width
    if not crop:
        return frame_of(width, height, trained)
    side = max(round(ROOM * max(tall, wide)), trained)
    spans = []
    for first, extent, whole in ((left, wide, width), (top, tall, height)):
        span = min(max(side, extent), whole)
        spans.append((min(max(0, first + extent // 2 - span // 2), whole - span), span))
    (left, wide), (top, tall) = spans
    return frame_of(wide, tall, trained, left=left, top=top)


def seen(pixels: UInt8[Tensor, "c h w"], channels: int) -> Float[Tensor, "1 k h w"]:
    """A picture of a file as a model of so many channels sees it, in [-1, 1]; transparency over white if it knows none.

    Raises:
        UsageError: a model of other than 1, 3 or 4 channels.
    """
    if channels not in (1, 3, 4):
        raise UsageError(f"pictures have 1, 3 or 4 channels, the model works on {channels}; name another model")
    if pixels.shape[0] == 4:
        x = premultiplied(pixels[None])
        x = x if channels == 4 else over(x)
    else:
        x = from_uint8(pixels)[None]
        x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1) if channels == 4 else x
    return x.mean(1, keepdim=True) if channels == 1 else x


def shrunk(x: Float[Tensor, "b c h w"], size: tuple[int, int]) -> Float[Tensor, "b c h2 w2"]:
    """Pictures or masks at ``size`` (width, height), seldom larger than they are."""
    width, height = size
    if (x.shape[3], x.shape[2]) == size:
        return x
    if width <= x.shape[3] and height <= x.shape[2]:
        return F.interpolate(x, size=(height, width), mode="area")
    return F.interpolate(x, size=(height, width), mode="bicubic", antialias=True).clamp(-1, 1)


def shrunk_beside(
    x: Float[Tensor, "1 c h w"], mask: Float[Tensor, "1 1 h w"], size: tuple[int, int]
) -> tuple[Float[Tensor, "1 c h2 w2"], Float[Tensor, "1 1 h2 w2"]]:
    """A picture and a mask of what is painted in it, at ``size`` (width, height).

    A pixel of the small picture is the mean of what is known there. It is painted if more than half of it is; what is
    masked of the others is then what lies beside it. A mask so thin that nothing would be painted counts everywhere, as
    does any where the picture is enlarged.
    """
    width, height = size
    most = F.adaptive_max_pool2d(mask, (height, width))
    if width > x.shape[3] or height > x.shape[2]:
        return shrunk(x, size), most
    known = (1 - mask).clamp(min=1e-4)
    mostly = F.adaptive_avg_pool2d((mask > 0).to(x.dtype), (height, width)) > SHARE
    return shrunk(x * known, size) / shrunk(known, size), most * mostly if mostly.any() else most


def grown(x: Float[Tensor, "b c h w"], size: tuple[int, int], upscaler: Upscaler | None) -> Float[Tensor, "b c h2 w2"]:
    """What was painted, at the ``size`` (width, height) of its rectangle."""
    if size[0] >= x.shape[3] and size[1] >= x.shape[2]:
        return upscale(x, size, upscaler)
    return shrunk(x, size)


def laid(
    painted: Float[Tensor, "1 k h w"], original: UInt8[Tensor, "c h w"], mask: Float[Tensor, "h w"] | None = None
) -> UInt8[Tensor, "c h w"]:
    """What was painted, in the place of the picture it was painted from: its channels, and where the mask is 0, itself.

    Opaque pictures stay opaque, over white; a model without transparency keeps that of the picture.
    """
    if painted.shape[1] == 4:
        made = to_uint8(straight(painted) if original.shape[0] == 4 else over(painted))[0]
    else:
        made = to_uint8(painted)[0].expand(3, -1, -1)
        made = torch.cat([made, original[3:]]) if original.shape[0] == 4 else made
    return made if mask is None else mixed(made, original, mask)


def mixed(
    made: UInt8[Tensor, "c h w"], original: UInt8[Tensor, "c h w"], mask: Float[Tensor, "h w"]
) -> UInt8[Tensor, "c h w"]:
    """Where the mask is 0 the original, where it is 1 what was made, between them their mean by the mask.

    A mean of what is seen: what is transparent has no say in the colour.
    """
    one, other = original.float(), made.float()
    if len(made) == 4:
        a = torch.lerp(one[3:], other[3:], mask)
        visible = torch.lerp(one[:3] * one[3:], other[:3] * other[3:], mask)
        mean = torch.cat([visible / a.clamp(min=0.5), a])
    else:
        mean = torch.lerp(one, other, mask)
    soft = mean.round().clamp(0, 255).to(torch.uint8)
    stays, goes = stretch(mask == 0, made), stretch(mask == 1, made)
    return torch.where(stays, original, torch.where(goes, made, soft))


def stretch(where: Bool[Tensor, "h w"], like: Tensor) -> Bool[Tensor, "c h w"]:
    """One plane for every channel."""
    return where.expand(like.shape[0], -1, -1)
