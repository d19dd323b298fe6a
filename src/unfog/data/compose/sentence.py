"""Facts as one English sentence: style, things and how they stand to each other, ground, in one of several orders."""

from __future__ import annotations

from dataclasses import replace

from unfog.data.compose.facts import Facts, GroupFact
from unfog.data.compose.nouns import noun
from unfog.data.compose.phrase import coloured, noun_phrase
from unfog.data.compose.scene import Link, Relation
from unfog.data.compose.wording import Wording
from unfog.data.compose.words import (
    BESIDE,
    BETWEEN,
    CHAIN,
    EMPTY,
    GROUND_WORDS,
    HAND_LEADS,
    HAND_TAILS,
    LOOSE_LEADS,
    OPPOSITE,
    ORDERS,
    SIDES,
    STYLE_LEADS,
    STYLE_TAILS,
    TO_SIDES,
    WITHIN,
    WORN,
)
from unfog.data.scenes_caption import READING, where
from unfog.util.random import Dice


def sentence(facts: Facts, hand: str | None, dice: Dice, wording: Wording) -> str:
    """One sentence: style, things, ground, in one of several orders."""
    groups, lead, tail = facts.groups, "", ""
    if facts.style is not None:
        if dice.chance(0.5):
            lead = dice.choice(STYLE_LEADS[facts.style])
        else:
            tail = dice.choice(STYLE_TAILS[facts.style])
    if hand is not None and not (len(groups) == 1 and dice.chance(0.4)):  # else it is an adjective
        groups = tuple([replace(f, style=None) for f in groups])
        if not lead and dice.chance(0.25):
            lead = dice.choice(HAND_LEADS).format(s=hand)
        else:
            tail = _joined(dice.choice(HAND_TAILS).format(s=hand), tail)
    ground = ""
    if facts.ground is not None:
        words = GROUND_WORDS[facts.ground] if groups else EMPTY[facts.ground]
        ground = coloured(dice.choice(words), facts.ground_colour, dice)
    text = _things(groups, facts.links, dice, wording)
    if not groups:
        text, ground = ground, ""
    if not lead and dice.chance(wording.loose):
        lead = _loose_lead(groups, dice)
    if lead:
        text = f"{lead} {text}"
    elif ground and wording.varied and dice.chance(0.15):
        text, ground = f"{ground}, {text}", ""
    if ground and tail and tail[0] != "," and dice.chance(0.3):
        ground, tail = tail, ground
    return _joined(_joined(text, ground), tail)


def _loose_lead(groups: tuple[GroupFact, ...], dice: Dice) -> str:
    lead = dice.choice(LOOSE_LEADS)
    return "there are" if lead == "there is" and groups and _many(groups[0]) else lead


def _joined(text: str, more: str) -> str:
    return text + more if more[:1] == "," or not more or not text else f"{text} {more}"


def _many(fact: GroupFact) -> bool:
    """Whether a verb or pronoun for the group is in the plural."""
    return fact.count > 1 or noun(fact.name or "shape").kind == "plural"


def _things(groups: tuple[GroupFact, ...], links: tuple[Link, ...], dice: Dice, wording: Wording) -> str:
    """All noun phrases and how they stand to each other."""
    said = [noun_phrase(f, dice, plain=not wording.varied) for f in groups]
    if len(said) < 2:
        text = "".join(said)
        return f"{text} {where(groups[0].place, dice)}" if said and groups[0].place is not None else text
    if not links:
        said = dice.shuffled(said)
        return f"{', '.join(said[:-1])} and {said[-1]}"
    relation, of = links[0].relation, links[0].of
    if relation == "between":
        b, c = (of[1], of[2]) if dice.chance(0.5) else (of[2], of[1])
        return dice.choice(BETWEEN).format(a=said[of[0]], b=said[b], c=said[c])
    if relation == "wearing" and len(links) == 2:
        return _company(said, groups, links, dice)
    if len(links) == 2:
        return _row(said, relation, dice)
    first, second = of
    if relation in OPPOSITE:
        return _related(said, groups, relation, of, dice, wording)
    return dice.choice(WITHIN[relation]).format(a=said[first], b=said[second])


def _related(
    said: list[str],
    groups: tuple[GroupFact, ...],
    relation: Relation,
    of: tuple[int, ...],
    dice: Dice,
    wording: Wording,
) -> str:
    """Two groups left and right of each other, or one above the other, told from either side."""
    first, second = of
    if dice.chance(1 - wording.reading if relation in READING else wording.reading):
        first, second, relation = second, first, OPPOSITE[relation]
    u = dice.uniform()
    if u < wording.within:
        return dice.choice(WITHIN[relation]).format(a=said[first], b=said[second])
    if u < 1 - wording.sides:
        return f"{said[first]} with {said[second]} {BESIDE[relation][_many(groups[first])]}"
    here, there = SIDES[relation]
    return f"{said[first]} {here} and {said[second]} {there}"


def _company(said: list[str], groups: tuple[GroupFact, ...], links: tuple[Link, ...], dice: Dice) -> str:
    """An owner that wears something, and a third thing ``links[1].relation`` it."""
    owner = dice.choice(WORN).format(a=said[0], b=said[1])
    side = links[1].relation
    if side == "with":
        return f"{owner} {dice.choice(('next to', 'next to', 'beside'))} {said[2]}"
    u = dice.uniform()
    if u < 0.4:
        return f"{owner} with {said[2]} {BESIDE[OPPOSITE[side]][_many(groups[0])]}"
    if u < 0.7:
        return f"{said[2]} {dice.choice(WITHIN[side])[4:-4]} {owner}"
    return f"{owner}, with {said[2]} {TO_SIDES[side]}"


def _row(said: list[str], relation: Relation, dice: Dice) -> str:
    """Three things in a row, each ``relation`` the next; told in the order of reading, or backwards."""
    if relation not in ORDERS:
        said, relation = said[::-1], OPPOSITE[relation]
    templates = (*ORDERS[relation], CHAIN)
    if dice.chance(0.25):
        said, relation, templates = said[::-1], OPPOSITE[relation], (CHAIN,)
    a, b, c = said
    return dice.choice(templates).format(a=a, b=b, c=c, r=WITHIN[relation][dice.integer(0, 1)][4:-4])
