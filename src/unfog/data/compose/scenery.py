"""Scenery behind things: a sky with soft clouds, a night with stars, a meadow and a beach under a sky.

Nothing in it can be taken for a thing: clouds have no outline, stars are at most two pixels wide, there is no sun and
no moon. All of it is a pure function of a grain.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.data.compose.noise import Texture
from unfog.data.compose.tones import SCENERY

STARS, STARRY = 8, 0.6  # cells a side of the sky, and the share of them that hold a star


def _tones(kind: str, drawn: Texture) -> list[Float[Tensor, "3 1 1"]]:
    return [torch.tensor(t, device=drawn.numbers.device)[:, None, None] / 255 for t in SCENERY[kind]]


def _rows(size: int, drawn: Texture) -> Float[Tensor, "size 1"]:
    return ((torch.arange(size, device=drawn.numbers.device) + 0.5) / size)[:, None]


def sky(drawn: Texture, size: int) -> Float[Tensor, "n 3 size size"]:
    """Blue, paler below; clouds are two octaves of value noise, wider than tall, cut off softly."""
    top, bottom, cloud = _tones("sky", drawn)
    blue = top + _rows(size, drawn) * (bottom - top)  # (3, size, 1)
    field = drawn.smooth(0, 7, 4, size) + 0.45 * drawn.smooth(28, 13, 8, size)
    return blue + 0.9 * ((field - 0.78) * 2.4).clamp(0, 1) * (cloud - blue)


def night(drawn: Texture, size: int) -> Float[Tensor, "n 3 size size"]:
    """Dark blue with a star in some of 8 x 8 cells."""
    top, bottom = _tones("night", drawn)
    dark = (top + _rows(size, drawn) * (bottom - top)).expand(3, size, size)
    first, second, third, there = drawn.take(0, 4, STARS, STARS).unbind(1)
    x, y = 0.2 + 0.6 * first, 0.2 + 0.6 * second  # inside its cell
    light = (0.35 + 0.65 * third * third) * (there < STARRY)
    at = (torch.arange(size, device=first.device) + 0.5) * (STARS / size)
    cell = at.long()
    x, y, light = torch.stack([x, y, light])[:, :, cell][..., cell]  # each (n, size, size)
    across, down = (at - cell) - x, (at - cell)[:, None] - y
    distance = torch.sqrt(across * across + down * down) * STARS  # in 1/64 of the side
    stars = (1.35 - distance).clamp(0, 1) * light
    return dark + stars[:, None] * (1 - dark)


def _line(drawn: Texture, first: int, height: float, size: int) -> Float[Tensor, "n 1 1 size"]:
    """Height of an uneven line across the picture, as a share of its side."""
    level = drawn.take(first, 1, 1, 1) - 0.5
    bumps = F.interpolate(drawn.take(first + 1, 1, 6), size, mode="linear", align_corners=True)[:, :, None] - 0.5
    return height + 0.06 * level + 0.035 * bumps


def _below(line: Tensor, size: int, drawn: Texture) -> Float[Tensor, "n 1 size _"]:
    """Share of each pixel below a line."""
    return ((_rows(size, drawn) - line) * size + 0.5).clamp(0, 1)


def grass(drawn: Texture, size: int) -> Float[Tensor, "n 3 size size"]:
    """Clear sky over a meadow of upright blades."""
    top, bottom, far, near = _tones("grass", drawn)
    down = _rows(size, drawn)
    blue = top + (down / 0.6).clamp(max=1) * (bottom - top)
    green = far + ((down - 0.5) * 2).clamp(0, 1) * (near - far)
    blades = F.avg_pool2d(F.pad(drawn.speckle(size), (0, 0, 1, 2), mode="replicate"), (4, 1), stride=1)
    green = green * (1 + 0.26 * blades)
    return blue + _below(_line(drawn, 0, 0.56, size), size, drawn) * (green - blue)


def beach(drawn: Texture, size: int) -> Float[Tensor, "n 3 size size"]:
    """Sky, sea with ripples, a line of foam, sand."""
    top, bottom, deep, shallow, dry, wet = _tones("beach", drawn)
    down, fine = _rows(size, drawn), drawn.speckle(size)
    blue = top + (down / 0.4).clamp(max=1) * (bottom - top)
    ripples = F.avg_pool2d(F.pad(fine, (3, 3, 0, 0), mode="replicate"), (1, 7), stride=1)
    sea = deep + ((down - 0.4) * 4).clamp(0, 1) * (shallow - deep) + 0.12 * ripples
    sand = wet + ((down - 0.62) * 5).clamp(0, 1) * (dry - wet) + 0.045 * fine
    picture = blue + _below(0.4 + 0.05 * (drawn.take(10, 1, 1, 1) - 0.5), size, drawn) * (sea - blue)
    shore = _line(drawn, 0, 0.64, size)
    picture = picture + 0.85 * _below(shore - 0.03, size, drawn) * (1 - picture)
    return picture + _below(shore, size, drawn) * (sand - picture)
