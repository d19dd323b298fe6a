"""Recipes for tests, and PNG files put together chunk by chunk."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from unfog.config.edit import Img2Img
from unfog.config.recipe import EditRecipe, ModelName, Recipe
from unfog.config.sample import SampleConfig

SHA = "0123456789abcdef" * 4
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PIXEL = zlib.compress(b"\0\x10\x20\x30")


def recipe_of(**changes: Any) -> Recipe:
    """A complete recipe; ``changes`` replace fields."""
    fields = {
        "prompt": "two green stars above a red circle",
        "negative": "blurry: yes, very",
        "seed": 2**64 - 1,
        "size": (48, 32),
        "sample": SampleConfig(sampler="dpmpp_2m", grid="karras", steps=20, guidance=4.5, rescale=0.7),
        "nfe": 40,
        "model": ModelName(name="scenes-32", sha256=SHA),
        "unfog": "0.1.0",
        "device": "cpu",
        "threads": 2,
        "promise": "L3",
    }
    return Recipe.model_validate(fields | changes)


def edit_recipe_of(**changes: Any) -> EditRecipe:
    """A complete recipe of a picture that was changed; ``changes`` replace fields."""
    made = recipe_of().model_dump(exclude={"task", "size", "canvas", "transparent", "layout", "nfe"})
    fields = {
        "way": Img2Img(strength=0.6),
        "inputs": {"picture": SHA},
        "size": (640, 480),
        "canvas": (43, 32),
        "steps": 12,
        "nfe": 24,
    }
    return EditRecipe.model_validate(made | fields | changes)


def chunk(kind: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    """A PNG chunk; ``checksum`` replaces the right one."""
    right = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", right if checksum is None else checksum)


def png(*chunks: bytes, data: bytes = PIXEL) -> bytes:
    """A picture of one pixel with ``chunks`` between header and picture data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return SIGNATURE + header + b"".join(chunks) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def itxt(key: bytes, text: bytes, *, compressed: bool = False) -> bytes:
    """An iTXt chunk."""
    body = zlib.compress(text, 9) if compressed else text
    return chunk(b"iTXt", key + b"\0" + bytes([compressed, 0]) + b"en\0\xc3\xa4\0" + body)
