"""Noun phrases of a prompt that name things a model knows.

    thing := [determiner | number] {measure "of"} {adjective} name

Adjectives are colours and sizes, and whatever else stands between a determiner or a number and the name; those that
captions never had are left out, since they spoil what is drawn ("a polar bear" is a lump where "a bear" is a bear). A
name behind another one ("robot dog") is what is meant; one before a noun that is not known ("dog house") is not meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from unfog.data.compose.nouns import noun
from unfog.data.compose.words import COLOUR_WORDS, NUMBERS, SIZE_WORDS, TURN_WORDS
from unfog.data.scenes_palette import COLOURS
from unfog.text.closed import CLOSED
from unfog.text.known import Known
from unfog.text.reading import Reading
from unfog.text.spelling import WORD, singulars, words_of
from unfog.text.standing import says_standing
from unfog.text.things import things

SEVERAL = 2  # as many as a plural says by itself
FARTHEST = 5  # words that belong to a name, before it
SCALES = {"tiny": 0.4, "small": 0.65, "medium": 1.0, "big": 1.3, "giant": 1.6}
DETERMINERS = frozenset(
    ("a", "an", "the", "some", "this", "that", "another", "my", "your", "his", "her", "its", "our", "their", "single")
)
COUNTED = {word: n for n, word in NUMBERS.items()} | {form: n for n in NUMBERS for form in (str(n), f"{n}x")}
STRONGLY = frozenset(("very", "really", "extremely", "quite", "rather"))
ONE = re.compile(rf"upside-down|{WORD.pattern}")
Words = list[tuple[str, int, int]]  # with their places


@dataclass(frozen=True)
class Thing:
    """What a noun phrase says, which concept it names, how often, how large, and where it stands in the prompt.

    ``counted``: a number says how often; a plural by itself only that there are several.
    """

    text: str
    concept: str
    copies: int
    counted: bool
    scale: float
    start: int
    end: int


def with_names(reading: Reading, text: str) -> str:
    """The text with full names for what is known by another: a pig is drawn by its face."""
    for one in reading.unknown(text):
        for name in (one.text, *singulars(one.text)):
            if one.nearest is not None and name in words_of(one.nearest) and name in things().by_name:
                full = one.nearest if name == one.text else noun(one.nearest).several
                text = re.sub(rf"\b{re.escape(one.text)}\b", full, text)
                break
    return text


def things_in(known: Known, text: str) -> list[Thing]:
    """The things that a text names, in its order."""
    words = [(match[0], *match.span()) for match in ONE.finditer(text)]
    names = known.names_at([word.removesuffix("'s") for word, _, _ in words])
    out, before, k = list[Thing](), 0, 0
    while k < len(words):
        if k not in names:
            k += 1
            continue
        length, concept = names[k]
        end = k + length
        while end in names and joined(words, text, end):  # "robot dog": the last is meant
            length, concept = names[end]
            end += length
        if is_adjective(words, text, end, known):  # "a light blue cat", "a dog house"
            k = end
            continue
        first = beginning(words, text, before, k)
        said = [word for word, _, _ in words[first:end]]
        lead = said.pop(0) if said[0] in DETERMINERS or said[0] in COUNTED else ""
        named = text[words[end - length][1] : words[end - 1][2]]
        plural = " ".join(words_of(named)) not in known.naming
        copies = COUNTED.get(lead, SEVERAL if plural else 1)
        adjectives = [word for word in without_measure(said[:-length]) if word not in sizes() and is_said(known, word)]
        phrase = " ".join([*adjectives, concept if plural else named])
        scale = next((SCALES[sizes()[word]] for word in said if word in sizes()), 1.0)
        at = words[first][1], words[end - 1][2]
        out.append(Thing(noun(phrase).indefinite, concept, copies, lead in COUNTED, scale, *at))
        before = k = end
    return out


def joined(words: Words, text: str, k: int) -> bool:
    """Whether nothing but a blank is between a word and the one before it."""
    return 0 < k < len(words) and text[words[k - 1][2] : words[k][1]] == " "


def is_adjective(words: Words, text: str, end: int, known: Known) -> bool:
    """Whether what ends here only says more of the word behind it: a colour, or a noun that is not known."""
    if not joined(words, text, end):
        return words[end - 1][0].endswith("'s")
    word = words[end][0]
    if word in modifiers() or words[end - 1][0].endswith("'s"):
        return True
    a_noun = (word in things().by_name or word in things().by_head) and not word.endswith("ing")
    return a_noun and word not in CLOSED and not says_standing(word)


def beginning(words: Words, text: str, before: int, name: int) -> int:
    """The first word that belongs to a name: its determiner or number, or as many colours and sizes as there are."""
    plain = name
    while plain > max(before, name - FARTHEST) and words[plain - 1][0] in modifiers():
        plain -= 1
    first = plain
    while first > max(before, name - FARTHEST):
        word = words[first - 1][0]
        if not joined(words, text, first):
            break
        if word in DETERMINERS or word in COUNTED:
            return first - 1
        if (word in CLOSED and word not in ("of", *STRONGLY)) or says_standing(word):
            break
        if word.endswith("ing") and (first < 2 or words[first - 2][0] not in DETERMINERS | COUNTED.keys()):
            break  # what somebody does, not how something is
        first -= 1
    return plain


def is_said(known: Known, word: str) -> bool:
    """Whether captions had a word, or it is a name itself ("robot dog")."""
    return word in modifiers() or word in known.said or word.removesuffix("'s") in known.called


def without_measure(adjectives: list[str]) -> list[str]:
    """The words before a name without those by which it is counted: "bunches of"."""
    if "of" not in adjectives:
        return adjectives
    return adjectives[len(adjectives) - adjectives[::-1].index("of") :]


@cache
def sizes() -> dict[str, str]:
    """Words that say how large something is, and the size."""
    return {word: size for size, words in SIZE_WORDS.items() for word in words if " " not in word}


@cache
def modifiers() -> frozenset[str]:
    """Words that stand before a name and belong to it."""
    turns = (word for words in TURN_WORDS.values() for word in words)
    return frozenset((*COLOURS, *(w for words in COLOUR_WORDS.values() for w in words), *sizes(), *turns))
