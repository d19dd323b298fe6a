"""Squares cut out of photographs at random: many small pictures from few large ones.

For picture k and a seed, with u1, u2, u3 uniform and ``reach`` the largest scale that the photograph allows:

    scale = min(reach, MOST)^u1,    side = scale size,    left = u2 (width - side),    top = u3 (height - side)

so a square covers between ``size`` pixels, in which is all detail that the camera saw, and ``MOST`` times as many,
scaled down, which also averages away what compression left behind. What is larger than ``SHORTER`` squares is scaled
down to that first. The seed differs from epoch to epoch (``stream.py``), so that every visit sees another square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from unfog.media.image import FILTERS, TRAINING, decode, picture_of, pixels_of, quiet, read_bytes
from unfog.util.random import Draw, uniform

MOST = 4.0  # times as wide as it is kept is the largest square
SHORTER = 8  # squares fit along the shorter side of a photograph as it is kept


@dataclass(frozen=True)
class Crops:
    """Photographs to cut squares of ``size`` out of; ``kept`` are the first ones, the others are read by ``fetch``."""

    size: int
    kept: tuple[UInt8[Tensor, "3 _h _w"], ...]
    fetch: Callable[[int], UInt8[Tensor, "3 _h _w"]]

    def cut(self, at: Sequence[int], seed: int) -> UInt8[Tensor, "b 3 size size"]:
        """A square of each of these photographs: a function of its number and the seed."""
        u = uniform([seed] * len(at), (3,), draw=Draw.CROP, index=at).tolist()
        return torch.stack([self.one(k, *numbers) for k, numbers in zip(at, u, strict=True)])

    def one(self, k: int, u1: float, u2: float, u3: float) -> UInt8[Tensor, "3 size size"]:
        """The square of photograph ``k`` that three numbers in (0, 1) choose."""
        pixels = self.kept[k] if k < len(self.kept) else self.fetch(k)
        height, width = pixels.shape[1:]
        side = min(height, width)
        if side >= self.size:
            side = round(self.size * min(side / self.size, MOST) ** u1)
        left, top = int(u2 * (width - side + 1)), int(u3 * (height - side + 1))
        cut = pixels[:, top : top + side, left : left + side]
        return (
            cut if side == self.size else pixels_of(picture_of(cut).resize((self.size, self.size), FILTERS["lanczos"]))
        )


def crops_of(root: Path, paths: Sequence[str], size: int, most_bytes: int) -> Crops:
    """The photographs of a folder that was read, by their paths below it, of which ``most_bytes`` are kept in memory.

    Raises:
        DataError: a file vanished or cannot be read any more.
    """

    def fetch(k: int) -> UInt8[Tensor, "3 _h _w"]:
        return load_whole(root, paths[k], size)

    kept, held = list[Tensor](), 0
    for k in range(len(paths)):
        pixels = fetch(k)
        held += pixels.numel()
        if held > most_bytes:
            break
        kept.append(pixels)
    return Crops(size, tuple(kept), fetch)


def load_whole(root: Path, path: str, size: int) -> UInt8[Tensor, "3 _h _w"]:
    """A photograph, scaled down where its shorter side is more than ``SHORTER`` squares."""
    most = SHORTER * size
    with quiet():
        picture = decode(read_bytes(root / path, name=path, limits=TRAINING), name=path, limits=TRAINING, at_least=most)
    shorter = min(picture.size)
    if shorter > most:
        wanted = (max(most, round(picture.width * most / shorter)), max(most, round(picture.height * most / shorter)))
        picture = picture.resize(wanted, Image.Resampling.LANCZOS)
    return pixels_of(picture)
