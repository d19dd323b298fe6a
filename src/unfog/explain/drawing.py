"""Drawings made of lines, areas, dots and words, written twice: as SVG for a page and as PNG for everything else.

Colours are names of the page's palette (``PALETTE``: on the page they follow its light or dark look) or "#rrggbb". A
line or dot or word may carry the points in space it was projected from (``explain/space.py``), so that a page can turn
it. Words use Latin letters only, the ones of the font inside Pillow.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Spot = tuple[float, float, float]

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1c1c1e",
    "soft": "#5f5f66",
    "line": "#e2e2dc",
    "fill": "#d9d9d2",
    "accent": "#b93a0c",
    "second": "#2563a8",
    "third": "#5b7d1a",
}
DARK = {
    "paper": "#17181c",
    "ink": "#ececea",
    "soft": "#a3a3ab",
    "line": "#3d3e46",
    "fill": "#44444b",
    "accent": "#ff8a57",
    "second": "#6cb2f7",
    "third": "#a8cf5c",
}
PNG_SCALE = 2  # pixels of the PNG per unit of the drawing
SMOOTH = 2  # and as many times more while drawing, averaged away at the end
HEAD = 3.2  # length of an arrow's head in widths of its line
DASH = 5.0  # units of line, and of gap


@dataclass(frozen=True)
class Path:
    """A line through points, or the area they enclose if it is ``filled``; ``step``: when it appears in a walk."""

    points: tuple[Point, ...]
    colour: str = "ink"
    width: float = 1.5
    dashed: bool = False
    arrow: bool = False
    filled: bool = False
    space: tuple[Spot, ...] = ()
    step: int | None = None


@dataclass(frozen=True)
class Dot:
    """A disc with a thin ring round it."""

    at: Point
    colour: str
    radius: float = 4.0
    space: tuple[Spot, ...] = ()
    step: int | None = None


@dataclass(frozen=True)
class Words:
    """A line of text whose start, middle or end is at a point of its base line."""

    at: Point
    text: str
    colour: str = "ink"
    size: float = 14.0
    anchor: str = "start"
    space: tuple[Spot, ...] = ()


Mark = Path | Dot | Words


@dataclass(frozen=True)
class Drawing:
    """Marks in the order they are drawn on a sheet of ``width`` x ``height``; ``alt`` says what is seen."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    alt: str
    dark: bool = False


def tiled(drawings: Sequence[Drawing], columns: int, alt: str) -> Drawing:
    """Drawings of one size in rows, as one drawing."""
    width, height = drawings[0].width, drawings[0].height
    marks = [
        shifted(mark, k % columns * width, k // columns * height)
        for k, drawing in enumerate(drawings)
        for mark in drawing.marks
    ]
    rows = -(-len(drawings) // columns)
    return Drawing(min(columns, len(drawings)) * width, rows * height, tuple(marks), alt, drawings[0].dark)


def shifted(mark: Mark, right: float, down: float) -> Mark:
    """The mark elsewhere on its sheet."""
    if isinstance(mark, Path):
        return replace(mark, points=tuple((x + right, y + down) for x, y in mark.points))
    return replace(mark, at=(mark.at[0] + right, mark.at[1] + down))


# ---- SVG


def svg(drawing: Drawing) -> str:
    """The drawing for a page whose style has the palette (``assets/explain/page.css``)."""
    look = "drawing dark" if drawing.dark else "drawing"
    inner = "".join(map(element, drawing.marks))
    size = f'viewBox="0 0 {drawing.width:g} {drawing.height:g}" width="{drawing.width:g}" height="{drawing.height:g}"'
    return f'<svg class="{look}" role="img" aria-label="{escape(drawing.alt)}" {size}>{inner}</svg>'


def element(mark: Mark) -> str:
    """One mark."""
    more = f' data-space="{" ".join(",".join(f"{c:.3f}" for c in spot) for spot in mark.space)}"' if mark.space else ""
    if not isinstance(mark, Words) and mark.step is not None:
        more += f' data-step="{mark.step}"'
    match mark:
        case Words():
            place = f'x="{mark.at[0]:.1f}" y="{mark.at[1]:.1f}" font-size="{mark.size:g}" text-anchor="{mark.anchor}"'
            return f"<text {place} {painted(mark.colour, 'fill')}{more}>{escape(mark.text)}</text>"
        case Dot():
            at = f'cx="{mark.at[0]:.1f}" cy="{mark.at[1]:.1f}" r="{mark.radius:g}"'
            return f"<circle {at} {painted(mark.colour, 'fill')}{more}/>"
        case Path():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
            if mark.filled:
                return f'<polygon points="{points}" {painted(mark.colour, "fill")}{more}/>'
            dashes = f' stroke-dasharray="{DASH:g}"' if mark.dashed else ""
            line = f'<polyline points="{points}" stroke-width="{mark.width:g}"{dashes}'
            line += f" {painted(mark.colour, 'stroke')}{more}/>"
            return line + (arrow_head(mark) if mark.arrow else "")


def arrow_head(mark: Path) -> str:
    """The head of an arrow; it follows its line, whose sibling it is, when the page turns it."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in head(mark))
    step = "" if mark.step is None else f' data-step="{mark.step}"'
    return f'<polygon points="{points}" data-head="{HEAD * mark.width:g}" {painted(mark.colour, "fill")}{step}/>'


def painted(colour: str, what: str) -> str:
    """The attribute that colours a fill or a stroke: a class of the page's style, or the colour itself."""
    return f'{what}="{colour}"' if colour.startswith("#") else f'class="{what}-{colour}"'


def head(mark: Path) -> tuple[Point, ...]:
    """The triangle at the end of an arrow; a point if the arrow has no length."""
    (x0, y0), (x1, y1) = mark.points[-2:]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    u, v = (x1 - x0) / length, (y1 - y0) / length
    long = min(HEAD * mark.width, length)
    wide = 0.42 * long
    back = x1 - long * u, y1 - long * v
    return (x1, y1), (back[0] - wide * v, back[1] + wide * u), (back[0] + wide * v, back[1] - wide * u)


# ---- PNG


def png(drawing: Drawing) -> bytes:
    """The drawing as a PNG file on the palette's paper; the same drawing gives the same bytes."""
    palette, k = DARK if drawing.dark else LIGHT, PNG_SCALE * SMOOTH
    size = round(drawing.width * k), round(drawing.height * k)
    sheet = Image.new("RGB", size, palette["paper"])
    pen = ImageDraw.Draw(sheet)
    for mark in drawing.marks:
        paint(pen, mark, palette, k)
    out = io.BytesIO()
    sheet.resize((size[0] // SMOOTH, size[1] // SMOOTH), Image.Resampling.BOX).save(out, format="PNG", compress_level=6)
    return out.getvalue()


def paint(pen: ImageDraw.ImageDraw, mark: Mark, palette: dict[str, str], k: int) -> None:
    """One mark, ``k`` pixels per unit."""
    colour = palette.get(mark.colour, mark.colour)
    match mark:
        case Words():
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[mark.anchor]
            font = ImageFont.load_default(mark.size * k)
            pen.text((mark.at[0] * k, mark.at[1] * k), mark.text, fill=colour, font=font, anchor=anchor)
        case Dot():
            (x, y), r = mark.at, mark.radius
            box = ((x - r) * k, (y - r) * k, (x + r) * k, (y + r) * k)
            pen.ellipse(box, fill=colour, outline=palette["soft"], width=k)
        case Path():
            points = [(x * k, y * k) for x, y in mark.points]
            if mark.filled:
                pen.polygon(points, fill=colour)
                return
            pieces = dashes(points, DASH * k) if mark.dashed else [points]
            for piece in pieces:
                pen.line(piece, fill=colour, width=max(1, round(mark.width * k)), joint="curve")
            if mark.arrow:
                pen.polygon([(x * k, y * k) for x, y in head(mark)], fill=colour)


def dashes(points: Sequence[Point], length: float) -> list[list[Point]]:
    """A line cut into pieces of ``length`` with gaps as long."""
    out, on, left = [[points[0]]], True, length
    for (x0, y0), (x1, y1) in pairwise(points):
        whole, at = math.hypot(x1 - x0, y1 - y0), 0.0
        while whole - at > left:
            at += left
            corner = x0 + (x1 - x0) * at / whole, y0 + (y1 - y0) * at / whole
            if on:
                out[-1].append(corner)
            else:
                out.append([corner])
            on, left = not on, length
        left -= whole - at
        if on:
            out[-1].append((x1, y1))
    return [piece for piece in out if len(piece) > 1]
