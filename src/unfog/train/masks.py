"""Which pixels of a training picture are known: what a model that completes pictures is trained on.

Four kinds, equally likely: a hole (a rectangle is missing), a window (only a rectangle is known), one side
(everything beyond a straight line through the middle third is missing) and strokes (a few thick lines are missing).
Distances are in shares of the side, so a mask is the same at every resolution.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.util.random import Draw, uniform

STROKES = 4
NUMBERS = 2 + 5 * STROKES


def known_pixels(seed: int, positions: Sequence[int], size: tuple[int, int], share: float) -> Float[Tensor, "b 1 h w"]:
    """1 where a pixel is known, 0 where it is to be made; all 0 for the ``1 - share`` of pictures without a mask.

    A pure function of ``(seed, position)``.
    """
    u = uniform([seed] * len(positions), (NUMBERS,), draw=Draw.MASK, index=positions).float()  # (b, numbers)
    height, width = size
    y, x = ((torch.arange(n) + 0.5) / n for n in (height, width))
    y, x = y[None, :, None], x[None, None, :]  # (1, h, 1), (1, 1, w)
    chosen, kind, a = u[:, 0, None, None], (4 * u[:, 1, None, None]).long(), u[:, 2:, None, None]
    inside = rectangle(x, y, a[:, 0], a[:, 1], length=0.25 + 0.5 * a[:, 2], height=0.25 + 0.5 * a[:, 3])
    angle = 2 * torch.pi * a[:, 0]
    beyond = (x - 0.5) * angle.cos() + (y - 0.5) * angle.sin() > (a[:, 1] - 0.5) / 3
    lines = torch.zeros_like(inside)
    for k in range(STROKES):
        lines |= near_segment(x, y, *(a[:, 5 * k + j] for j in range(4)), radius=0.04 + 0.08 * a[:, 5 * k + 4])
    options = torch.stack([~inside, inside, ~beyond, ~lines], dim=1)  # (b, 4, h, w)
    known = options.gather(1, kind[:, None].expand(-1, 1, height, width))
    return (known & (chosen < share)[:, None]).float()


def rectangle(x: Tensor, y: Tensor, u: Tensor, v: Tensor, *, length: Tensor, height: Tensor) -> Tensor:
    """Inside a rectangle whose place is drawn by (u, v) so that it lies in the picture."""
    left, top = u * (1 - length), v * (1 - height)
    return (x >= left) & (x < left + length) & (y >= top) & (y < top + height)


def near_segment(x: Tensor, y: Tensor, x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor, *, radius: Tensor) -> Tensor:
    """Closer than ``radius`` to the segment from (x0, y0) to (x1, y1)."""
    dx, dy = x1 - x0, y1 - y0
    along = (((x - x0) * dx + (y - y0) * dy) / (dx**2 + dy**2).clamp(min=1e-6)).clamp(0, 1)
    return (x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2 < radius**2
