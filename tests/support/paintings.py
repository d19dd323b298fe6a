"""Pictures of one or two objects painted by hand, right ones and spoilt ones, for tests of the grader."""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.data.scenes_layout import Background, Group, Scene, Size
from unfog.data.scenes_palette import PALETTE
from unfog.data.scenes_render import OUTLINES, render
from unfog.media.image import to_uint8

SIDE = 32
WHITE = Background("plain", "white")
AXIS = torch.arange(SIDE) + 0.5


def rgb(colour: str) -> Tensor:
    return (torch.tensor(PALETTE[colour]) / 255)[:, None, None]


def distance(shape: str, x: float, y: float, diameter: float) -> Tensor:
    """Signed distance in pixels from the outline, (side, side)."""
    r = diameter / 2
    return (
        OUTLINES[shape](((AXIS - x) / r).expand(1, SIDE, SIDE), ((AXIS - y) / r)[:, None].expand(1, SIDE, SIDE))[0] * r
    )


def inside(shape: str, x: float, y: float, diameter: float) -> Tensor:
    """Coverage, (side, side)."""
    return (0.5 - distance(shape, x, y, diameter)).clamp(0, 1)


def painted(t: Tensor, colour: str, ground: str = "white") -> Tensor:
    """A colour over a plain background, (3, side, side) in 0..1."""
    return rgb(ground) * (1 - t) + rgb(colour) * t


def pixels(pictures: list[Tensor]) -> Tensor:
    """Pictures in 0..1 as 8-bit values, (b, 3, side, side)."""
    return to_uint8(torch.stack(pictures) * 2 - 1)


def scene(*groups: Group, background: Background = WHITE, side: int = SIDE) -> Tensor:
    """A scene as 8-bit values, (1, 3, side, side)."""
    return to_uint8(render([Scene(background, groups)], side))


def one(colour: str, shape: str, x: float = 16.0, y: float = 16.0, diameter: float = 11.0) -> Group:
    size: Size = "small" if diameter < 10 else "medium" if diameter < 14 else "large"
    return Group(colour, shape, size, ((x, y),), diameter)
