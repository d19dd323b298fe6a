"""A generator that tells how far it is, and what it returns in the end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def outcome(run: Generator[object, None, T]) -> T:
    """Run it to its end, heed nothing of what it tells, and give what it returns."""
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value
