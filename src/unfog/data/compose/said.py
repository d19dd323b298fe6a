"""The words that captions of composed scenes are made of, besides the names of things: read off the tables themselves.

Numbers, sizes, colours, turns, places, relations, grounds and styles, in English and in the other languages. A table
that is added to ``words.py`` or ``languages.py`` is read, too.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from unfog.data.compose import words
from unfog.data.compose.languages import TONGUES, Tongue
from unfog.data.compose.nouns import plural_word
from unfog.data.compose.scene import SHAPES, STYLES
from unfog.data.scenes import dice_of
from unfog.data.scenes_caption import where
from unfog.data.scenes_layout import PLACES
from unfog.data.scenes_palette import COLOURS
from unfog.util.random import Draw

PLACEHOLDER = re.compile(r"\{\w\}")
WAYS = 32  # draws of the wording of a place; it has at most three
PLAIN = ("shape", "style", "a pair of", "side by side")  # written where they are used, not in tables


def said_texts() -> frozenset[str]:
    """Every piece of a caption that is no name of a thing, placeholders taken out."""
    return english_texts() | foreign_texts()


def english_texts() -> frozenset[str]:
    """Those that English captions have."""
    tables = [value for name, value in vars(words).items() if name.isupper()]
    numbers = [f"{n}{times}" for n in words.NUMBERS for times in ("", "x")]  # "3x" in other languages
    places = [where(place, dice) for place in PLACES for dice in dice_of(0, range(WAYS), Draw.CAPTION)]
    shapes = [*SHAPES, *map(plural_word, SHAPES)]
    return without_placeholders(texts([tables, numbers, places, shapes, COLOURS, STYLES, PLAIN]))


def foreign_texts() -> frozenset[str]:
    """Those that captions in the other languages have."""
    return without_placeholders(texts(list(TONGUES.values())))


def without_placeholders(found: Iterator[str]) -> frozenset[str]:
    """Texts, with blanks where names go."""
    return frozenset(PLACEHOLDER.sub(" ", text) for text in found)


def texts(value: object) -> Iterator[str]:
    """Every text inside tables; of a mapping its values."""
    match value:
        case str():
            yield value
        case Mapping():
            yield from texts(list(value.values()))
        case Tongue():
            yield from texts([forms[1:] for forms in value.shapes])  # the first is the gender
            others = [getattr(value, f.name) for f in dataclasses.fields(value) if f.name != "shapes"]
            yield from texts(others)
        case tuple() | list():
            for part in value:
                yield from texts(part)
