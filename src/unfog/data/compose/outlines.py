"""Signed distances of the eleven shapes, in a square from -1 to 1 with y down; negative inside.

Six come from ``scenes_render``; hexagon, crescent and arrow are new. The star is drawn anew with reflections, which
are exact arithmetic: a sine or an arc tangent may differ in its last bit with the place of a pixel in memory, and then
a picture would depend on its neighbours in a batch. The heart loses the small peak in its cleft, which shows when it is
larger than 20 pixels. Source: I. Quilez, "2D distance functions".
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.data import scenes_render
from unfog.data.compose.scene import SHAPES

Plane = Float[Tensor, "n h w"]


def _star(x: Plane, y: Plane) -> Plane:
    """Five points, width 2: two reflections bring every point beside the upper tip, where one edge is left."""
    outer = 1 / math.cos(math.pi / 10)
    inner = 0.46 * outer
    across, along = x.abs(), outer * (1 - math.cos(math.pi / 5)) / 2 - y
    sine, cosine = math.sin(math.pi / 5), math.cos(math.pi / 5)
    for _ in range(2):
        beyond = (across * cosine - along * sine).clamp(min=0) * 2
        across, along = (across - beyond * cosine).abs(), along + beyond * sine
    ex, ey = inner * cosine - outer, inner * sine
    return (ey * (along - outer) - ex * across) / math.hypot(ex, ey)


def _heart(x: Plane, y: Plane) -> Plane:
    """The heart of ``scenes_render`` without what lies outside both discs and above the point where they cross."""
    across, down = x.abs() - 0.48, y + 0.4
    outside = torch.sqrt(across * across + down * down) - 0.52
    return torch.maximum(scenes_render.OUTLINES["heart"](x, y), torch.minimum(outside, -0.2 - down))


def _hexagon(x: Plane, y: Plane) -> Plane:
    """Regular, width 2, with a corner left and right."""
    half = math.sqrt(3) / 2
    return torch.maximum(y.abs(), half * x.abs() + y.abs() / 2) - half


def _crescent(x: Plane, y: Plane) -> Plane:
    """A disc of radius 1 without a smaller one: a waning moon, its horns to the right; the box is centred."""
    bite, radius, shift = 0.52, 0.76, 0.12
    x = x - shift
    disc = torch.sqrt(x * x + y * y) - 1
    hole = torch.sqrt((x - bite) * (x - bite) + y * y) - radius
    return torch.maximum(disc, -hole)


def _arrow(x: Plane, y: Plane) -> Plane:
    """Points to the right: a shaft as thick as a third of the square and a head as tall as most of it."""
    y = y.abs()
    neck, wide = 0.05, 0.85
    slope = math.hypot(wide, 1 - neck)
    head = torch.maximum(neck - x, (wide * (x - 1) + (1 - neck) * y) / slope)
    shaft = torch.maximum((x + 0.4).abs() - 0.6, y - 0.33)
    return torch.minimum(head, shaft)


OUTLINES: dict[str, Callable[[Plane, Plane], Plane]] = {
    **scenes_render.OUTLINES,
    "star": _star,
    "heart": _heart,
    "hexagon": _hexagon,
    "crescent": _crescent,
    "arrow": _arrow,
}
assert tuple(OUTLINES) == SHAPES
