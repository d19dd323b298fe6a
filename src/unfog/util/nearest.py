"""Names a person mistyped: say what there is, and which one was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

ALIKE = 0.5  # least likeness of a name that is suggested


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """One line: the name that is not known, the nearest one that is, and all of them.

    >>> unknown("sampler", "unipcc", ["ddim", "unipc"])
    "unknown sampler 'unipcc'; did you mean 'unipc'? There are: ddim, unipc"
    """
    known = list(names)
    near = nearest(name, known)
    hint = "." if near is None else f"; did you mean {near!r}?"
    return f"unknown {kind} {name!r}{hint} There are: {', '.join(known) or 'none'}"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The most alike of some names, the first of several; ``None`` if none is alike.

    >>> nearest("promt", ["negative", "prompt"])
    'prompt'
    """
    near = max(names, key=lambda item: likeness(name.lower(), item.lower()), default="")
    return near if likeness(name.lower(), near.lower())[0] >= ALIKE else None


def likeness(one: str, other: str) -> tuple[float, bool]:
    """How alike two words are, 0..1; of equally alike ones those with the same letters ("ddmi", "ddim") come first."""
    return difflib.SequenceMatcher(None, one, other).ratio(), sorted(one) == sorted(other)
