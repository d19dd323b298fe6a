"""One group in words: number, size, turn, colour, style, name, in English."""

from __future__ import annotations

from functools import cache

from unfog.data.compose.facts import GroupFact
from unfog.data.compose.nouns import Noun, article, noun
from unfog.data.compose.words import COLOUR_WORDS, NUMBERS, SIZE_WORDS, TURN_TAILS, TURN_WORDS
from unfog.util.random import Dice

DIGITS = 0.2  # share of numbers written as digits
TURN_BEHIND = 0.35  # share of turns said behind the noun
SIZED = frozenset(("tiny", "small", "little", "medium", "large", "big", "giant", "huge"))


@cache
def has_size(name: str) -> bool:
    """Whether a name says a size itself: "small blue diamond"."""
    return not SIZED.isdisjoint(name.split())


def adjectives(fact: GroupFact, dice: Dice, *, turned: bool) -> list[str]:
    """Words before the name, in English order; ``turned`` says whether the turn is one of them."""
    words = []
    if fact.size is not None:
        words.append(dice.choice(SIZE_WORDS[fact.size]))
    if turned and fact.turn is not None:
        words.append(dice.choice(TURN_WORDS[fact.turn]))
    if fact.colour is not None:
        words.append(dice.choice(COLOUR_WORDS.get(fact.colour) or (fact.colour,)))
    if fact.style is not None:
        words.append(fact.style if len(fact.style) < 5 else f"{fact.style}-style")
    return words


def noun_phrase(fact: GroupFact, dice: Dice, *, bare: bool = False, plain: bool = False) -> str:
    """``a small red circle``, ``two green stars``, ``3 big turtles upside down``; without article when ``bare``.

    Args:
        plain: numbers as words and the turn before the noun, for prompts.
    """
    behind = fact.turn is not None and not plain and not bare and dice.chance(TURN_BEHIND)
    words = adjectives(fact, dice, turned=not behind)
    thing = noun(fact.name or "shape")
    tail = f" {dice.choice(TURN_TAILS[fact.turn])}" if behind and fact.turn is not None else ""
    if fact.count > 1:
        number = str(fact.count) if not plain and dice.chance(DIGITS) else NUMBERS[fact.count]
        if fact.count == 2 and thing.kind == "count" and not plain and dice.chance(0.06):
            number = "a pair of"
        return " ".join([number, *words, thing.several]) + tail
    text = " ".join([*words, thing.text])
    if bare:
        return text + tail
    return _article(thing, words, text, dice, plain=plain) + tail


def _article(thing: Noun, words: list[str], text: str, dice: Dice, *, plain: bool) -> str:
    if thing.kind == "count":
        return f"one {text}" if not plain and dice.chance(0.05) else f"{article(text)} {text}"
    if thing.kind == "proper" and words:
        return f"{article(text)} {text}"
    return f"{thing.article} {text}" if thing.article and not words else text


def coloured(template: str, colour: str | None, dice: Dice) -> str:
    """The template with the colour's word, its article right."""
    if colour is None:
        return template.replace("{c} ", "")
    word = dice.choice(COLOUR_WORDS[colour]) if colour in COLOUR_WORDS else colour
    text = template.replace("{c}", word)
    return text.replace(f"a {word}", f"an {word}") if word == "orange" else text
