"""Curves over two logarithmic axes, side by side in one PNG: how an error falls with what is spent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from unfog.media.image import pixels_of
from unfog.media.png import encode

WIDTH, HEIGHT = 460, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 140, 36, 48  # round the plot; the names of the curves stand at the right
FONT_PX, LINE_PX = 12, 15
INK, SOFT, FAINT, PAPER = (32, 32, 32), (96, 96, 96), (226, 226, 226), (255, 255, 255)
STRONG = (185, 58, 12)
COLOURS = ((37, 99, 168), (91, 125, 26), (130, 70, 160), (20, 140, 140), (180, 130, 20), (120, 120, 120))
SHARP = 2  # pixels per unit

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """A name and points (x, y), both positive; a ``strong`` one is drawn wider, in a colour of its own."""

    name: str
    points: tuple[Point, ...]
    strong: bool = False


@dataclass(frozen=True)
class Panel:
    """Curves over common axes: ``across`` and ``up`` say what they measure."""

    title: str
    across: str
    up: str
    curves: tuple[Curve, ...]


def curves_png(panels: Sequence[Panel]) -> bytes:
    """The panels in a row, as a PNG file.

    Raises:
        ValueError: no panel, a panel without points, or a value that has no logarithm.
    """
    if not panels or not all(any(c.points for c in p.curves) for p in panels):
        raise ValueError("a picture of curves needs panels with points")
    if any(min(point) <= 0 for p in panels for c in p.curves for point in c.points):
        raise ValueError("logarithmic axes have no place for zero and below")
    sheet = Image.new("RGB", (WIDTH * len(panels) * SHARP, HEIGHT * SHARP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_PX * SHARP)
    for k, panel in enumerate(panels):
        _draw(pen, font, panel, k * WIDTH)
    return encode(pixels_of(sheet))


def _draw(pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, panel: Panel, x0: int) -> None:
    points = [point for curve in panel.curves for point in curve.points]
    columns = sorted({x for x, _ in points})
    low, high = _decades([y for _, y in points])
    span = math.log(columns[-1] / columns[0]) or 1.0

    def place(x: float, y: float) -> Point:
        across = (WIDTH - LEFT - RIGHT) * math.log(x / columns[0]) / span
        up = (HEIGHT - TOP - BOTTOM) * (math.log10(y) - low) / (high - low)
        return (x0 + LEFT + across) * SHARP, (HEIGHT - BOTTOM - up) * SHARP

    def write(at: Point, text: str, anchor: str, fill: tuple[int, int, int] = SOFT) -> None:
        pen.text(at, text, font=font, fill=fill, anchor=anchor)

    for decade in range(low, high + 1):
        ends = place(columns[0], 10.0**decade), place(columns[-1], 10.0**decade)
        pen.line(ends, fill=FAINT, width=SHARP)
        write((ends[0][0] - 8 * SHARP, ends[0][1]), f"{10.0**decade:g}", "rm")
    for x in columns:
        pen.line((place(x, 10.0**low), place(x, 10.0**high)), fill=FAINT, width=SHARP)
        at = place(x, 10.0**low)
        write((at[0], at[1] + 6 * SHARP), f"{x:g}", "mt")
    write((place(columns[0], 1.0)[0], 10 * SHARP), panel.title, "lt", INK)
    write(((x0 + LEFT) * SHARP, (HEIGHT - 10) * SHARP), f"{panel.up}, over {panel.across}", "lb")
    taken = list[float]()
    order = sorted(range(len(panel.curves)), key=lambda k: -panel.curves[k].points[-1][1])
    for k in sorted(order, key=lambda k: panel.curves[k].strong):  # strong ones on top
        curve = panel.curves[k]
        colour = STRONG if curve.strong else COLOURS[k % len(COLOURS)]
        way = [place(x, y) for x, y in curve.points]
        if len(way) > 1:
            pen.line(way, fill=colour, width=(4 if curve.strong else 2) * SHARP, joint="curve")
        for x, y in way:
            r = (4 if curve.strong else 3) * SHARP
            pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    for k in order:
        curve = panel.curves[k]
        at = place(*curve.points[-1])
        y = max(at[1], taken[-1] + LINE_PX * SHARP) if taken else at[1]
        taken.append(y)
        colour = STRONG if curve.strong else COLOURS[k % len(COLOURS)]
        write((at[0] + 10 * SHARP, y), curve.name, "lm", colour)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)
