"""Facts as a list with commas, as people type tags."""

from __future__ import annotations

from dataclasses import replace

from unfog.data.compose.facts import Facts
from unfog.data.compose.phrase import adjectives, coloured, noun_phrase
from unfog.data.compose.scene import Link
from unfog.data.compose.words import EMPTY, GROUND_TAGS, TAGGED
from unfog.util.random import Dice


def tag_list(facts: Facts, hand: str | None, dice: Dice) -> str:
    """The same facts as a list with commas."""
    groups = facts.groups if hand is None else tuple([replace(f, style=None) for f in facts.groups])
    more: list[str] = []
    if len(groups) == 1 and groups[0].count == 1:
        fact, apart = groups[0], dice.chance(0.5)
        things = [noun_phrase(replace(fact, size=None, turn=None, colour=None) if apart else fact, dice, bare=True)]
        if apart:
            more += adjectives(replace(fact, style=None), dice, turned=True)
        if fact.place is not None:
            more.append(_place_tag(fact.place))
    else:
        said = [noun_phrase(f, dice, bare=True) for f in groups]
        things = [_link_tag(link, said) for link in facts.links] or said
    if facts.ground is not None:
        words = GROUND_TAGS[facts.ground] if groups else EMPTY[facts.ground]
        more.append(coloured(dice.choice(words), facts.ground_colour, dice))
    if facts.style is not None:
        more.append(facts.style if dice.chance(0.6) else f"{facts.style} style")
    if hand is not None:
        more.append(f"{hand} style" if dice.chance(0.7) else hand)
    pieces = things + dice.shuffled(more) if dice.chance(0.7) else dice.shuffled(things + more)
    return ", ".join(pieces)


def _link_tag(link: Link, said: list[str]) -> str:
    a, b = said[link.of[0]], said[link.of[1]]
    if link.relation == "between":
        return f"{a} between {b} and {said[link.of[2]]}"
    return f"{a} {TAGGED[link.relation]} {b}"


def _place_tag(place: tuple[str, str]) -> str:
    return "center" if place == ("middle", "center") else " ".join(w for w in place if w not in ("middle", "center"))
