"""What a caption states, exactly: the only things a picture may be judged by.

``Facts.groups`` has one entry for every group of the scene, in the scene's order, because a caption never leaves out a
thing; what it leaves out about one is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass

from unfog.data.compose.scene import GroundKind, Link, Size, Style, Turn


@dataclass(frozen=True)
class GroupFact:
    """What is said about one group.

    Attributes:
        count: how many there are.
        name: the words for one of it, as said (without typos): "turtle"; ``None`` if it is only called a shape.
        concept: the sprite's concept; ``shape``: the shape. At most one of the two.
        colour: palette name of a shape, or of a sprite that was given another colour.
        style: the sprite's own style.
        place: (row, column).
    """

    count: int
    name: str | None = None
    concept: str | None = None
    shape: str | None = None
    colour: str | None = None
    size: Size | None = None
    turn: Turn | None = None
    style: str | None = None
    place: tuple[str, str] | None = None


@dataclass(frozen=True)
class Facts:
    """What is said about a scene; ``links`` are the scene's, those that are said.

    Attributes:
        ground: kind of ground; ``ground_colour``: its palette name.
        style: global style.
        language: "en", or the code of another language.
    """

    groups: tuple[GroupFact, ...] = ()
    links: tuple[Link, ...] = ()
    ground: GroundKind | None = None
    ground_colour: str | None = None
    style: Style | None = None
    language: str = "en"
