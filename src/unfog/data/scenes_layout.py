"""Procedural scenes as plain data, and how one is drawn: contents first, then a layout without overlap.

A scene is a background and one or two groups of equal objects (count x colour, shape, size). Lengths are in units of
1/32 of the picture's side, origin at the top left corner, y down. Every object keeps ``BORDER`` units from the edge
and ``GAP`` units between bounding boxes. Two groups stand in two columns (left/right) or two rows (above/below) whose
bounding boxes are at least ``GAP`` apart; inside its column or row a group is a stack.

The mixture is 20 % one object, 35 % two single objects in a relation, 45 % counts (a third of them inside a relation).
Colours, shapes, counts, relations and place words are drawn uniformly, so every marginal is balanced and a rare
attribute does not dominate training time (Okawa et al. 2023, arXiv:2310.09336).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unfog.data.scenes_palette import BACKGROUNDS, COLOURS, Kind, allowed
from unfog.util.random import Dice

SHAPES = ("circle", "square", "triangle", "star", "heart", "cross", "ring", "diamond")
Size = Literal["small", "medium", "large"]
Relation = Literal["left of", "right of", "above", "below"]
Part = Literal["one", "two", "count", "crowd"]  # crowd: counts inside a relation

DIAMETER: dict[Size, tuple[float, float]] = {"small": (7.6, 9.2), "medium": (10.5, 12.5), "large": (14.5, 18.0)}
RELATIONS: tuple[Relation, ...] = ("left of", "right of", "above", "below")
INVERSE: dict[Relation, Relation] = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "center", "right")
PLACES = tuple((row, column) for row in ROWS for column in COLUMNS)
SIDE, BORDER, GAP = 32.0, 2.0, 2.0
INNER = SIDE - 2 * BORDER
WOBBLE = 5.0  # largest change of one sRGB channel (0..255) by which an object's colour leaves the palette


@dataclass(frozen=True)
class Background:
    """``plain``, ``gradient`` (top to bottom), ``striped`` (upright or level) or ``checkered``, in a colour's tones."""

    kind: Kind
    colour: str
    upright: bool = True
    wobble: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Group:
    """Equal objects.

    Attributes:
        centres: middle of each object's bounding box, ``(x, y)`` in 1/32 of the side.
        diameter: side of the bounding box of a shape that fills it, in 1/32 of the side.
        wobble: difference of the objects' sRGB colour (0..255) from the palette.
    """

    colour: str
    shape: str
    size: Size
    centres: tuple[tuple[float, float], ...]
    diameter: float
    wobble: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def count(self) -> int:
        return len(self.centres)


@dataclass(frozen=True)
class Scene:
    """A background and one group (perhaps at a named place) or two (``groups[0]`` is ``relation`` ``groups[1]``)."""

    background: Background
    groups: tuple[Group, ...]
    relation: Relation | None = None
    place: tuple[str, str] | None = None


def draw_scene(dice: Dice, part: Part | None = None) -> Scene:
    """A scene from a stream of random numbers; ``part`` fixes which part of the mixture it comes from."""
    if part is None:
        u = dice.uniform()
        part = "one" if u < 0.2 else "two" if u < 0.55 else "count" if u < 0.85 else "crowd"
    sizes: list[Size]
    relation, place = None, None
    if part == "one":
        place = dice.choice(PLACES) if dice.chance(0.5) else None
        sizes = [_size(dice, large=place is None or place == ("middle", "center"))]
        layouts = [_single(dice, sizes[0], place)]
    elif part == "count":
        count = dice.integer(2, 4)
        sizes, layouts = _scatter(dice, count)
    else:
        relation = dice.choice(RELATIONS)
        counts = dice.choice(
            ((1, 2), (2, 1), (1, 3), (3, 1), (2, 2), (2, 3), (3, 2), (3, 3)) if part == "crowd" else ((1, 1),)
        )
        sizes, layouts = _related(dice, relation, counts)
    looks = [(dice.choice(COLOURS), dice.choice(SHAPES)) for _ in sizes]
    while len(set(looks)) < len(looks):
        looks[-1] = (dice.choice(COLOURS), dice.choice(SHAPES))
    groups = tuple(
        Group(colour, shape, size, centres, diameter, _wobble(dice, colour))
        for (colour, shape), size, (diameter, centres) in zip(looks, sizes, layouts, strict=True)
    )
    return Scene(_background(dice, {colour for colour, _ in looks}), groups, relation, place)


def _background(dice: Dice, colours: set[str]) -> Background:
    """White with probability 0.4, else plain, gradient, striped or checkered; far enough from every object's colour."""
    white, others = BACKGROUNDS.index(("plain", "white")), [b for b in BACKGROUNDS if b != ("plain", "white")]
    kind, colour = BACKGROUNDS[white]
    if not dice.chance(0.4) or "white" in colours:
        u = dice.uniform()
        wanted = "plain" if u < 0.5 else "gradient" if u < 0.667 else "striped" if u < 0.833 else "checkered"
        fitting = [b for b in others if b[0] == wanted and colours <= allowed(*b)]
        kind, colour = dice.choice(fitting or [b for b in others if b[0] == "plain" and colours <= allowed(*b)])
    return Background(kind, colour, dice.chance(0.5), _wobble(dice, colour))


def _wobble(dice: Dice, colour: str) -> tuple[float, float, float]:
    if colour in ("white", "black"):
        return (0.0, 0.0, 0.0)
    return (dice.uniform(-WOBBLE, WOBBLE), dice.uniform(-WOBBLE, WOBBLE), dice.uniform(-WOBBLE, WOBBLE))


def _size(dice: Dice, *, large: bool) -> Size:
    u = dice.uniform()
    if large:
        return "small" if u < 0.3 else "medium" if u < 0.65 else "large"
    return "small" if u < 0.45 else "medium"


def _single(dice: Dice, size: Size, place: tuple[str, str] | None) -> tuple[float, tuple[tuple[float, float], ...]]:
    """One object: near the middle, or at its named place; diameter and centre."""
    diameter = dice.uniform(*DIAMETER[size])
    if place is None:
        return diameter, ((16 + dice.uniform(-4, 4), 16 + dice.uniform(-4, 4)),)
    edge = BORDER + diameter / 2
    ranges = {"middle": (14.5, 17.5), "top": (edge, edge + 1.7), "bottom": (SIDE - edge - 1.7, SIDE - edge)}
    ranges |= {"center": ranges["middle"], "left": ranges["top"], "right": ranges["bottom"]}
    row, column = place
    return diameter, ((dice.uniform(*ranges[column]), dice.uniform(*ranges[row])),)


def _stack(dice: Dice, count: int, diameter: float) -> list[float]:
    """Centres of ``count`` objects along one axis, evenly spaced, near the middle."""
    spare = INNER - count * diameter - (count - 1) * GAP
    pitch = diameter + GAP + (min(spare / (count - 1), 4.0) * dice.uniform() if count > 1 else 0.0)
    slack = (INNER - (count - 1) * pitch - diameter) / 2
    middle = 16 + dice.uniform(-1, 1) * min(slack, 2.5)
    return [middle + (k - (count - 1) / 2) * pitch for k in range(count)]


def _scatter(dice: Dice, count: int) -> tuple[list[Size], list[tuple[float, tuple[tuple[float, float], ...]]]]:
    """One group of 2..4 objects: a row, a column, or on the corners of a box (two: a diagonal, three: a triangle)."""
    form = "box" if count == 4 else dice.choice(("row", "column", "box"))
    size: Size = "small" if (count == 3 and form != "box") or dice.chance(0.5) else "medium"
    low, high = DIAMETER[size]
    diameter = dice.uniform(low, 8.0 if count == 3 and form != "box" else high)
    if form != "box":
        along, across = _stack(dice, count, diameter), 16 + dice.uniform(-3, 3)
        return [size], [(diameter, tuple((a, across) if form == "row" else (across, a) for a in along))]
    (left, right), (top, bottom) = _stack(dice, 2, diameter), _stack(dice, 2, diameter)
    middle, corners = (left + right) / 2, ((left, top), (right, bottom), (right, top), (left, bottom))
    if count == 4:
        return [size], [(diameter, corners)]
    if count == 3:
        peak = dice.chance(0.5)
        return [size], [
            (diameter, ((middle, top if peak else bottom), *((x, bottom if peak else top) for x in (left, right))))
        ]
    return [size], [(diameter, corners[:2] if dice.chance(0.5) else corners[2:])]


def _related(
    dice: Dice, relation: Relation, counts: tuple[int, int]
) -> tuple[list[Size], list[tuple[float, tuple[tuple[float, float], ...]]]]:
    """Two groups in two columns (left, right) or two rows (above, below), each a stack along its column or row."""
    sizes: list[Size] = ["small" if n == 3 else _size(dice, large=n == 1) for n in counts]
    if sizes == ["large", "large"]:
        sizes[dice.integer(0, 1)] = "medium" if dice.chance(0.5) else "small"
    spans = [(DIAMETER[s][0], 8.0 if n == 3 else DIAMETER[s][1]) for s, n in zip(sizes, counts, strict=True)]
    room = INNER - GAP - sum(low for low, _ in spans)  # what both diameters may grow by together
    grow = [dice.uniform(0, high - low) for low, high in spans]
    squeeze = min(1.0, room / sum(grow))
    diameters = [low + g * squeeze for (low, _), g in zip(spans, grow, strict=True)]
    order = (0, 1) if relation in ("left of", "above") else (1, 0)
    spare = INNER - GAP - sum(diameters)
    offsets = [min(spare / 2, 4.0) * dice.uniform() for _ in counts]
    centre = [0.0, 0.0]
    centre[order[0]] = BORDER + diameters[order[0]] / 2 + offsets[0]
    centre[order[1]] = SIDE - BORDER - diameters[order[1]] / 2 - offsets[1]
    stacks = [_stack(dice, n, d) for n, d in zip(counts, diameters, strict=True)]
    level = relation in ("left of", "right of")
    layouts = [
        (d, tuple((c, a) if level else (a, c) for a in stack))
        for d, c, stack in zip(diameters, centre, stacks, strict=True)
    ]
    return sizes, layouts
