r"""Prompts of several parts: ``a red circle AND a blue square``, ``a cat :1.2 AND a dog :0.5``, ``a beach NOT people``.

    prompt := [NOT] part { joint part }        a prompt without AND and NOT is one text, word for word
    joint  := AND | NOT | AND NOT              upper case, whole words
    part   := text [":" NUMBER]                its weight, 1 if none is given; after NOT it counts negative

What the weights do stands in ``guidance/compose.py``. Lower-case "and" and "not" are ordinary words, and a model reads
every text in lower case, so nothing is lost by writing them so. A colon behind a digit ("12:30"), inside brackets,
or with words behind it belongs to the text; so does every colon of a prompt of one text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from unfog.util.errors import UsageError

JOINT = re.compile(r"(?<![\w'’/-])(AND\s+NOT|AND|NOT)(?![\w'’/-])")
WEIGHT = re.compile(r"(?<!\d):\s*([-+.]*\d[^\s()\[\]]*|[-+]?(?:nan|inf(?:inity)?))$", re.IGNORECASE)
BETWEEN = " \t\r\n,;"  # what separates parts and belongs to none
MOST = 10.0  # a weight, either way
PARTS = 16  # each costs an evaluation of the network per step, and recipes come from strangers
SHOWN = 60  # characters of a prompt in a message


@dataclass(frozen=True)
class Part:
    """One text, and its weight: below 0 is away from it."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class Composition:
    """What AND and NOT put together."""

    parts: tuple[Part, ...]


def parse(prompt: str) -> str | Composition:
    """The parts of a prompt as people write it; one without AND and NOT is returned as it is.

    Raises:
        UsageError: a part without words, more than ``PARTS`` of them, or a weight that is no number within +-``MOST``.
    """
    first, *rest = JOINT.split(prompt)
    if not rest:
        return prompt
    joints, texts = [" ".join(joint.split()) for joint in rest[::2]], rest[1::2]
    if first.strip(BETWEEN) or joints[0] != "NOT":
        joints, texts = ["AND", *joints], [first, *texts]
    if len(texts) > PARTS:
        raise UsageError(f"a prompt has at most {PARTS} parts between AND and NOT, this one {len(texts)}")
    return Composition(tuple(_part(joint, text, prompt) for joint, text in zip(joints, texts, strict=True)))


def parts_of(prompt: str | Composition) -> tuple[Part, ...]:
    """The parts of what ``parse`` gave; a text alone is one of weight 1."""
    return (Part(prompt),) if isinstance(prompt, str) else prompt.parts


def _part(joint: str, text: str, prompt: str) -> Part:
    """One part and its weight.

    Raises:
        UsageError: see ``parse``.
    """
    text, weight = text.strip(BETWEEN), 1.0
    if found := WEIGHT.search(text):
        text, weight = text[: found.start()].strip(BETWEEN), _number(found[1])
    if not text:
        raise UsageError(
            f"AND and NOT need words on both sides (only NOT may come first), and a part of {_short(prompt)} has none;"
            " write them in lower case if they are ordinary words"
        )
    if not math.isfinite(weight) or abs(weight) > MOST:
        raise UsageError(
            f"{found[1] if found else ''!r} is no weight of {_short(text)}: write a number from {-MOST:g} to {MOST:g}"
            " after the colon, such as :0.5"
        )
    if joint.endswith("NOT") and math.copysign(1, weight) < 0:
        raise UsageError(f"NOT {_short(text)} has the weight {weight:g}; NOT turns the sign already, so leave one out")
    return Part(text, -weight if joint.endswith("NOT") else weight)


def _number(digits: str) -> float:
    """The number that was written; NaN if it is none."""
    try:
        return float(digits)
    except ValueError:
        return math.nan


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
