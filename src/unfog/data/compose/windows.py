"""Where things go in pixels: every thing is painted in a square window of the picture, four sizes of windows in all.

A thing of side ``s`` pixels at centre ``c``, mirrored (``m = -1``) or not and then turned clockwise by ``angle``, shows
at pixel ``p`` what its own picture has at (u, v), each -1..1 across its square:

    u = m (cos * (p - c).x + sin * (p - c).y) / (s / 2)        v = (cos * (p - c).y - sin * (p - c).x) / (s / 2)

Sine and cosine are taken one by one in double precision, so a thing never depends on what else is in a batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from unfog.data.compose.scene import Box, Look, Scene

MARGIN = 1.0  # pixels round a thing's square that anti-aliasing may touch


@dataclass(frozen=True)
class Thing:
    """One thing of one scene, ready to be painted.

    Attributes:
        row: number of the scene in the batch.
        layer: how many things of the scene are painted before it.
        pixels: side of its square in pixels.
        window: side of its window in pixels; ``left`` and ``top`` are the window's first column and row.
        affine: ``(ux, uy, u0, vx, vy, v0)`` with ``u = ux * column + uy * row + u0``, counted inside the window.
    """

    row: int
    layer: int
    look: Look
    pixels: float
    window: int
    left: int
    top: int
    affine: tuple[float, float, float, float, float, float]


def place(row: int, layer: int, look: Look, box: Box, size: int) -> Thing:
    """The window and the coordinates of a thing; what lies outside the picture is cut off.

    Raises:
        ValueError: a side that is not positive.
    """
    if not box.side > 0:
        raise ValueError(f"the side of a box must be above 0, got {box.side}")
    x, y, half = box.x * size, box.y * size, box.side * size / 2
    cosine, sine = math.cos(math.radians(box.angle)), math.sin(math.radians(box.angle))
    # A bilinear sample reaches half a pixel of the sprite beyond its square; enlarged sprites have large pixels.
    reach = half * (abs(cosine) + abs(sine)) + MARGIN * max(1.0, half / 32)
    left, top = min(max(0, math.floor(x - reach)), size - 1), min(max(0, math.floor(y - reach)), size - 1)
    need = max(min(math.ceil(x + reach), size) - left, min(math.ceil(y + reach), size) - top)
    quarters = min(max(1, -(-4 * need // size)), 4)  # four sizes of windows: quarters of the picture
    window = -(-size * quarters // 4)
    left, top = min(left, size - window), min(top, size - window)
    dx, dy = left + 0.5 - x, top + 0.5 - y
    c, s = cosine / half, sine / half
    m = -1.0 if box.mirror else 1.0
    affine = (m * c, m * s, m * (c * dx + s * dy), -s, c, c * dy - s * dx)
    return Thing(row, layer, look, 2 * half, window, left, top, affine)


def things_of(scenes: Sequence[Scene], size: int) -> list[Thing]:
    """Every thing of every scene; inside a scene in the order of painting."""
    out = []
    for row, scene in enumerate(scenes):
        pairs = [(group.look, box) for group in scene.groups for box in group.boxes]
        out += [place(row, layer, look, box, size) for layer, (look, box) in enumerate(pairs)]
    return out


def coordinates(things: Sequence[Thing], device: torch.device) -> Float[Tensor, "n w w 2"]:
    """(u, v) of every pixel of the windows of things; all windows of one size."""
    w = things[0].window
    axis = torch.arange(w, dtype=torch.float32, device=device)
    ux, uy, u0, vx, vy, v0 = torch.tensor([t.affine for t in things], device=device).T[..., None]  # each (n, 1)
    out = torch.empty(len(things), w, w, 2, device=device)
    torch.add((axis * ux + u0)[:, None, :], (axis * uy)[:, :, None], out=out[..., 0])
    torch.add((axis * vx + v0)[:, None, :], (axis * vy)[:, :, None], out=out[..., 1])
    return out


def addresses(things: Sequence[Thing], size: int, device: torch.device) -> Int64[Tensor, "n 4 pixels"]:
    """Positions of the pixels of windows inside a flat ``(b, 4, size, size)`` picture; all windows of one size."""
    axis = torch.arange(things[0].window, device=device)
    square = (axis[:, None] * size + axis).flatten()  # (w * w)
    plane = size * size
    first = torch.tensor([t.row * 4 * plane + t.top * size + t.left for t in things], device=device)
    channel = torch.arange(4, device=device) * plane
    return first[:, None, None] + channel[None, :, None] + square
