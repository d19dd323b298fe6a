"""Paint composed scenes: things over a ground, in a style, as RGBA in [-1, 1].

Inside, pictures are premultiplied by alpha, 0..1: p = a v with v the sRGB value. The finished picture has colours over
mid-grey (0) and alpha from -1 to 1:

    rgb = a (2 v - 1) = 2 p - a        alpha = 2 a - 1

so a transparent pixel is (0, 0, 0, -1). Every operation is per row and exact in its order: row k of a batch depends on
``scenes[k]`` only, bit for bit on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.data.compose.ground import grounds
from unfog.data.compose.scene import Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.style.apply import stylise
from unfog.data.compose.things import paint

SMALLEST = 32


def render(
    scenes: Sequence[Scene], sprites: Sprites, size: int, device: torch.device | None = None
) -> Float[Tensor, "b 4 size size"]:
    """Pictures of scenes, ``size`` pixels a side, colours over mid-grey and alpha, all in [-1, 1].

    Args:
        device: where to paint; ``None`` stands for where the sprites are.

    Raises:
        ValueError: a size below 32, an unknown sprite, shape, colour, ground or style, or a box without size.
    """
    if size < SMALLEST:
        raise ValueError(f"size must be at least {SMALLEST} pixels, got {size}: smaller things cannot be told apart")
    device = sprites.pixels.device if device is None else device
    things = paint(scenes, sprites.pixels, size, device)
    ground = grounds([s.ground for s in scenes], [s.grain for s in scenes], size, device)
    picture = stylise(scenes, things, ground)
    picture.mul_(2)
    picture[:, :3].sub_(picture[:, 3:] / 2)
    picture[:, 3:].sub_(1)
    return picture
