"""Picture files made on the spot: known pixels in every format, mode and state of repair."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ORIENTATION = 0x0112


def pattern(width: int, height: int) -> np.ndarray:
    """(h, w, 3) values with no symmetry: red grows to the right, green downwards, blue along the diagonal."""
    y, x = np.mgrid[:height, :width]
    rgb = np.stack([x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x + 2 * y) * 7 % 256], axis=-1)
    return rgb.astype(np.uint8)


def encoded(picture: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """A picture file as bytes; ``orientation`` writes the EXIF tag."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    if (orientation := options.pop("orientation", None)) is not None:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        options["exif"] = exif
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(width: int, height: int, rows: bytes, *, depth: int, colour: int, extra: bytes = b"") -> bytes:
    """A PNG file of any bit depth and colour type from its unfiltered rows (without the filter bytes)."""
    per_row = len(rows) // height if rows else 0
    data = b"".join(b"\0" + rows[k * per_row : (k + 1) * per_row] for k in range(height if rows else 0))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def animated(kind: str, width: int = 13, height: int = 11) -> bytes:
    """Two frames."""
    first, second = (Image.fromarray(values) for values in (pattern(width, height), 255 - pattern(width, height)))
    return encoded(first, kind, save_all=True, append_images=[second], duration=100)


def write(path: Path, data: bytes | np.ndarray | Image.Image, caption: str | None = None) -> Path:
    """Write a file with its parents, and a caption beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else encoded(data))
    if caption is not None:
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")
    return path
