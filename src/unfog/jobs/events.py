"""What a job tells whoever runs it: notes, progress, previews and finished pictures, and one result at the end."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from jaxtyping import UInt8
from torch import Tensor

from unfog.config.recipe import AnyRecipe

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` parts (0 of 0: not countable), with one line for a person."""

    done: int
    total: int
    message: str


@dataclass(frozen=True)
class Note:
    """Something a person should know that stops nothing: one line."""

    message: str


@dataclass(frozen=True)
class Preview:
    """How far the pictures are: the clean estimates of a step."""

    pixels: UInt8[Tensor, "b c h w"]


@dataclass(frozen=True)
class Picture:
    """A finished picture with its recipe, as it was ``painted``, where it was written, if it was, and its profile."""

    pixels: UInt8[Tensor, "c h w"]
    painted: UInt8[Tensor, "_c _h _w"]
    recipe: AnyRecipe
    path: Path | None = None
    profile: bytes | None = None


@dataclass(frozen=True)
class Result:
    """The end: what ``--json`` prints."""

    payload: dict[str, Any]


Event = Progress | Note | Preview | Picture | Result


def told(counting: Generator[tuple[int, int], None, T], message: str) -> Generator[Event, None, T]:
    """Counts (done, total) of a lower layer as progress with one message, and its result."""
    while True:
        try:
            done, total = next(counting)
        except StopIteration as end:
            return end.value
        yield Progress(done, total, message)
