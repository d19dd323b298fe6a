"""How two things of a sentence stand to each other, read from the words between them and behind the later one.

    between := [rest of what is said of the first] [","|"and"] [what leads to the second]

"on the left, " says where the first is, ", on the right " where the second is, " sitting on a sofa next to " what is
next to what: of several words of place the last counts, and those before a comma or an "and" only if they name a side.
What is said the other way round ("a ball held by a dog", "a car with a cat in it") is ``turned``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from unfog.config.sample import Standing

SAID: dict[Standing, str] = {
    "between": "between|in the middle of|surrounded by|flanked by",
    "left of": "left",
    "right of": "right",
    "inside": "inside|within|into|in",
    "in front of": "in front",
    "behind": "behind",
    "on": "on top|on|onto|upon|atop|riding|rides|sits|sitting|standing|stands|driving|drives",
    "above": "above|over|at the top",
    "below": "below|under|beneath|underneath|at the bottom",
    "wearing": "wearing|wears|dressed",
    "holding": r"holding|holds|carrying|carries|with|has|playing|plays|eating|eats|drinking|drinks|using|reading"
    r"|kicking|kicks|juggling|throwing",
    "beside": "next to|beside|near|by|alongside|close to",
}
STANDINGS: tuple[tuple[Standing, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"\b(?:{words})\b")) for name, words in SAID.items()
)
SIDES: tuple[Standing, ...] = ("left of", "right of", "above", "below")
INVERSE: dict[Standing, Standing] = {
    "left of": "right of",
    "right of": "left of",
    "above": "below",
    "below": "above",
    "behind": "in front of",
    "in front of": "behind",
}
APART = re.compile(r"[,;.]|\b(?:and|plus|while)\b|[&+]")
TURNED: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    ("holding", re.compile(r"\b(?:held|carried|eaten|kicked|played) by\b")),
    ("wearing", re.compile(r"\bworn by\b")),
    ("on", re.compile(r"\b(?:ridden|driven) by\b")),
)
ITS = re.compile(r"^(?: side)?(?: of)? (?:it|him|her|them)\b")  # "above it a sun"
OF = re.compile(r"^(?: side)? (?:of|from|to)\b")  # "left of a dog"
HAS = re.compile(r"\b(?:with|has)(?: (?:a|an|the|some|its|his|her))?\s*$")
AFTER: tuple[tuple[Standing, re.Pattern[str]], ...] = (  # "a car with a cat in it"
    ("inside", re.compile(r"^ (?:inside|in (?:it|its|his|her)\b)")),
    ("on", re.compile(r"^ (?:sitting |standing )?(?:on top|on (?:it|its|his|her|the)\b)")),
    ("behind", re.compile(r"^ behind")),
    ("in front of", re.compile(r"^ in front")),
    ("above", re.compile(r"^ (?:above|over (?:it|its|his|her)\b)")),
    ("below", re.compile(r"^ (?:below|underneath|beneath|under (?:it|its|his|her)\b)")),
)
HOLDS = re.compile(r"\b(?:hold|carr)")
BETWEEN_THEM = re.compile(r"^ (?:in )?(?:between|the middle)")
ORDERS: tuple[tuple[Standing, re.Pattern[str]], ...] = (
    ("above", re.compile(r"\b(?:top to bottom|on top of each other|stacked)\b")),
    ("below", re.compile(r"\bbottom to top\b")),
    ("right of", re.compile(r"\bright to left\b")),
)
LIST = re.compile(r"^\W*(?:and|and also|&)?\W*(?:an?|the|some)?\W*$")


@dataclass(frozen=True)
class Link:
    """How the earlier of two things stands to the later; ``turned``: the later to the earlier."""

    how: Standing = "beside"
    turned: bool = False
    weak: bool = False
    """Of "with" and the like, which need not mean that it is held."""


def link_of(between: str, after: str, *, worn: bool) -> Link:
    """How two things stand to each other.

    Args:
        between: the words between them.
        after: those behind the later one.
        worn: the later one is a thing to wear.
    """
    for how, words in TURNED:
        if words.search(between):
            return Link(how, turned=True)
    if HAS.search(between):
        if BETWEEN_THEM.search(after):
            return Link("left of", turned=True)
        for how, words in AFTER:
            if words.search(after):
                return Link(INVERSE[how]) if how in INVERSE else Link(how, turned=True)
    *heads, tail = APART.split(between)
    how, rest = last_of(tail)
    if how in INVERSE and (ITS.search(rest) or (heads and how in SIDES and leads(how, tail, rest))):
        return Link(INVERSE[how])
    if how is None and heads:
        how, _ = last_of(" ".join(heads))
        how = how if how in SIDES or (how == "wearing" and worn) else None
    return Link(how or "beside", weak=how == "holding" and not HOLDS.search(between))


def leads(how: Standing, tail: str, rest: str) -> bool:
    """Whether a word of a side says where the thing behind it is: ", on the right a dog"."""
    return not OF.search(rest) and (how in ("left of", "right of") or "at the" in tail)


def last_of(words: str) -> tuple[Standing | None, str]:
    """The last that words say of places, and what follows on it."""
    last: tuple[int, int] = (0, 0)  # where it ends, and its length: "in front" ends behind "in"
    how: Standing | None = None
    for name, pattern in STANDINGS:
        for match in pattern.finditer(words):
            if (match.end(), len(match[0])) > last:
                last, how = (match.end(), len(match[0])), name
    return how, words[last[0] :]


def ordered(text: str) -> Standing:
    """How things of a text stand to each other where nothing is said between them: "from top to bottom"."""
    for how, words in ORDERS:
        if words.search(text):
            return how
    return "beside"


def listed(between: str) -> bool:
    """Whether words only go on with a list: "sunglasses and a hat"."""
    return LIST.match(between) is not None


def says_standing(words: str) -> bool:
    """Whether words say how things stand to each other."""
    return last_of(words)[0] is not None or any(pattern.search(words) for _, pattern in TURNED)
