"""Charts: curves and areas over two axes, as drawings (``explain/drawing.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unfog.explain.drawing import Drawing, Mark, Path, Point, Words

WIDTH, HEIGHT = 400, 270
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 42  # around the plot
SIZE = 14.0  # of the letters


@dataclass(frozen=True)
class Curve:
    """A line through (x, y) values, or the area between them and zero; ``name`` stands in the legend, if it is set."""

    points: tuple[Point, ...]
    colour: str
    name: str = ""
    dashed: bool = False
    area: bool = False
    width: float = 2.2


@dataclass(frozen=True)
class Axis:
    """The range of an axis, what it measures, and the values that are marked, with their texts."""

    low: float
    high: float
    name: str
    marks: tuple[tuple[float, str], ...]

    def part(self, value: float) -> float:
        """Where a value lies, 0 at ``low`` and 1 at ``high``; values outside are put on the edge."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)


def chart(curves: Sequence[Curve], x: Axis, y: Axis, alt: str, *, names: bool = True, height: int = HEIGHT) -> Drawing:
    """The curves in their order over a light grid.

    Args:
        curves: at least one; what leaves the range of an axis is drawn along its edge.
        x: the axis that runs to the right.
        y: the axis that runs up.
        alt: what is seen.
        names: draw the legend.
        height: of the drawing.
    """

    def place(point: Point) -> Point:
        across, down = WIDTH - LEFT - RIGHT, height - TOP - BOTTOM
        return LEFT + across * x.part(point[0]), height - BOTTOM - down * y.part(point[1])

    out = list[Mark]()
    for value, text in y.marks:
        ends = place((x.low, value)), place((x.high, value))
        out += [Path(ends, "line", 1.0), Words((LEFT - 7, ends[0][1] + 5), text, "soft", SIZE, "end")]
    for value, text in x.marks:
        at = place((value, y.low))
        anchor = "end" if value == x.high else "start" if value == x.low else "middle"
        out.append(Words((at[0], at[1] + 18), text, "soft", SIZE, anchor))
    for curve in curves:
        points = tuple(map(place, curve.points))
        if curve.area:
            base = place((x.low, 0.0))[1]
            out.append(Path(((points[0][0], base), *points, (points[-1][0], base)), curve.colour, filled=True))
        else:
            out.append(Path(points, curve.colour, curve.width, dashed=curve.dashed))
    out += [Path((place((x.low, y.low)), place((x.high, y.low))), "soft", 1.0)]
    out += [Words(((LEFT + WIDTH - RIGHT) / 2, height - 5), x.name, "soft", SIZE, "middle")]
    out += [Words((6, 16), y.name, "soft", SIZE)] if y.name else []
    return Drawing(WIDTH, height, (*out, *(legend(curves) if names else [])), alt)


def legend(curves: Sequence[Curve]) -> list[Mark]:
    """Names of the curves in one row at the top right, each behind a piece of its line."""
    out, right = list[Mark](), float(WIDTH - RIGHT)
    for curve in [c for c in curves if c.name][::-1]:
        left = right - 7.9 * len(curve.name)
        out.append(Words((right, 16), curve.name, "ink", SIZE, "end"))
        piece = (left - 24, 11), (left - 4, 11)
        out.append(Path(piece, curve.colour, 8.0 if curve.area else 2.6, dashed=curve.dashed))
        right = left - 36
    return out
