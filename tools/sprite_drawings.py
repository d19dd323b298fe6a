"""Things that the archive of emoji pictures lacks, drawn here: sunglasses and a basketball, in every style.

Own drawings (Apache-2.0, as the package), each a function of a ``Brush``, which knows how a style fills: ``flat`` and
``twemoji`` with one colour, ``noto`` and ``blob`` with a light that falls from above, ``3d`` with one from the upper
left. Everything is drawn eight times as large and averaged down; coordinates are shares of the side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

FINER = 8  # times as many pixels a side while drawing
Colour = tuple[int, int, int]
Point = tuple[float, float]
LIGHT: Mapping[str, tuple[float, float, float]] = {  # how much lighter above, to the left, and darker at the rim
    "flat": (0.0, 0.0, 0.0),
    "twemoji": (0.0, 0.0, 0.0),
    "noto": (0.22, 0.0, 0.1),
    "blob": (0.12, 0.0, 0.0),
    "3d": (0.25, 0.2, 0.3),
}


@dataclass
class Brush:
    """A picture that is being drawn in a style; ``side`` pixels in the end."""

    style: str
    side: int
    picture: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        self.picture = Image.new("RGBA", (self.large, self.large))

    @property
    def large(self) -> int:
        return self.side * FINER

    def ellipse(self, centre: Point, radii: Point, colour: Colour) -> Image.Image:
        """Fill an ellipse; its mask, to draw inside of."""
        (x, y), (a, b) = centre, radii
        box = [self.large * v for v in (x - a, y - b, x + a, y + b)]
        return self._fill(lambda pen: pen.ellipse(box, fill=255), centre, radii, colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> Image.Image:
        """Fill a polygon; its mask."""
        xs, ys = zip(*points, strict=True)
        centre = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
        radii = (max(xs) - min(xs)) / 2, (max(ys) - min(ys)) / 2
        corners = [(self.large * x, self.large * y) for x, y in points]
        return self._fill(lambda pen: pen.polygon(corners, fill=255), centre, radii, colour)

    def ring(self, centre: Point, radii: Point, width: float, colour: Colour, inside: Image.Image) -> None:
        """Draw the line of an ellipse where ``inside`` is white."""
        mask = Image.new("L", self.picture.size)
        (x, y), (a, b), half = centre, radii, width / 2
        box = [self.large * v for v in (x - a - half, y - b - half, x + a + half, y + b + half)]
        ImageDraw.Draw(mask).ellipse(box, outline=255, width=round(self.large * width))
        self._paste(mask, inside, colour)

    def line(self, start: Point, end: Point, width: float, colour: Colour, inside: Image.Image | None = None) -> None:
        """Draw a straight line, where ``inside`` is white if it is given."""
        mask = Image.new("L", self.picture.size)
        ends = [(self.large * x, self.large * y) for x, y in (start, end)]
        ImageDraw.Draw(mask).line(ends, fill=255, width=round(self.large * width))
        self._paste(mask, inside, colour)

    def finished(self) -> Image.Image:
        """The picture at its size, straight colours."""
        a = np.asarray(self.picture, dtype=np.float64).reshape(self.side, FINER, self.side, FINER, 4)
        alpha = a[..., 3:].mean((1, 3))
        colour = (a[..., :3] * a[..., 3:]).mean((1, 3)) / np.maximum(alpha, 1e-9)
        return Image.fromarray(np.rint(np.concatenate([colour, alpha], axis=-1)).astype(np.uint8))

    def _fill(
        self, draw: Callable[[ImageDraw.ImageDraw], None], centre: Point, radii: Point, colour: Colour
    ) -> Image.Image:
        mask = Image.new("L", self.picture.size)
        draw(ImageDraw.Draw(mask))
        at = (np.arange(self.large) + 0.5) / self.large
        u, v = (at[None, :] - centre[0]) / radii[0], (at[:, None] - centre[1]) / radii[1]
        above, left, rim = LIGHT[self.style]
        light = 1 - above * v - left * u - rim * (u**2 + v**2)
        shaded = np.clip(np.array(colour) * light[..., None], 0, 255).astype(np.uint8)
        self.picture.paste(Image.fromarray(shaded), mask=mask)
        return mask

    def _paste(self, mask: Image.Image, inside: Image.Image | None, colour: Colour) -> None:
        if inside is not None:
            mask = Image.fromarray(np.minimum(np.asarray(mask), np.asarray(inside)))
        self.picture.paste(Image.new("RGB", mask.size, colour), mask=mask)


def basketball(brush: Brush) -> None:
    """An orange ball with four dark seams."""
    orange: Colour = {"flat": (248, 131, 18), "twemoji": (244, 144, 12)}.get(brush.style, (240, 125, 30))
    seam, width = (60, 36, 24), 0.035 if brush.style in ("3d", "noto") else 0.045
    ball = brush.ellipse((0.5, 0.5), (0.45, 0.45), orange)
    brush.line((0.5, 0.0), (0.5, 1.0), width, seam, ball)
    brush.line((0.0, 0.5), (1.0, 0.5), width, seam, ball)
    for x in (-0.02, 1.02):
        brush.ring((x, 0.5), (0.32, 0.4), width, seam, ball)
    if brush.style in ("3d", "blob"):
        brush.ellipse((0.33, 0.22), (0.07, 0.045), (255, 196, 140))


def sunglasses(brush: Brush) -> None:
    """Two dark lenses under a straight bar."""
    frame: Colour = (41, 47, 51) if brush.style in ("twemoji", "flat") else (30, 30, 36)
    lens: Colour = {"flat": (70, 60, 90), "3d": (52, 56, 84), "noto": (66, 66, 74)}.get(brush.style, (49, 55, 61))
    brush.line((0.03, 0.36), (0.97, 0.36), 0.06, frame)
    for sign in (-1, 1):
        x = 0.5 + 0.25 * sign
        outer = [(x - 0.22, 0.34), (x + 0.22, 0.34), (x + 0.2, 0.56), (x + 0.1, 0.66), (x - 0.1, 0.66), (x - 0.2, 0.56)]
        brush.polygon(outer, frame)
        brush.polygon([(x + 0.84 * (px - x), 0.5 + 0.78 * (py - 0.5)) for px, py in outer], lens)
        if brush.style != "flat":
            brush.line((x - 0.12, 0.56), (x - 0.02, 0.42), 0.035, (150, 156, 172))


@dataclass(frozen=True)
class Drawing:
    """How a thing is drawn, and where the order of emoji has it."""

    draw: Callable[[Brush], None]
    name: str
    group: str
    subgroup: str
    names: Mapping[str, str]


DRAWINGS: Mapping[str, Drawing] = {
    "1F576": Drawing(
        sunglasses,
        "sunglasses",
        "objects",
        "clothing",
        {"de": "Sonnenbrille", "es": "gafas de sol", "fr": "lunettes de soleil", "hi": "धूप का चश्मा",
         "it": "occhiali da sole",
         "ja": "サングラス", "ko": "선글라스", "nl": "zonnebril", "pt": "óculos de sol", "ru": "солнечные очки",
         "uk": "сонцезахисні окуляри", "zh": "墨镜"},
    ),
    "1F3C0": Drawing(
        basketball,
        "basketball",
        "activities",
        "sport",
        {"de": "Basketball", "es": "balón de baloncesto", "fr": "ballon de basket", "hi": "बास्केटबॉल",
         "it": "palla da basket",
         "ja": "バスケットボール", "ko": "농구공", "nl": "basketbal", "pt": "bola de basquete",
         "ru": "баскетбольный мяч", "uk": "баскетбольний м'яч", "zh": "篮球"},
    ),
}  # fmt: skip


def drawn(code: str, style: str, side: int) -> Image.Image:
    """The picture of a thing in a style: straight RGBA, ``side`` pixels square."""
    brush = Brush(style, side)
    DRAWINGS[code].draw(brush)
    return brush.finished()


def drawn_rows(vendors: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as the archive's own, for every drawing and vendor."""
    return [
        {
            "codepoints": code,
            "vendor": vendor,
            "name": drawing.name,
            "group": drawing.group,
            "subgroup": drawing.subgroup,
            "family": code,
            "licence": "Apache-2.0",
        }
        for code, drawing in DRAWINGS.items()
        for vendor in vendors
    ]
