"""A composed scene as plain data: what is where, on which ground, in which style.

Drawn by ``layout``, told by ``caption``, painted by ``render``; none of the three knows the others. Lengths are shares
of the picture's side, the origin is the top left corner, y points down, angles turn clockwise. Groups are painted in
order, so a later one covers an earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SHAPES = ("circle", "square", "triangle", "star", "heart", "cross", "ring", "diamond", "hexagon", "crescent", "arrow")
Turn = Literal["upright", "tilted", "upside down"]
Size = Literal["tiny", "small", "medium", "big", "giant"]
Relation = Literal["left of", "right of", "above", "below", "inside", "between", "wearing", "holding", "riding", "with"]
GroundKind = Literal[
    "plain", "gradient", "striped", "checkered", "dotted", "paper", "sky", "night", "grass", "beach", "transparent"
]
Style = Literal[
    "plain",
    "pixel art",
    "outline",
    "sketch",
    "watercolor",
    "neon",
    "sepia",
    "black and white",
    "mosaic",
    "embroidery",
    "sticker",
    "blueprint",
]
GROUND_KINDS: tuple[GroundKind, ...] = GroundKind.__args__  # type: ignore[attr-defined]
STYLES: tuple[Style, ...] = Style.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Ground:
    """What is behind everything; ``colour`` is a palette name where the kind has one, else ``None``."""

    kind: GroundKind
    colour: str | None = None
    upright: bool = True


@dataclass(frozen=True)
class Box:
    """Where one thing is: centre, side of the square it is painted in, turn in degrees, mirrored left to right."""

    x: float
    y: float
    side: float
    angle: float = 0.0
    mirror: bool = False


@dataclass(frozen=True)
class Look:
    """What a thing is: a sprite (row of the sprite table) or a shape, never both.

    ``colour`` is a palette name: always given for a shape; for a sprite a colour edit, ``None`` leaves it as it is.
    """

    sprite: int | None = None
    shape: str | None = None
    colour: str | None = None
    size: Size = "medium"
    turn: Turn = "upright"


@dataclass(frozen=True)
class Group:
    """Equal things; their number is the number of boxes."""

    look: Look
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Link:
    """``groups[of[0]]`` is ``relation`` ``groups[of[1]]`` (for ``between``: of[1] and of[2])."""

    relation: Relation
    of: tuple[int, ...]


@dataclass(frozen=True)
class Scene:
    """Groups (none to four) on a ground, in a style.

    ``place`` is the (row, column) of the only group, if it was put at a named place; ``grain`` addresses the random
    texture of ground and style (stars, paper, brush), so the same scene always looks the same.
    """

    ground: Ground
    groups: tuple[Group, ...] = ()
    links: tuple[Link, ...] = ()
    place: tuple[str, str] | None = None
    style: Style = "plain"
    grain: int = 0
