"""English captions of procedural scenes, and the facts each caption states.

A caption is drawn from a small grammar: the order of the clauses, the phrase of each relation and place, number words
or digits, big/large, grey/gray, and which clauses are left out. What is left out is not among the facts, so a picture
is graded only on what its caption says. ``Wording`` holds the probabilities; ``FULL`` leaves nothing out that names
an object, which is what evaluation prompts need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from unfog.data.scenes_layout import INVERSE, Group, Relation, Scene
from unfog.util.random import Dice

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
PLURALS = {"cross": "crosses", "shape": "shapes"}
WITHIN: dict[Relation, tuple[str, ...]] = {
    "left of": ("to the left of", "to the left of", "left of", "on the left of"),
    "right of": ("to the right of", "to the right of", "right of", "on the right of"),
    "above": ("above", "above", "over"),
    "below": ("below", "below", "under", "beneath"),
}
BESIDE: dict[Relation, tuple[str, str]] = {  # where the second group stands, seen from one object, from several
    "left of": ("to its right", "to their right"),
    "right of": ("to its left", "to their left"),
    "above": ("below it", "below them"),
    "below": ("above it", "above them"),
}
SIDES: dict[Relation, tuple[str, str]] = {
    "left of": ("on the left", "on the right"),
    "right of": ("on the right", "on the left"),
    "above": ("at the top", "at the bottom"),
    "below": ("at the bottom", "at the top"),
}
READING = ("left of", "above")  # how the first group stands to the second in reading order
HIGH = {"top": ("top", "top", "upper"), "bottom": ("bottom", "bottom", "lower")}


@dataclass(frozen=True)
class GroupFact:
    """What a caption says about one group; ``None`` where it says nothing. ``place`` is (row, column)."""

    count: int
    colour: str | None = None
    shape: str | None = None
    size: str | None = None
    place: tuple[str, str] | None = None


@dataclass(frozen=True)
class Facts:
    """What a caption says: groups in order, how the first stands to the second, the background's kind and colour."""

    groups: tuple[GroupFact, ...]
    relation: Relation | None = None
    kind: str | None = None
    ground: str | None = None


@dataclass(frozen=True)
class Wording:
    """Probabilities with which a caption names things and varies its style.

    ``reading``: that two groups are told in reading order (left to right, top to bottom). Most captions do, as most
    people do; while every order is equally likely, nothing but relation word and order together says what stands
    where, and a model finds it late (docs/LOG.md). ``within`` and ``sides``: that a relation is put as "A above B"
    or as "A at the top and B at the bottom"; the rest is "A with B below it".
    """

    colour: float = 0.96
    shape: float = 0.97
    size: float = 0.75
    place: float = 0.85
    relation: float = 0.88
    reading: float = 0.75
    within: float = 0.5
    sides: float = 0.33
    white: float = 0.35
    ground: float = 0.9
    tags: float = 0.08
    loose: float = 0.1  # a leading "a picture of", a capital, a full stop: each with this probability


FULL = Wording(
    colour=1, shape=1, size=1, place=1, relation=1, white=1, ground=1, tags=0, loose=0,
    reading=0.5, within=0.66, sides=0.17,
)  # fmt: skip
BARE = replace(FULL, size=0, place=0, white=0, ground=0)


def caption(scene: Scene, dice: Dice, wording: Wording = Wording()) -> tuple[str, Facts]:
    """A caption of the scene and exactly the facts it states."""
    alike = len(scene.groups) == 2 and (
        scene.groups[0].shape == scene.groups[1].shape or scene.groups[0].colour == scene.groups[1].colour
    )
    groups, relation = scene.groups, scene.relation
    if relation is not None and dice.chance(1 - wording.reading if relation in READING else wording.reading):
        groups, relation = groups[::-1], INVERSE[relation]
    facts = [_fact(g, dice, wording, sure=alike) for g in groups]
    tags = dice.chance(wording.tags)
    phrases = [_noun(f, dice, bare=tags) for f in facts]
    if relation is not None and not dice.chance(wording.relation):
        relation = None
    text = phrases[0]
    if len(phrases) == 2:
        text = _joined(phrases, facts, relation, dice, wording, tags=tags)
    if scene.place is not None and dice.chance(wording.place):
        facts = [GroupFact(facts[0].count, facts[0].colour, facts[0].shape, facts[0].size, scene.place)]
        text = f"{text}{',' if tags else ''} {where(scene.place, dice)}"
    ground, kind, colour = _ground(scene, dice, wording, tags=tags)
    text = _styled(text + ground, dice, wording, tags=tags)
    return text, Facts(tuple(facts), relation, kind, colour)


def _fact(group: Group, dice: Dice, wording: Wording, *, sure: bool) -> GroupFact:
    """What to say about a group; ``sure`` when leaving out colour or shape would make the groups hard to tell apart."""
    shape = group.shape if sure or dice.chance(wording.shape) else None
    colour = group.colour if sure or shape is None or dice.chance(wording.colour) else None
    size = group.size if group.size != "medium" and dice.chance(wording.size) else None
    return GroupFact(group.count, colour, shape, size)


def _noun(fact: GroupFact, dice: Dice, *, bare: bool) -> str:
    """``a small red circle``, ``two green stars``, ``3 big hearts``; without article when ``bare``."""
    words = []
    if fact.size is not None:
        words.append(dice.choice(("small", "little") if fact.size == "small" else ("large", "big")))
    if fact.colour is not None:
        words.append("grey" if fact.colour == "gray" and dice.chance(0.4) else fact.colour)
    name = fact.shape or "shape"
    words.append(name if fact.count == 1 else PLURALS.get(name, name + "s"))
    text = " ".join(words)
    if fact.count > 1:
        return f"{fact.count if dice.chance(0.15) else NUMBERS[fact.count]} {text}"
    if bare:
        return text
    return f"one {text}" if dice.chance(0.06) else f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def _joined(
    phrases: list[str], facts: list[GroupFact], relation: Relation | None, dice: Dice, wording: Wording, *, tags: bool
) -> str:
    """Two noun phrases in one."""
    first, second = phrases
    if relation is None:
        return f"{first}, {second}" if tags else f"{first} and {second}"
    if tags:
        return f"{first} {relation} {second}"
    u = dice.uniform()
    if u < wording.within:
        return f"{first} {dice.choice(WITHIN[relation])} {second}"
    if u < 1 - wording.sides:
        return f"{first} with {second} {BESIDE[relation][facts[0].count > 1]}"
    here, there = SIDES[relation]
    return f"{first} {here} and {second} {there}"


def where(place: tuple[str, str], dice: Dice) -> str:
    """``in the upper left corner``: one of nine places, (row, column), in words."""
    row, column = place
    if place == ("middle", "center"):
        return dice.choice(("in the center", "in the middle", "in the centre"))
    if row == "middle":
        return dice.choice((f"on the {column}", f"at the {column}"))
    high = dice.choice(HIGH[row])
    if column == "center":
        return f"at the {row}"
    return dice.choice((f"in the {high} {column}", f"in the {high} {column} corner", f"at the {high} {column}"))


def _ground(scene: Scene, dice: Dice, wording: Wording, *, tags: bool) -> tuple[str, str | None, str | None]:
    """The clause about the background (perhaps empty), and the kind and colour it states."""
    kind, colour = scene.background.kind, scene.background.colour
    white = (kind, colour) == ("plain", "white")
    if not dice.chance(wording.white if white else wording.ground):
        return "", None, None
    named = kind == "plain" or dice.chance(0.75)
    word = ("grey " if colour == "gray" and dice.chance(0.4) else f"{colour} ") if named else ""
    what = word if kind == "plain" else f"{word}{kind} "
    article = "an" if what[0] in "aeiou" else "a"
    if tags:
        text = f", {what}background"
    elif kind == "plain" and dice.chance(0.2):
        text = f" on {what.strip()}"
    else:
        text = f" {dice.choice(('on', 'on', 'on', 'against', 'with'))} {article} {what}background"
    return text, kind, colour if named else None


def _styled(text: str, dice: Dice, wording: Wording, *, tags: bool) -> str:
    if dice.chance(wording.loose) and not tags:
        text = dice.choice(("a picture of ", "an image of ", "a drawing of ", "there is ")) + text
        text = text.replace("there is", "there are") if text.startswith("there is") and _several(text) else text
    if dice.chance(wording.loose):
        text = text[0].upper() + text[1:]
    return text + "." if dice.chance(wording.loose) else text


def _several(text: str) -> bool:
    return text.split()[2] in {*NUMBERS.values(), "2", "3", "4"} - {"one"}
