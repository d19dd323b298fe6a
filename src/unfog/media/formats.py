"""The same picture as PNG, JPEG or WebP, its recipe kept.

A PNG file has its texts in chunks (``media/png.py``). JPEG and WebP have the recipe in the EXIF tag UserComment
(0x9286), as ``UNICODE`` and UTF-16 in big-endian order, which is where others look for text; a JPEG has no transparency
and lies on white.
"""

from __future__ import annotations

import io
from typing import Literal

from PIL import Image

from unfog.media.exif import COMMENT, SUB
from unfog.media.image import decode_any, flatten

Format = Literal["png", "jpeg", "webp"]
MIME: dict[Format, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
UNICODE = b"UNICODE\0"
CHROMA_KEPT = 0  # subsampling of a JPEG: none, flat colours would bleed


def recoded(data: bytes, form: Format, *, quality: int = 100, comment: str | None = None) -> bytes:
    """A picture file in another format.

    Args:
        data: PNG, JPEG or WebP, of our own making; as it is where ``form`` is PNG already.
        form: of the answer.
        quality: of JPEG and WebP, 0 to 100; WebP is lossless at 100.
        comment: what UserComment says.

    Raises:
        DataError: it cannot be read.
    """
    if form == "png" and data.startswith(b"\x89PNG"):
        return data
    picture, _ = decode_any(data, name="the picture")
    return encoded(picture, form, quality=quality, comment=comment)


def encoded(picture: Image.Image, form: Format, *, quality: int = 100, comment: str | None = None) -> bytes:
    """The file of a Pillow image; see ``recoded``."""
    out = io.BytesIO()
    if form == "png":
        picture.save(out, format="PNG")
        return out.getvalue()
    exif = Image.Exif()
    if comment is not None:
        exif.get_ifd(SUB)[COMMENT] = UNICODE + comment.encode("utf-16-be")
    if form == "jpeg":
        flatten(picture).save(out, format="JPEG", quality=quality, subsampling=CHROMA_KEPT, exif=exif)
    else:
        picture.save(out, format="WEBP", quality=quality, lossless=quality == 100, exact=True, exif=exif)
    return out.getvalue()
