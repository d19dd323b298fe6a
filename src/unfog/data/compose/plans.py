"""The plans a scene can follow: each draws its things and gives them places.

A plan returns groups, links between them, a named place if it used one, and the backdrops on which all of it can be
seen. ``None`` means that chance found nothing that fits; the caller draws again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from unfog.data.compose.attach import attached, available
from unfog.data.compose.backdrops import BACKDROPS
from unfog.data.compose.boxes import (
    DRIFT,
    EXTENT,
    GAP,
    INNER,
    PLACED_MOST,
    PLACES,
    along,
    at_place,
    extents,
    grid,
    near,
)
from unfog.data.compose.pick import weighted
from unfog.data.compose.scene import Ground, Group, Link, Relation, Size
from unfog.data.compose.stage import Stage, Thing
from unfog.util.random import Dice

SIDES: tuple[Relation, ...] = ("left of", "right of", "above", "below")
ALONE: dict[Size, float] = {"tiny": 0.1, "small": 0.15, "medium": 0.25, "big": 0.3, "giant": 0.2}
ALONE_EXTENT = 0.875  # 56 pixels of 64: whole cells of 4 pixels stay free around it
PLACED: tuple[Size, ...] = ("tiny", "small", "medium")
TWO: tuple[tuple[Size, Size], ...] = (  # either way round; two medium ones fill the picture best
    ("medium", "medium"),
    ("medium", "medium"),
    ("medium", "medium"),
    ("big", "small"),
    ("big", "small"),
    ("big", "tiny"),
    ("big", "medium"),
    ("medium", "small"),
    ("medium", "small"),
    ("medium", "tiny"),
    ("small", "small"),
    ("tiny", "small"),
    ("tiny", "tiny"),
)
THREE: tuple[Size, ...] = ("small", "small", "small", "tiny")
CROWDS = ((1, 2), (2, 1), (1, 3), (3, 1), (2, 2), (2, 3), (3, 2), (3, 3))
ROOM = {  # of containers: side of the largest upright square inside, centred at the second number below the middle
    "circle": (0.68, 0.0),
    "square": (0.80, 0.0),
    "ring": (0.31, 0.0),
    "hexagon": (0.60, 0.0),
    "heart": (0.48, -0.06),
    "diamond": (0.42, 0.0),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan made."""

    groups: tuple[Group, ...]
    links: tuple[Link, ...] = ()
    place: tuple[str, str] | None = None
    fits: int = -1


def bare(stage: Stage) -> Plan | None:
    """One thing, upright, in the middle, always as large: a name alone then has one answer, and is learned first."""
    thing = stage.sprite() if stage.shapes < 1 else stage.shape()
    return thing and Plan((thing.group(ALONE_EXTENT, [(0.5, 0.5)]),), fits=thing.fits)


def one(stage: Stage) -> Plan | None:
    """One thing of any size, perhaps turned, in another colour, or at a named place."""
    dice = stage.dice
    thing = stage.sprite(recolour=0.4, turn=0.3) if stage.shapes < 1 else stage.shape(turn=0.15)
    if thing is None:
        return None
    place = dice.choice(PLACES) if dice.chance(0.4) else None
    low, high = EXTENT[dice.choice(PLACED) if place else weighted(dice, ALONE)]
    most = (PLACED_MOST if place else INNER) / thing.bulk
    extent = min(dice.uniform(low, high), most)
    wide = extent * thing.bulk
    centre = at_place(dice, wide, place) if place else (near(dice, wide), near(dice, wide))
    return Plan((thing.group(extent, [centre]),), place=place, fits=thing.fits)


def pair(stage: Stage) -> Plan | None:
    """Two things side by side, or one above the other."""
    dice = stage.dice
    first = stage.either(turn=0.1)
    second = stage.either(turn=0.1, beside=[first])
    side, places = dice.choice(SIDES), stage.places()
    sizes = places.choice(TWO) if places is dice else TWO[0]
    if dice.chance(0.5):
        sizes = (sizes[1], sizes[0])
    return _lined(places, [first, second], sizes, side)


def row(stage: Stage) -> Plan | None:
    """Three different things in a row or a column."""
    places = stage.places()
    return _lined(places, _three(stage), [places.choice(THREE) for _ in range(3)], stage.dice.choice(SIDES))


def between(stage: Stage) -> Plan | None:
    """One thing between two others; it is the first group."""
    places, things = stage.places(), _three(stage)
    plan = _lined(places, things, [places.choice(THREE) for _ in range(3)], stage.dice.choice(SIDES))
    if plan is None:
        return None
    left, middle, right = plan.groups
    return Plan((middle, left, right), (Link("between", (0, 1, 2)),), fits=plan.fits)


def _three(stage: Stage) -> list[Thing]:
    things = [stage.either()]
    things.append(stage.either(beside=things))
    things.append(stage.either(beside=things))
    return things


def _lined(dice: Dice, things: list[Thing], sizes: list[Size] | tuple[Size, ...], side: Relation) -> Plan | None:
    """Things in a line, the first the farthest to the ``side``; every one is linked to the next."""
    room = INNER - GAP * (len(things) - 1)
    long = extents(dice, sizes, [t.bulk for t in things], room)
    if long is None:
        return None
    wide = [e * t.bulk for e, t in zip(long, things, strict=True)]
    order = range(len(things)) if side in ("left of", "above") else range(len(things))[::-1]
    centres = along(dice, [wide[k] for k in order])
    at = dict(zip(order, centres, strict=True))
    drift = min(DRIFT, 0.2 * min(b - a for a, b in pairwise(centres)))
    cross = [near(dice, w, drift=drift) for w in wide]
    level = side in ("left of", "right of")
    groups = tuple(
        thing.group(long[k], [(at[k], cross[k]) if level else (cross[k], at[k])]) for k, thing in enumerate(things)
    )
    links = tuple(Link(side, (k, k + 1)) for k in range(len(things) - 1))
    return Plan(groups, links, fits=_all(things))


def crowd(stage: Stage) -> Plan | None:
    """Two groups of one to three equal things, each a stack across the line that joins them."""
    dice, side, counts = stage.dice, stage.dice.choice(SIDES), stage.dice.choice(CROWDS)
    first = stage.either()
    things = [first, stage.either(beside=[first])]
    sizes: list[Size] = ["small" if n == 3 else dice.choice(("small", "medium")) for n in counts]
    long = extents(dice, sizes, [1.0, 1.0], INNER - GAP)
    if long is None:
        return None
    tall = [(INNER - GAP * (n - 1)) / n for n in counts]
    long = [min(e, t) for e, t in zip(long, tall, strict=True)]
    order = [0, 1] if side in ("left of", "above") else [1, 0]
    centres = along(dice, [long[k] for k in order])
    at = dict(zip(order, centres, strict=True))
    stacks = [along(dice, [e] * n, loose=0.08) for e, n in zip(long, counts, strict=True)]
    level = side in ("left of", "right of")
    groups = tuple(
        thing.group(long[k], [(at[k], c) if level else (c, at[k]) for c in stacks[k]]) for k, thing in enumerate(things)
    )
    return Plan(groups, (Link(side, (0, 1)),), fits=_all(things))


def inside(stage: Stage) -> Plan | None:
    """A small thing inside a large shape; the shape is painted first."""
    dice = stage.dice
    outer = stage.shape()
    if outer.shape not in ROOM:
        outer.shape = dice.choice(tuple(ROOM))
    assert outer.colour is not None
    on = -1 if outer.shape == "ring" else 1 << BACKDROPS.index(Ground("plain", outer.colour))
    inner = stage.either(beside=[outer], on=on)
    share, lift = ROOM[outer.shape]
    large = dice.uniform(0.80, 0.94)
    most = large * share / inner.bulk
    low = EXTENT["tiny"][0]
    if most < low:
        return None
    small = dice.uniform(max(low, 0.65 * most), most)
    x, y = near(dice, large), near(dice, large)
    loose = (most - small) / 2
    centre = (x + dice.uniform(-loose, loose), y + lift * large + dice.uniform(-loose, loose))
    fits = outer.fits & inner.fits if outer.shape == "ring" else outer.fits
    return Plan((outer.group(large, [(x, y)]), inner.group(small, [centre])), (Link("inside", (1, 0)),), fits=fits)


def belonging(stage: Stage) -> Plan | None:
    """An owner and what it wears, holds, rides or stands beside."""
    ways = available(stage.cast)
    made = attached(stage, stage.dice.choice(ways)) if ways else None
    if made is None:
        return None
    groups, links, things = made
    return Plan(groups, links, fits=_all(things))


def company(stage: Stage) -> Plan | None:
    """An owner that wears something, and a third thing beside it."""
    ways = available(stage.cast, worn=True)
    made = attached(stage, stage.dice.choice(ways), company=True) if ways else None
    if made is None:
        return None
    groups, links, things = made
    return Plan(groups, links, fits=_all(things))


def count(stage: Stage) -> Plan | None:
    """Two to six equal things."""
    thing = stage.either(turn=0.05)
    n = stage.dice.integer(2, 6)
    found = grid(stage.places(), n, thing.bulk)
    return found and Plan((thing.group(*found),), fits=thing.fits)


def ground(stage: Stage) -> Plan | None:
    """Nothing at all on a ground."""
    return Plan(())


def _all(things: list[Thing]) -> int:
    fits = -1
    for thing in things:
        fits &= thing.fits
    return fits


PLANS: dict[str, Callable[[Stage], Plan | None]] = {
    f.__name__: f for f in (bare, one, pair, row, between, crowd, inside, belonging, company, count, ground)
}
