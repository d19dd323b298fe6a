"""What a style works on, and the few operations that styles share.

Pictures are premultiplied by alpha, 0..1. Lengths are given in pixels of a picture of 64 and grow with the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.data.compose.noise import Texture

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
Plane = Float[Tensor, "n 1 h w"]
Rgb = Float[Tensor, "n 3 h w"]
Rgba = Float[Tensor, "n 4 h w"]


@dataclass(frozen=True)
class Layers:
    """Pictures that get one style.

    Attributes:
        things: what is painted, over nothing.
        ground: what is behind.
        texture: random numbers of every picture.
        fine: the smallest thing is small, so cells and strokes must be fine.
    """

    things: Rgba
    ground: Rgba
    texture: Texture
    fine: bool

    @property
    def size(self) -> int:
        return self.things.shape[-1]

    @property
    def unit(self) -> float:
        """Pixels per 1/64 of the side."""
        return self.size / 64

    def picture(self) -> Rgba:
        """Things over the ground."""
        return self.things + (1 - self.things[:, 3:]) * self.ground


def luma(rgb: Tensor) -> Plane:
    """Luma of the first three channels."""
    r, g, b = (rgb[:, k : k + 1] * LUMA[k] for k in range(3))
    return r + g + b


def opaque(rgb: Rgb) -> Rgba:
    """A picture without a hole."""
    return torch.cat([rgb, torch.ones_like(rgb[:, :1])], dim=1)


def steep(x: Tensor, low: float, high: float) -> Tensor:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def blur(x: Tensor, radius: float, unit: float) -> Tensor:
    """Two passes of a box of ``2 r + 1`` pixels each way: nearly Gaussian; the edge is continued."""
    r = max(1, round(radius * unit))
    for _ in range(2):
        x = boxes(F.pad(x, (r, r, r, r), mode="replicate"), 2 * r + 1)
    return x


def boxes(x: Tensor, side: int) -> Tensor:
    """Means of all squares of ``side`` pixels inside a picture; slices are faster than a pooling layer."""
    for dim in (2, 3):
        n = x.shape[dim] - side + 1
        total = x.narrow(dim, 0, n)
        for k in range(1, side):
            total = total + x.narrow(dim, k, n)
        x = total / side
    return x


def slope(x: Float[Tensor, "n c h w"], unit: float) -> Plane:
    """Steepness: root of the squared central differences, added over channels; a full step in one channel gives 1."""
    r = max(1, round(unit))
    wide = F.pad(x, (r, r, r, r), mode="replicate")
    across = wide[:, :, r:-r, 2 * r :] - wide[:, :, r:-r, : -2 * r]
    down = wide[:, :, 2 * r :, r:-r] - wide[:, :, : -2 * r, r:-r]
    return torch.sqrt((across * across + down * down).sum(dim=1, keepdim=True))


def widen(x: Plane, radius: float, unit: float) -> Plane:
    """The largest value within about ``radius``: alternately 3 x 3 squares and crosses, so circles stay round."""
    for k in range(max(1, round(radius * unit))):
        wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
        if k % 2:
            rows = torch.maximum(torch.maximum(wide[:, :, :-2], wide[:, :, 1:-1]), wide[:, :, 2:])
            x = torch.maximum(torch.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])
        else:
            upright = torch.maximum(wide[:, :, :-2, 1:-1], wide[:, :, 2:, 1:-1])
            level = torch.maximum(wide[:, :, 1:-1, :-2], wide[:, :, 1:-1, 2:])
            x = torch.maximum(x, torch.maximum(upright, level))
    return x


def lines(layers: Layers, low: float = 0.16, high: float = 0.55) -> Plane:
    """A line drawing: 1 on edges of colour and on the outlines of things, thinned to the crest of the steepness."""
    behind = (1 - layers.things[:, 3:]) * slope(layers.ground, layers.unit)
    steepness = torch.maximum(slope(layers.things, layers.unit), 0.7 * behind)
    crest = widen(steepness, 1, layers.unit)
    return steep(steepness, low, high) * steep(steepness / (crest + 1e-3), 0.5, 0.95)
