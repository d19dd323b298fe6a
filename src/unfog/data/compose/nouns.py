"""English names of things in a sentence: article, plural, and how several are counted.

A name is a noun phrase in the singular, lower case ("turtle", "ear of corn", "man bouncing ball"). Its head is the word
that takes the plural: the last one before the first preposition, participle or comma. Names that have no singular
("grapes") or cannot be counted ("bacon") take no article and are counted by a measure ("three bunches of grapes").
Rules: Quirk et al., "A Comprehensive Grammar of the English Language" (1985), 5.73-5.107; the tables hold exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from unfog.data.compose.noun_words import (
    DOER,
    END_OF_HEAD,
    HARD_CH,
    IRREGULAR,
    LIKE_CONSONANT,
    LIKE_VOWEL,
    MASS,
    NOT_MAN,
    PAIRS,
    PLACES,
    PLURAL_WORDS,
    PROPER,
    SETS,
    SEVERAL,
    SINGULAR_S,
    TO_OES,
    VOWEL_US,
    WITH_THE,
)

Kind = Literal["count", "plural", "mass", "proper"]


@dataclass(frozen=True)
class Noun:
    """A name ready for a sentence.

    Attributes:
        text: the name.
        indefinite: what stands for one of it: "a turtle", "grapes", "bacon", "the kaaba".
        several: what follows a number above one: "turtles", "bunches of grapes".
        article: "a", "an", "the" or "".
    """

    text: str
    kind: Kind
    article: str
    several: str

    @property
    def indefinite(self) -> str:
        return f"{self.article} {self.text}" if self.article else self.text


def article(phrase: str) -> str:
    """``an`` before a vowel's sound, else ``a``; decided by the first word."""
    word = phrase.lower()
    if LIKE_VOWEL.match(word):
        return "an"
    if LIKE_CONSONANT.match(word) and not VOWEL_US.match(word):
        return "a"
    return "an" if word[:1] in "aeiouåäöéè" else "a"


def plural_word(word: str) -> str:
    """The plural of one word."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if "-" in word and word.rsplit("-", 1)[1] in IRREGULAR:
        return word.rsplit("-", 1)[0] + "-" + IRREGULAR[word.rsplit("-", 1)[1]]
    if word.endswith("man") and word not in NOT_MAN:
        return word[:-3] + "men"
    if word.endswith(("person",)):
        return word[:-6] + "people"
    if word.endswith(("child", "tooth", "goose", "knife", "wolf", "leaf", "shelf")):
        tail = next(t for t in ("child", "tooth", "goose", "knife", "wolf", "leaf", "shelf") if word.endswith(t))
        return word[: -len(tail)] + IRREGULAR[tail]
    if word.endswith("fish"):
        return word
    if word in ("series", "species") or (word.endswith(("craft",)) and word != "craft"):
        return word
    if word in TO_OES or word.endswith(("s", "x", "z", "sh")) or (word.endswith("ch") and word not in HARD_CH):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _is_plural(word: str) -> bool:
    if word in PLURAL_WORDS:
        return True
    if word in SINGULAR_S or word.endswith(("ss", "us", "is", "’s", "'s", "ous")):
        return False
    return len(word) > 3 and word.endswith("s")


def head_at(words: list[str]) -> int:
    """Index of the word that takes the plural."""
    for at, word in enumerate(words[1:], start=1):
        if word in END_OF_HEAD or (word.endswith("ing") and words[at - 1] in DOER and not _ends_compound(words, at)):
            return at - 1
        if words[at - 1].endswith((",", ":")):
            return at - 1
    return len(words) - 1


def _ends_compound(words: list[str], at: int) -> bool:
    """Whether a word in -ing is itself the thing: "baby clothing"."""
    return words[at] in {"building", "clothing", "drawing", "painting", "ring", "string", "wedding", "wing"}


@cache
def noun(name: str) -> Noun:
    """The name with its article and plural.

    Raises:
        ValueError: an empty name.
    """
    words = name.split()
    if not words:
        raise ValueError("a sprite's name is empty: give it at least one word")
    several = SEVERAL.get(name) or plural_phrase(words)
    if name in PROPER or name in WITH_THE or name in PLACES:
        several = f"pictures of {name}" if name in PLACES else several
        return Noun(name, "proper", "the" if name in WITH_THE else "", several)
    if name in MASS:
        return Noun(name, "mass", "", f"{MASS[name]} {name}")
    head = head_at(words)
    if name not in SEVERAL and _is_plural(words[head].strip(",:")):
        measure = SETS.get(name) or ("pairs of" if PAIRS.search(" ".join(words[: head + 1])) else "sets of")
        return Noun(name, "plural", "", f"{measure} {name}")
    if name == "dice":
        return Noun(name, "plural", "", several)
    return Noun(name, "count", article(name), several)


def plural_phrase(words: list[str]) -> str:
    """The phrase with its head in the plural."""
    at = head_at(words)
    head = words[at]
    tail = ""
    while head and head[-1] in ",:":
        head, tail = head[:-1], head[-1] + tail
    return " ".join([*words[:at], plural_word(head) + tail, *words[at + 1 :]])
