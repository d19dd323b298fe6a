"""What a JPEG file keeps of a picture, as a linear measurement (ITU-T T.81; JFIF's colours; chroma at half size).

    y = Q^-1 DCT [Y, half(Cb), half(Cr)] of blocks of 8 x 8          each y in units of its quantisation step

The file stores y rounded. Rounding errs by about as much as Gaussian noise of deviation 1/sqrt(12) (``ROUNDING``), so
undoing it is restoring from a linear measurement with such noise, the same for every coefficient in these units.
Quantisation tables are those of T.81, annex K, scaled by a quality from 1 to 100 as libjpeg does:

    Q = clamp(floor((s K + 50)/100), 1, 255)        s = 5000/quality below 50, 200 - 2 quality from there

Sides that are no multiple of 16 are filled up with the outermost pixels, as encoders do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.krylov import Spectrum, function_of
from unfog.util.errors import UsageError

ROUNDING = 1 / math.sqrt(12)
UNIT = 127.5  # levels of a file per unit of a picture in [-1, 1]
BLOCK, TILE = 8, 16
LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
    *(99 for _ in range(38)),
)  # fmt: skip
TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def tables(quality: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Quantisation steps of lightness and of colour, 64 each, row by row.

    Raises:
        UsageError: a quality outside 1..100.
    """
    if not 1 <= quality <= 100:
        raise UsageError(f"the quality of a JPEG file is from 1 to 100, got {quality}")
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    luma, chroma = (tuple(min(255, max(1, (scale * k + 50) // 100)) for k in table) for table in (LUMA, CHROMA))
    return luma, chroma


def quality_of(luma: Sequence[int]) -> int:
    """The quality whose steps of lightness are nearest to these, in their logarithms."""

    def apart(quality: int) -> float:
        return sum(math.log(max(a, 1) / b) ** 2 for a, b in zip(luma, tables(quality)[0], strict=True))

    return min(range(1, 101), key=apart)


@dataclass(frozen=True)
class Jpeg:
    """y = the coefficients of the file of a picture, in steps; all in one row per sample.

    Fields:
        size: height and width of the pictures.
        iterations: of Lanczos, for functions of A A^T.

    Raises:
        UsageError: a quality outside 1..100.
    """

    quality: int
    size: tuple[int, int]
    iterations: int = 24

    def __post_init__(self) -> None:
        tables(self.quality)

    def forward(self, x: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b n"]:
        """The coefficients, before they are rounded."""
        h, w = (self._within(axis).to(x.device) for axis in (0, 1))
        ycc = torch.einsum("kc,bchw->bkhw", self._colours(x), x[..., h, :][..., w])
        parts = [ycc[:, :1], half(ycc[:, 1:])]
        steps = [table.to(x) for table in self._steps]
        found = [self._transformed(part, x) / step for part, step in zip(parts, steps, strict=True)]
        return torch.cat([part.flatten(1) for part in found], 1)

    def adjoint(self, y: Float[Tensor, "b n"]) -> Float[Tensor, "b 3 h w"]:
        """The transpose, step by step backwards."""
        b, (height, width) = len(y), (len(self._within(axis)) for axis in (0, 1))
        steps, d = [table.to(y) for table in self._steps], self._dct.to(y)
        whole, small = (height // BLOCK, width // BLOCK), (height // TILE, width // TILE)
        first, rest = y[:, : height * width], y[:, height * width :]
        parts = list[Tensor]()
        for part, channels, (rows, columns), step in ((first, 1, whole, steps[0]), (rest, 2, small, steps[1])):
            blocks = part.reshape(b, channels, rows, columns, BLOCK, BLOCK) / step
            parts.append(torch.einsum("ui,vj,bcrsuv->bcrisj", d, d, blocks).reshape(b, channels, rows * BLOCK, -1))
        colour = parts[1].repeat_interleave(2, 2).repeat_interleave(2, 3) / 4
        filled = torch.einsum("kc,bkhw->bchw", self._colours(y), torch.cat([parts[0], colour], 1))
        x = filled.new_zeros(b, 3, self.size[0], width).index_add(2, self._within(0).to(y.device), filled)
        return x.new_zeros(b, 3, *self.size).index_add(3, self._within(1).to(y.device), x)

    def function(self, f: Spectrum, v: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
        """By Lanczos."""
        return function_of(lambda u: self.forward(self.adjoint(u)), f, v, self.iterations)

    @cached_property
    def _dct(self) -> Float[Tensor, "8 8"]:
        """The orthonormal cosine transform of rows (DCT-II)."""
        k = torch.arange(BLOCK, dtype=torch.float64)
        d = torch.cos(math.pi / BLOCK * (k + 0.5) * k[:, None]) * math.sqrt(2 / BLOCK)
        return torch.cat([d[:1] / math.sqrt(2), d[1:]])

    @cached_property
    def _steps(self) -> list[Float[Tensor, "8 8"]]:
        return [torch.tensor(table, dtype=torch.float64).reshape(BLOCK, BLOCK) for table in tables(self.quality)]

    def _colours(self, like: Tensor) -> Float[Tensor, "3 3"]:
        return UNIT * like.new_tensor(TO_YCC)

    def _within(self, axis: int) -> Tensor:
        """Where the rows or columns of the filled picture lie in the picture."""
        side = self.size[axis]
        return torch.arange(-(-side // TILE) * TILE).clamp(max=side - 1)

    def _transformed(self, x: Float[Tensor, "b c h w"], like: Tensor) -> Float[Tensor, "b c r s 8 8"]:
        """Every block in frequencies."""
        b, c, h, w = x.shape
        d = self._dct.to(like)
        return torch.einsum("ui,vj,bcrisj->bcrsuv", d, d, x.reshape(b, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK))


def half(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c _h _w"]:
    """Means over 2 x 2 pixels."""
    b, c, h, w = x.shape
    return x.reshape(b, c, h // 2, 2, w // 2, 2).mean((3, 5))
