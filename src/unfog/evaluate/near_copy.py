"""Is a synthetic picture a new one, or an original over again?

Its distance from every original is that of ``memorisation.py``: the root mean square difference of the means of 16 x 16
cells, colours in [-1, 1], the least over shifts of up to 2 pixels, for squares of 32 pixels as training would cut them.
Below ``AugmentRequest.near`` (0.05) it is a near-copy: what differs is less than 6 of 255 levels on average.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from unfog.evaluate.memorisation import TOGETHER, cells, nearest, shifted
from unfog.media.image import from_uint8

LEAST = 3  # rows that ``nearest`` asks for


def originals_of(pixels: UInt8[Tensor, "n 3 h w"]) -> Float[Tensor, "m d"]:
    """What near-copies are looked for among; few originals are listed more than once, which changes no distance."""
    rows = torch.cat([cells(from_uint8(some)) for some in pixels.split(TOGETHER)])
    return rows if len(rows) >= LEAST else rows.repeat(LEAST, 1)


def nearness(pixels: UInt8[Tensor, "n 3 h w"], originals: Float[Tensor, "m d"]) -> Float[Tensor, " n"]:
    """Distance of each picture from the nearest of ``originals_of``, 0 for the same one."""
    return nearest(shifted(from_uint8(pixels)), originals).d1
