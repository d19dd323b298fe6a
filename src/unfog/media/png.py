"""PNG files with text inside: writing them the same way every time, and reading the text of files from strangers.

Three chunks hold text (W3C PNG, 11.3.3): tEXt (Latin-1), iTXt (UTF-8, possibly compressed) and zTXt (Latin-1,
compressed). They are read here by walking the chunks, without decoding the picture: lengths are checked before anything
is copied, a compressed text is inflated up to its limit only, and checksums must agree. Our own texts stand before the
picture data, where old readers look for them.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from jaxtyping import UInt8
from PIL import PngImagePlugin
from torch import Tensor

from unfog.media.image import picture_of
from unfog.util.errors import RecipeError

PARAMETERS = "parameters"  # key of the text for other programs (media/infotext.py)
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_LIMIT = 256 * 2**10  # bytes of one text, inflated
TEXTS_LIMIT = 2**20  # bytes of all texts of a file
CHUNKS_LIMIT = 100_000
RUNS = zlib.Z_RLE  # matches of one byte alone: as small for what models paint, 7 % larger for photos, 3 times faster


def encode(
    pixels: UInt8[Tensor, "c h w"], text: Mapping[str, str] | None = None, profile: bytes | None = None
) -> bytes:
    """A PNG file with ``text`` in the order given, and a colour profile; the same arguments give the same bytes."""
    out = io.BytesIO()
    picture_of(pixels).save(out, format="PNG", icc_profile=profile, **options(text or {}))
    return out.getvalue()


def options(text: Mapping[str, str]) -> dict[str, Any]:
    """How Pillow is to save a PNG file with ``text``.

    A1111's is tEXt if it is ASCII, since some programs read no other chunk; everything else is iTXt (UTF-8).
    """
    info = PngImagePlugin.PngInfo()
    for key, value in text.items():
        if key == PARAMETERS and value.isascii():
            info.add_text(key, value)
        else:
            info.add_itxt(key, value)
    return {"pnginfo": info, "compress_type": RUNS}


def read_text(data: bytes, *, name: str) -> dict[str, str]:
    """All texts of a PNG file by their key.

    Args:
        data: the whole file.
        name: what to call it in errors.

    Raises:
        RecipeError: not a PNG file, truncated, damaged, more text than a recipe can have, or two texts with one key
            (programs disagree about which of them counts).
    """
    if not data.startswith(SIGNATURE):
        raise RecipeError(f"{name} is not a PNG file; give a picture that unfog wrote")
    out, total = dict[str, str](), 0
    for kind, body in text_chunks(data, name):
        raw_key, value = text_of(kind, body, name)
        total += len(value)
        if total > TEXTS_LIMIT:
            raise RecipeError(f"{name} holds more than {TEXTS_LIMIT} bytes of text; that is no recipe of unfog")
        key = raw_key.decode("latin-1")
        if key in out:
            raise RecipeError(f"{name} holds two texts called {key!r}; use the file as unfog wrote it")
        out[key] = value.decode("utf-8" if kind == b"iTXt" else "latin-1", "replace")
    return out


def text_chunks(data: bytes, name: str) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of every chunk of text; one longer than allowed or with a wrong checksum is refused."""
    at = len(SIGNATURE)
    for _ in range(CHUNKS_LIMIT):
        if at + 12 > len(data):
            break
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if at + 12 + length > len(data):
            break
        if kind == b"IEND":
            return
        if kind in TEXTS:
            if length > TEXT_LIMIT:
                raise RecipeError(f"{name} holds a text of {length} bytes; a recipe has at most {TEXT_LIMIT}")
            body = data[at + 8 : at + 8 + length]
            (checksum,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
            if zlib.crc32(kind + body) != checksum:
                raise RecipeError(f"{name} is damaged (a text in it has a wrong checksum); use an intact copy")
            yield kind, body
        at += 12 + length
    raise RecipeError(f"{name} is truncated or no proper PNG file; use an intact copy")


def text_of(kind: bytes, body: bytes, name: str) -> tuple[bytes, bytes]:
    """Key and text of a chunk, inflated if it is compressed."""
    key, _, rest = body.partition(b"\0")
    if kind == b"tEXt":
        return key, rest
    compressed = True
    if kind == b"iTXt":
        compressed, rest = rest[:1] == b"\1", rest[2:]
        rest = rest.split(b"\0", 2)[-1]  # after language tag and translated key
    else:
        rest = rest[1:]
    return key, inflate(rest, name) if compressed else rest


def inflate(data: bytes, name: str) -> bytes:
    """Decompress at most ``TEXT_LIMIT`` bytes."""
    engine = zlib.decompressobj()
    try:
        out = engine.decompress(data, TEXT_LIMIT + 1)
    except zlib.error:
        raise RecipeError(f"{name} is damaged (a compressed text in it cannot be read); use an intact copy") from None
    if len(out) > TEXT_LIMIT:
        raise RecipeError(f"{name} holds a text of more than {TEXT_LIMIT} bytes; that is no recipe of unfog")
    return out
