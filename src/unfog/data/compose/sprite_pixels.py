"""A picture with transparency as a sprite: trimmed, centred, of one size, colours premultiplied.

The opaque box is what has alpha > ``OPAQUE``. It is scaled so that its longest side is ``LONGEST`` of ``SIDE`` pixels
and put in the middle:

    x_sprite = (x_picture - box.left) * scale + offset          scale = LONGEST / max(box width, box height)

Colours are premultiplied before they are resampled (Porter and Duff, "Compositing Digital Images", 1984), so what lies
under transparent pixels never bleeds into an edge. A filter with negative lobes may overshoot: a premultiplied colour
is cut at its alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from unfog.data.scenes_palette import lab

SIDE = 64
LONGEST = 60
OPAQUE = 8  # of 255; resampled pictures have a faint rim beyond their edge
SOLID = 128  # alpha from which a pixel's colour is seen
COLOURED = 18.0  # CIELAB chroma from which people name a hue rather than grey
HUE_BINS = 36
HUE_REACH = 3  # bins to either side that still are the same colour: 70 degrees in all
ONE_HUE = 0.8  # share of the coloured pixels that makes a hue the only one
MUCH = 0.35  # share of all pixels that is enough of it
GREY = 0.1  # share of coloured pixels below which a picture is grey


@dataclass(frozen=True)
class Fitted:
    """A sprite's pixels and where they were: ``x_sprite = x_picture * scale + offset``, in pixels."""

    pixels: UInt8[Tensor, "4 side side"]
    scale: float
    offset: tuple[float, float]

    @property
    def side(self) -> int:
        """Of the sprite in pixels."""
        return self.pixels.shape[-1]

    def share(self, x: float, y: float) -> tuple[float, float]:
        """A point of the picture (pixels) as shares of the sprite's side."""
        left, top = self.offset
        return (x * self.scale + left) / self.side, (y * self.scale + top) / self.side


def fit(picture: Image.Image, side: int = SIDE) -> Fitted | None:
    """An RGBA picture as a sprite of ``side`` pixels; None if nothing in it can be seen."""
    seen = np.asarray(picture.getchannel("A")) > OPAQUE
    if not seen.any():
        return None
    (left, right), (top, bottom) = (np.flatnonzero(seen.any(axis))[[0, -1]].tolist() for axis in (0, 1))
    w, h = right + 1 - left, bottom + 1 - top
    scale = LONGEST * side / SIDE / max(w, h)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    at = (side - size[0]) // 2, (side - size[1]) // 2
    box = (left, top, left + w, top + h)
    small = picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS, box=box)
    values = np.zeros((side, side, 4), dtype=np.uint8)
    values[at[1] : at[1] + size[1], at[0] : at[0] + size[0]] = np.asarray(small)
    values[..., :3] = np.minimum(values[..., :3], values[..., 3:])
    pixels = torch.from_numpy(values).permute(2, 0, 1).contiguous()
    return Fitted(pixels, scale, (at[0] - left * scale, at[1] - top * scale))


def longest_side(pixels: UInt8[Tensor, "4 side side"]) -> float:
    """The longer side of a sprite's opaque box as a share of its side."""
    seen = pixels[3] > OPAQUE
    rows, columns = (seen.any(dim).nonzero().flatten() for dim in (1, 0))
    return max(int(at[-1] - at[0]) + 1 if len(at) else 0 for at in (rows, columns)) / seen.shape[1]


def has_one_colour(pixels: UInt8[Tensor, "4 side side"]) -> bool:
    """Whether another colour makes sense: one hue holds nearly all that is coloured, or nothing is coloured."""
    alpha = pixels[3]
    solid = alpha >= SOLID
    if not solid.any():
        return False
    rgb = pixels[:3, solid].T / alpha[solid, None].float()  # (n, 3)
    _, a, b = lab(rgb.clamp(max=1.0)).unbind(-1)
    chroma = torch.hypot(a, b)
    share = (chroma >= COLOURED).float().mean().item()
    if share <= GREY:
        return True
    hue = ((torch.atan2(b, a) / (2 * math.pi) % 1.0) * HUE_BINS).long() % HUE_BINS
    seen = torch.bincount(hue, weights=chroma * (chroma >= COLOURED), minlength=HUE_BINS)
    around = sum(seen.roll(shift) for shift in range(-HUE_REACH, HUE_REACH + 1))
    assert isinstance(around, Tensor)
    return share >= MUCH and bool(around.max() >= ONE_HUE * seen.sum())
