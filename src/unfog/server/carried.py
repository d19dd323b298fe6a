"""Pictures inside JSON: base64, bare or as a ``data:`` URL. Nothing is ever fetched from an address (T7)."""

from __future__ import annotations

import base64
import binascii
import re

from unfog.media.image import SAFE
from unfog.util.errors import DataError, UsageError

DATA_URL = re.compile(r"data:(?:image/[a-z+.\-]{1,20}|application/octet-stream)?(?:;[\w=\-]{1,40})*;base64,", re.ASCII)
ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.\-]{0,20}:|//|/|\.{1,2}/|\\)", re.IGNORECASE)
LONGEST = SAFE.file_bytes // 3 * 4 + 100  # characters of the largest file that is read, and of what stands before


def bytes_in(text: str, *, name: str) -> bytes:
    """The file that a text carries.

    Raises:
        UsageError: an address instead of a picture. DataError: no base64, or too long.
    """
    if len(text) > LONGEST:
        raise DataError(f"{name} has {len(text)} characters; at most {LONGEST} are read: save it smaller")
    if found := DATA_URL.match(text):
        text = text[found.end() :]
    elif not text.startswith("/9j/") and (other := ADDRESS.match(text)):  # base64 of a JPEG begins with a slash, too
        raise UsageError(
            f"{name} names an address ({other[0].strip()}...), and nothing is fetched; send the picture itself, as"
            " base64 or data:image/png;base64,..."
        )
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise DataError(f"{name} is no base64; send the bytes of a PNG, JPEG or WebP file in base64") from None
    if not data:
        raise DataError(f"{name} is empty; send the bytes of a PNG, JPEG or WebP file in base64")
    return data


def text_of(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode()
