"""Small texts of options to values."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

from unfog.util.errors import UsageError

SIZE = re.compile(r"(\d{1,6})(?:x(\d{1,6}))?", re.IGNORECASE)
REGION = re.compile(r"\d(?:\.\d{1,6})?(?:,\d(?:\.\d{1,6})?){3}", re.ASCII)
RANGE = re.compile(r"(\d{0,3}\.?\d{1,6})(?:\.\.(\d{0,3}\.?\d{1,6}))?", re.ASCII)
BOX = re.compile(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})", re.ASCII)
PIXEL = re.compile(r"(\d{1,6}),(\d{1,6})", re.ASCII)


def seed_of(seed: int | None) -> int:
    """The seed that was given, or a random one of 32 bits, which people can type again."""
    return int.from_bytes(os.urandom(4)) if seed is None else seed


def size_of(text: str | None, *, option: str = "--size") -> tuple[int, int] | None:
    """``48x32`` as (width, height); ``32`` is a square.

    Raises:
        UsageError: anything else.
    """
    if text is None:
        return None
    found = SIZE.fullmatch(text)
    if found is None:
        raise UsageError(f"{option} {text!r} is not a size; write WIDTHxHEIGHT in pixels, for example 48x32")
    return int(found[1]), int(found[2] or found[1])


def pixel_of(text: str) -> tuple[int, int]:
    """``120,80`` as (x, y).

    Raises:
        UsageError: anything else.
    """
    found = PIXEL.fullmatch(text)
    if found is None:
        raise UsageError(f"--pixel {text!r} is no place; write X,Y in pixels from the top left, for example 120,80")
    return int(found[1]), int(found[2])


def mask_of(text: str) -> tuple[Path | None, dict[str, Any]]:
    """The file that ``--mask`` names, or what it says instead: ``box:10,10,50,40`` or ``auto:the hat``.

    Raises:
        UsageError: a box that is none.
    """
    kind, colon, rest = text.partition(":")
    if colon and kind == "auto":
        return None, {"words": rest}
    if not (colon and kind == "box"):
        return Path(text), {}
    found = BOX.fullmatch(rest)
    if found is None:
        raise UsageError(f"--mask {text!r} is no box; write box:LEFT,TOP,WIDTH,HEIGHT in pixels: box:10,10,50,40")
    return None, {"box": tuple(map(int, found.groups()))}


def region_of(text: str) -> tuple[tuple[float, ...], str]:
    """``0,0,0.5,1:a cat`` as a box in shares of the canvas and a prompt.

    Raises:
        UsageError: anything else.
    """
    box, colon, prompt = text.partition(":")
    found = REGION.fullmatch(box)
    if found is None or not colon or not prompt.strip():
        raise UsageError(
            f"--region {text!r} is none; write LEFT,TOP,RIGHT,BOTTOM in shares of the canvas, a colon and what is"
            ' there: --region "0,0,0.5,1:a cat"'
        )
    return tuple(float(part) for part in box.split(",")), prompt.strip()


def numbers_of(text: str, option: str) -> list[float]:
    """``4,6,8`` as numbers; an empty text is none.

    Raises:
        UsageError: something between the commas is no finite number.
    """
    try:
        found = [float(part) for part in text.split(",")] if text.strip() else []
    except ValueError:
        found = [math.inf]
    if not all(math.isfinite(number) for number in found):
        raise UsageError(f"{option} {text!r} is no list of numbers; write for example {option} 4,8,12")
    return found


def range_of(text: str, option: str) -> tuple[float, float]:
    """``0.3..0.7`` as two numbers; ``0.5`` is that number alone.

    Raises:
        UsageError: anything else.
    """
    found = RANGE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{option} {text!r} is no range; write LOW..HIGH, for example {option} 0.3..0.7")
    return float(found[1]), float(found[2] or found[1])


def number_of(text: str, option: str) -> float:
    """One number.

    Raises:
        UsageError: none, several, or no finite one.
    """
    found = numbers_of(text, option)
    if len(found) != 1:
        raise UsageError(f"{option} {text!r} is not one number; write for example {option} 25")
    return found[0]


def lines_of(path: Path) -> list[str]:
    """The lines of a text file that say something.

    Raises:
        UsageError: it cannot be read, or says nothing.
    """
    try:
        found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as text: {error}") from None
    if not found:
        raise UsageError(f"{path} is empty; write one prompt per line")
    return found


def counts_of(text: str | None, option: str) -> tuple[int, ...]:
    """``4,8,12`` as whole numbers of at least 1; none for ``None``.

    Raises:
        UsageError: anything else, or the same number twice.
    """
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and 0 < int(part) <= 1000 for part in parts):
        raise UsageError(f"{option} {text!r} is no list of numbers from 1 to 1000; write them with commas: 4,8,12")
    if len(set(map(int, parts))) < len(parts):
        raise UsageError(f"{option} {text!r} names a number twice; write each once")
    return tuple(map(int, parts))
