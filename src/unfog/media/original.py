"""A picture that a person wants changed: its pixels as they are, and what its file says about their colours.

Pixels are 8 bits, RGB or, where the file has transparency, straight RGBA, upright (EXIF rotation applied); grey,
palettes, CMYK and 16 bits are converted as everywhere (``media/image.py``). A colour profile is kept for the file that
comes out, if the numbers still mean the same: not for CMYK and grey.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from unfog.media.image import decode_any, jpeg_steps, pixels_of, plain, read_bytes

PROFILED = ("RGB", "RGBA", "P", "PA")  # modes whose profile still describes the numbers after conversion
Given = str | Path | Image.Image
"""A file, or a Pillow image of any mode."""


@dataclass(frozen=True)
class Original:
    """A picture, its colour profile, and of a JPEG file its 64 quantisation steps of lightness, row by row."""

    pixels: UInt8[Tensor, "c h w"]
    profile: bytes | None = None
    steps: tuple[int, ...] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[2], self.pixels.shape[1]

    @property
    def sha256(self) -> str:
        """Of channels, sides and pixels: the same picture saved losslessly elsewhere has the same."""
        c, h, w = self.pixels.shape
        return hashlib.sha256(b"%d %d %d " % (c, h, w) + self.pixels.numpy().tobytes()).hexdigest()


def read_original(path: Path) -> Original:
    """The picture in a PNG, JPEG or WebP file.

    Raises:
        DataError: it cannot be read, is refused, animated or damaged.
    """
    data = read_bytes(path)
    picture, mode = decode_any(data, name=str(path))
    return replace(original_of(picture, mode), steps=jpeg_steps(data))


def given(image: Given) -> Original:
    """A picture that was handed over.

    Raises:
        DataError: the file cannot be read.
    """
    return original_of(plain(image), image.mode) if isinstance(image, Image.Image) else read_original(Path(image))


def original_of(picture: Image.Image, mode: str | None = None) -> Original:
    """A Pillow image in RGB or RGBA; ``mode`` is the one it had in its file."""
    profile = picture.info.get("icc_profile")
    kept = isinstance(profile, bytes) and profile and (mode or picture.mode) in PROFILED
    return Original(pixels_of(picture), profile if kept else None)
