"""What the reader of pictures knows of how they are drawn: the shapes, their sizes, how near the edge they come.

There are two ways: that of the procedural scenes (``data/scenes.py``), read at 32 pixels a side or a little more, and
that of composed scenes (``data/compose``), which have more shapes and more sizes and are read at all their pixels.
Lengths are in 1/32 of the picture's side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from unfog.data import scenes_render
from unfog.data.compose import boxes, outlines
from unfog.data.scenes_layout import BORDER, DIAMETER, SIDE
from unfog.data.scenes_render import Outline


@dataclass(frozen=True, eq=False)
class Drawing:
    """A way of drawing; compared and hashed by identity.

    Attributes:
        outlines: every shape.
        border: what objects leave free at the edge.
        windows: sides of the windows objects are cut out with.
        speck: area below which a region is noise.
        readable: least and largest diameter at which a shape is told.
        lead: least lead over the next best shape of a shape that has a name, where a unit has a pixel.
        sizes: words for diameters, from small to large.
        limits: diameters between one size and the next.
        halved: pictures of 64 pixels and more are averaged down to 32 or a little more first.
    """

    outlines: Mapping[str, Outline]
    border: float
    windows: tuple[float, ...]
    speck: float
    readable: tuple[float, float]
    lead: float
    sizes: tuple[str, ...]
    limits: tuple[float, ...]
    halved: bool

    @property
    def shapes(self) -> tuple[str, ...]:
        """Names of the shapes."""
        return tuple(self.outlines)

    def size_of(self, diameter: float) -> str:
        """The word for a diameter."""
        return self.sizes[sum(diameter >= limit for limit in self.limits)]


SCENES = Drawing(
    scenes_render.OUTLINES,
    border=BORDER,
    windows=(14.0, 19.0, 26.0),
    speck=7.0,  # the smallest object covers 20
    readable=(6.0, 21.0),  # scenes have 7.6 to 18
    lead=0.015,  # renders have 0.04, noisy ones 0.02
    sizes=tuple(DIAMETER),
    limits=tuple((DIAMETER[a][1] + DIAMETER[b][0]) / 2 for a, b in pairwise(DIAMETER)),
    halved=True,
)
COMPOSED = Drawing(
    outlines.OUTLINES,
    border=SIDE * boxes.BORDER,
    windows=(10.0, 14.0, 19.0, 26.0, 35.0),
    speck=3.0,  # the smallest object, a tiny crescent, covers 9
    readable=(4.2, 31.5),  # composed scenes have 5.1 to 30.1
    lead=0.004,  # of circle and hexagon 0.008 and more, noisy ones too
    sizes=boxes.SIZES,
    limits=tuple(SIDE * limit for limit in boxes.LIMITS),
    halved=False,
)
