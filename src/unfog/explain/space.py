"""The space of colours as a cube, and pixels that walk through it, seen from the side.

A colour is a point (red, green, blue) in [-1, 1]^3; red runs to the right, green into the depth, blue up. Seen with
yaw y and pitch p, at ``unit`` pixels per 1 round the middle of the sheet:

    u = red cos y - green sin y        d = red sin y + green cos y
    across = u                         up = blue cos p + d sin p

The same four lines stand in ``assets/explain/page.js``, which turns the drawing; every mark carries its points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product

from unfog.explain.drawing import Dot, Drawing, Mark, Path, Point, Spot, Words, svg
from unfog.explain.page import controls

WIDTH, HEIGHT = 560, 470
FOOT = 25  # height of a line of the legend
YAW, PITCH = -0.62, 0.42
INSIDE = 0.93  # share of the steps that are nearer than the edge of the sheet
LEAST = 0.32  # least brightness (0..1) of an arrow on the dark sheet
CORNERS: dict[Spot, str] = {
    (1, -1, -1): "red",
    (-1, 1, -1): "green",
    (-1, -1, 1): "blue",
    (1, 1, 1): "white",
    (-1, -1, -1): "black",
}


@dataclass(frozen=True)
class Walk:
    """The colours of one pixel from the picture to noise, in order; ``pull``: where it would be without chance."""

    name: str
    spots: tuple[Spot, ...]
    pull: tuple[Spot, ...]


def view(walks: Sequence[Walk], height: float) -> tuple[float, float]:
    """Pixels per 1, and where on the sheet the middle of the cube lies from the top.

    The cube and nearly all steps (``INSIDE``) fit whichever way it is turned.
    """
    far = sorted(math.dist(spot, (0, 0, 0)) for walk in walks for spot in walk.spots)
    return (height / 2 - 14) / max(far[int(INSIDE * (len(far) - 1))], math.sqrt(3) + 0.1), height / 2


def seen(spot: Spot, unit: float, middle: float) -> Point:
    """Where a point of the space lies on the sheet (see the module docstring)."""
    red, green, blue = spot
    across = red * math.cos(YAW) - green * math.sin(YAW)
    depth = red * math.sin(YAW) + green * math.cos(YAW)
    return WIDTH / 2 + unit * across, middle - unit * (blue * math.cos(PITCH) + depth * math.sin(PITCH))


def hexadecimal(spot: Spot, least: float = 0.0) -> str:
    """The colour on a screen; one darker than ``least`` is mixed with white until it can be seen on black."""
    rgb = [min(max((c + 1) / 2, 0.0), 1.0) for c in spot]
    bright = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
    white = max(0.0, (least - bright) / (1 - bright)) if bright < 1 else 0.0
    return "#" + "".join(f"{round(255 * (c + (1 - c) * white)):02x}" for c in rgb)


def walk_drawing(walks: Sequence[Walk], alt: str) -> Drawing:
    """The cube, and of every walk an arrow per step; on a dark sheet, on which colours glow.

    Args:
        walks: at least one, all of the same length of at least 2.
        alt: what is seen.
    """
    unit, middle = view(walks, HEIGHT)

    def flat(*spots: Spot) -> tuple[Point, ...]:
        return tuple(seen(spot, unit, middle) for spot in spots)

    marks = cube(flat)
    for number, walk in enumerate(walks, 1):
        marks.append(Path(flat(*walk.pull), "soft", 1.4, dashed=True, space=walk.pull))
        last = len(walk.spots) - 1
        for k in range(last):
            ends = walk.spots[k], walk.spots[k + 1]
            colour = hexadecimal(ends[0], LEAST)
            marks.append(Path(flat(*ends), colour, 2.4, arrow=True, space=ends, step=k + 1))
        start = walk.spots[0]
        marks.append(Dot(flat(start)[0], hexadecimal(start), 8.0, space=(start,)))
        (x, y) = flat(start)[0]
        marks.append(Words((x + 12, y - 8), str(number), "ink", 20, space=(start,)))
    for number, walk in enumerate(walks):
        marks.append(Words((18, HEIGHT + FOOT * (number + 0.6)), f"{number + 1}   {walk.name}", "ink", 18))
    return Drawing(WIDTH, HEIGHT + FOOT * (len(walks) + 0.4), tuple(marks), alt, dark=True)


def turnable(walks: Sequence[Walk], labels: Sequence[str], alt: str, *, start: int) -> str:
    """The drawing of ``walk_drawing`` for a page, which turns it with mouse, finger or arrow keys and walks with it.

    Args:
        walks: as there.
        labels: what is said of every spot of a walk, the first included.
        alt: what is seen.
        start: how many steps are shown at first.
    """
    unit, middle = view(walks, HEIGHT)
    data = {"unit": unit, "middle": middle, "across": WIDTH / 2, "yaw": YAW, "pitch": PITCH}
    said = "".join(f' data-{name}="{value:.4f}"' for name, value in data.items())
    hidden = "".join(f"<li>{escape(label)}</li>" for label in labels)
    last = len(labels) - 1
    return (
        f'<div class="space"{said}><div class="turn" tabindex="0" role="group"'
        ' aria-label="Colour space; the arrow keys turn it">'
        f"{svg(walk_drawing(walks, alt))}</div>"
        f'<ol class="labels" hidden>{hidden}</ol>{controls("Steps of the walk", last, start)}</div>'
    )


def cube(flat: Callable[..., tuple[Point, ...]]) -> list[Mark]:
    """Edges and corners of the colours that a screen can show, each corner in its colour, and its grey middle."""
    ends = (-1.0, 1.0)
    corners = list(product(ends, ends, ends))
    out = list[Mark]()
    for a, b in product(corners, corners):
        if a < b and sum(p != q for p, q in zip(a, b, strict=True)) == 1:
            out.append(Path(flat(a, b), "line", 1.3, space=(a, b)))
    for corner in corners:
        (at,) = flat(corner)
        out.append(Dot(at, hexadecimal(corner), 4.5, space=(corner,)))
        if (name := CORNERS.get(corner)) is not None:
            out.append(Words((at[0] + 9, at[1] + 17), name, "soft", 16, space=(corner,)))
    middle = (0.0, 0.0, 0.0)
    out.append(Dot(flat(middle)[0], hexadecimal(middle), 4.5, space=(middle,)))
    return out
