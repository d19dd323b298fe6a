"""The columns of a sprite's row in ``metadata.jsonl``, beside file_name, text, licence and attribution.

    {"file_name": "noto/1F422.webp", "text": "turtle", "concept": "1F422", "family": "1F422", "style": "noto",
     "name": "turtle", "synonyms": ["tortoise"], "names": {"de": ["Schildkröte"]}, "group": "animals-nature",
     "mirror": true, "recolour": false, "anchors": {"head": [0.23, 0.32]}, "head": 0.36, "roles": ["mount"]}

All are optional. Anchors are (x, y) in shares of the picture file's width and height, ``head`` is a share of its width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unfog.data.captions import tidy
from unfog.util.errors import DataError

ANCHORS = ("head", "eyes", "hand", "back")
ROLES = ("hat", "glasses", "held", "mount")


@dataclass(frozen=True)
class Columns:
    """The columns that were given; empty or None where they were not."""

    concept: str | None = None
    family: str | None = None
    style: str | None = None
    name: str | None = None
    synonyms: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    group: str = ""
    mirror: bool = False
    recolour: bool | None = None
    anchors: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    head: float = 0.0
    roles: tuple[str, ...] = ()


def parse(path: str, row: Mapping[str, Any]) -> Columns:
    """The columns of the picture ``path``.

    Raises:
        DataError: a value of another type or range than its column has, with what it should be.
    """
    given = dict[str, Any]()
    for key, value in row.items():
        expected, read = READ[key]
        try:
            given[key] = read(value)
        except (ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: column {key} is {str(value)[:40]!r}; it should be {expected}") from error
    return Columns(**given)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not tidy(value):
        raise TypeError(value)
    return tidy(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _languages(value: Any) -> dict[str, tuple[str, ...]]:
    return {_text(language): _texts(words) for language, words in value.items()}


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise TypeError(value)
    return float(value)


def _anchors(value: Any) -> dict[str, tuple[float, float]]:
    if not set(value) <= set(ANCHORS):
        raise ValueError(value)
    out = dict[str, tuple[float, float]]()
    for kind, point in value.items():
        x, y = point
        out[kind] = _share(x), _share(y)
    return out


def _roles(value: Any) -> tuple[str, ...]:
    roles = _texts(value)
    if not set(roles) <= set(ROLES):
        raise ValueError(value)
    return roles


READ: dict[str, tuple[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("concept", "family", "style", "name", "group"), ("a text", _text)),
    "synonyms": ("a list of texts", _texts),
    "names": ('lists of texts by language, like {"de": ["Hund"]}', _languages),
    **dict.fromkeys(("mirror", "recolour"), ("true or false", _flag)),
    "anchors": (f'points of {", ".join(ANCHORS)} in 0..1, like {{"eyes": [0.5, 0.4]}}', _anchors),
    "head": ("a number in 0..1", _share),
    "roles": (f"a list of {', '.join(ROLES)}", _roles),
}
COLUMNS = tuple(READ)
