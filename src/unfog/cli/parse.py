"""Small texts of options to values."""

from __future__ import annotations

import re

from unfog.util.errors import UsageError

SIZE = re.compile(r"(\d{1,6})(?:x(\d{1,6}))?", re.IGNORECASE)


def size_of(text: str | None) -> tuple[int, int] | None:
    """``48x32`` as (width, height); ``32`` is a square.

    Raises:
        UsageError: anything else.
    """
    if text is None:
        return None
    found = SIZE.fullmatch(text)
    if found is None:
        raise UsageError(f"--size {text!r} is not a size; write WIDTHxHEIGHT in pixels, for example 48x32")
    return int(found[1]), int(found[2] or found[1])


def numbers_of(option: str, text: str | None) -> tuple[int, ...]:
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
