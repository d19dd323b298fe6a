"""Small texts of options to values."""

from __future__ import annotations

import os
import re

from unfog.util.errors import UsageError

SIZE = re.compile(r"(\d{1,6})(?:x(\d{1,6}))?", re.IGNORECASE)


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
