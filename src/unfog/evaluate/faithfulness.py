"""Does a picture show what its prompt says? Every stated fact is held against what the parser read in the picture.

Facts are count, colour, shape, size, place, relation and background; what a prompt leaves out is not graded. Counts are
exact: an object more is as wrong as one less. Each object belongs to the group of the prompt with which it has most
attributes in common (if it has equally many with two, whichever makes more facts true), and the attributes of a group
are graded on its best objects, so a superfluous object spoils the count and nothing else.

Shares come with Wilson's score interval (Wilson, JASA 22, 1927), which is honest near 0 and 1 where the usual
``p +- 1.96 sqrt(p (1 - p) / n)`` is not:

    (p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n),      z = 1.96
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product

from unfog.data.scenes_caption import Facts, GroupFact
from unfog.data.scenes_layout import COLUMNS, ROWS, Relation
from unfog.evaluate.parser import Parse, Seen

Z = 1.959964  # two-sided 95 %
MOST = 7  # objects that are shared out; scenes have up to 6, and more is wrong anyway
DEAD_ZONE = 2.0  # in 1/32 of the side: closer centres stand in no relation
LEANING = 0.5  # least part of the distance along the relation's axis: within 60 degrees of it
THIRDS = (12.0, 20.0)  # limits of left/center/right and top/middle/bottom; scenes keep 2 units from them
Point = tuple[float, float]  # (x, y)
WAYS: dict[Relation, Point] = {
    "left of": (-1.0, 0.0),
    "right of": (1.0, 0.0),
    "above": (0.0, -1.0),
    "below": (0.0, 1.0),
}


@dataclass(frozen=True)
class Grade:
    """Which stated facts are true of a picture; ``None`` where the prompt says nothing."""

    count: bool
    colour: bool | None = None
    shape: bool | None = None
    size: bool | None = None
    place: bool | None = None
    relation: bool | None = None
    background: bool | None = None

    @property
    def stated(self) -> dict[str, bool]:
        """The graded facts by name."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}

    @property
    def true(self) -> list[str]:
        """The names of the facts that are true."""
        return [name for name, value in self.stated.items() if value]

    def without(self, fact: str) -> Grade:
        """The same grade with one fact left out, which is not ``count``."""
        return replace(self, **{fact: None})

    @property
    def all(self) -> bool:
        """Whether every stated fact is true."""
        return all(self.stated.values())


@dataclass(frozen=True)
class Share:
    """``successes`` of ``n`` with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Held:
    """An object held against a group: which of the attributes that the group states it has."""

    seen: Seen
    has: dict[str, bool]

    @property
    def common(self) -> int:
        return sum(self.has.values())


def grade(parse: Parse, facts: Facts) -> Grade:
    """Hold a picture against the facts a prompt states."""
    table = [[Held(seen, agreements(seen, fact)) for fact in facts.groups] for seen in parse.objects[:MOST]]
    owners = [[g for g, held in enumerate(row) if held.common == max(h.common for h in row)] for row in table]
    best, most = Grade(count=False), -1
    for owner in product(*owners):
        members = [[row[g] for row, o in zip(table, owner, strict=True) if o == g] for g in range(len(facts.groups))]
        graded = _shared(members, facts)
        if len(graded.true) > most:
            best, most = graded, len(graded.true)
    background = None
    if facts.kind is not None:
        background = parse.kind == facts.kind and facts.ground in (None, parse.ground)
    return replace(best, count=best.count and len(parse.objects) <= MOST, background=background)


def _shared(members: Sequence[Sequence[Held]], facts: Facts) -> Grade:
    """The grade if objects are shared out among the groups like this."""
    best = [  # sorting is stable: of equally good ones the larger
        sorted(some, key=lambda held: -held.common)[: fact.count]
        for some, fact in zip(members, facts.groups, strict=True)
    ]

    relation = None
    if facts.relation is not None:
        first, second = ([held.seen for held in some] for some in best)
        relation = related(first, second, facts.relation)
    return Grade(
        count=all(len(some) == fact.count for some, fact in zip(members, facts.groups, strict=True)),
        colour=_verdict(best, facts, "colour"),
        shape=_verdict(best, facts, "shape"),
        size=_verdict(best, facts, "size"),
        place=_verdict(best, facts, "place"),
        relation=relation,
    )


def _verdict(best: Sequence[Sequence[Held]], facts: Facts, name: str) -> bool | None:
    """Whether every group that states an attribute has objects, and all of them have it."""
    told = [some for some, fact in zip(best, facts.groups, strict=True) if getattr(fact, name) is not None]
    return all(some and all(held.has[name] for held in some) for some in told) if told else None


def agreements(seen: Seen, fact: GroupFact) -> dict[str, bool]:
    """For every attribute the fact states: is it this object's?"""
    pairs = {
        "colour": (seen.colour, fact.colour),
        "shape": (seen.shape, fact.shape),
        "size": (seen.size, fact.size),
        "place": (place_of(seen.centre), fact.place),
    }
    return {name: has == wanted for name, (has, wanted) in pairs.items() if wanted is not None}


def place_of(centre: Point) -> tuple[str, str]:
    """Row and column of a centre (x, y) in 1/32 of the side."""
    x, y = centre
    return ROWS[bisect(THIRDS, y)], COLUMNS[bisect(THIRDS, x)]


def related(first: Sequence[Seen], second: Sequence[Seen], relation: Relation) -> bool:
    """Whether all of ``first`` lie on that side of all of ``second``, and their middles clearly so."""
    if not first or not second:
        return False
    way = WAYS[relation]
    apart = all(along(way, a.centre, b.centre) > 0 for a in first for b in second)
    a, b = middle(first), middle(second)
    return apart and along(way, a, b) > max(DEAD_ZONE, LEANING * math.dist(a, b))


def along(way: Point, to: Point, start: Point) -> float:
    """How far ``to`` lies from ``start`` in a direction."""
    return (to[0] - start[0]) * way[0] + (to[1] - start[1]) * way[1]


def middle(objects: Sequence[Seen]) -> Point:
    """Mean centre."""
    n = len(objects)
    return sum(o.centre[0] for o in objects) / n, sum(o.centre[1] for o in objects) / n


def wilson(successes: int, n: int) -> Share:
    """A share with Wilson's 95 % score interval.

    Raises:
        ValueError: not ``0 <= successes <= n`` with ``n >= 1``.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"a share needs 0 <= successes <= n and n >= 1, got {successes} of {n}")
    p, spread = successes / n, Z * Z / n
    half = Z * math.sqrt(p * (1 - p) / n + spread / (4 * n))
    low, high = ((p + spread / 2 + way * half) / (1 + spread) for way in (-1, 1))
    return Share(p, max(0.0, min(p, low)), min(1.0, max(p, high)), n)  # at 0 and 1 only rounding can leave the range


def shares(grades: Iterable[Grade]) -> dict[str, Share]:
    """``all`` and every stated fact, each over the pictures whose prompt states it."""
    told = [{"all": g.all} | g.stated for g in grades]
    names = [n for n in ("all", *(f.name for f in fields(Grade))) if any(n in t for t in told)]
    return {n: wilson(sum(t.get(n, False) for t in told), sum(n in t for t in told)) for n in names}
