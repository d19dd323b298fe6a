"""Random textures: a pure function of (grain, stage), made from bytes of the counter-based generator.

A ``Texture`` holds white noise on a fixed 64 x 64 raster, so a picture of another size shows the same texture, and some
free numbers, as single choices or as a coarse lattice joined by cubics (value noise). All rows of a batch are drawn in
one go: at these sizes the number of tensor operations costs more than the number of values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.util.random import Draw, octets

RASTER = 64
NUMBERS = 512


@dataclass(frozen=True)
class Texture:
    """Random numbers of n rows: ``raster`` in (-1, 1), ``numbers`` in (0, 1)."""

    raster: Float[Tensor, "n 1 64 64"]
    numbers: Float[Tensor, "n 512"]

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, at: Sequence[int]) -> Texture:
        return Texture(self.raster[at], self.numbers[at])

    def take(self, first: int, *shape: int) -> Float[Tensor, "n *shape"]:
        """Free numbers from number ``first`` on."""
        count = int(torch.Size(shape).numel())
        return self.numbers[:, first : first + count].reshape(-1, *shape)

    def speckle(self, size: int) -> Float[Tensor, "n 1 size size"]:
        """White noise of a picture: the raster, cells averaged or repeated where the size is another."""
        if size == RASTER:
            return self.raster
        return F.interpolate(self.raster, (size, size), mode="area" if size < RASTER else "nearest")

    def smooth(self, first: int, rows: int, columns: int, size: int) -> Float[Tensor, "n 1 size size"]:
        """Free numbers as a lattice over the picture, its corners on the corners, joined by cubics."""
        return F.interpolate(self.take(first, 1, rows, columns), (size, size), mode="bicubic", align_corners=True)


def texture(grains: Sequence[int], stage: int, device: torch.device) -> Texture:
    """The texture of every grain; ``stage`` tells what it is for: 0 grounds, 1 styles."""
    count = RASTER * RASTER
    drawn = octets(grains, (count + NUMBERS,), draw=Draw.TEXTURE, step=stage, device=device).float()
    raster = (drawn[:, :count] - 127.5) / 128
    return Texture(raster.reshape(-1, 1, RASTER, RASTER), (drawn[:, count:] + 0.5) / 256)
