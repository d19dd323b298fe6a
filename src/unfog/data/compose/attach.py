"""Things that belong to another one: worn, held, ridden, or standing beside it.

A sprite's anchors say where a hat, glasses, a held thing or a rider goes. With ``a`` the owner's anchor and ``q`` the
point of the other thing that belongs there (both from the middle of their squares, in shares of their sides; mirrored
with them), the other thing of side ``s`` stands at ``a - s q`` when the owner's side is 1. All of them are then scaled
and moved together so that their common frame fits the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unfog.data.compose.boxes import BORDER, near
from unfog.data.compose.cast import Cast, Frame
from unfog.data.compose.scene import Group, Link, Relation
from unfog.data.compose.stage import Stage, Thing

Belonging = Literal["hat", "glasses", "holding", "riding", "with"]
NEEDS: dict[Belonging, tuple[str, str]] = {  # what the owner and the other thing must be able to be
    "hat": ("head", "hat"),
    "glasses": ("eyes", "glasses"),
    "holding": ("hand", "held"),
    "riding": ("rider", "mount"),
    "with": ("head", "held"),
}
HEAD = 0.5  # width of a head that nobody measured, in shares of the owner's side
WIDTH = {"hat": (0.85, 1.05), "glasses": (0.72, 0.85)}  # seen width, in widths of the owner's head
WORN = {"hat": (0.22, 0.75), "glasses": (0.2, 0.75)}  # and its limits in shares of the owner's side
SIDE = {"holding": (0.36, 0.48), "riding": (0.5, 0.62)}  # in shares of the owner's side
BESIDE, APART = (0.38, 0.55), 0.06  # of what stands next to an owner: its side and its distance
BRIM = 0.04  # of the owner's side: how far a hat comes down over the top of the head
LONGEST = (0.8, 0.94)  # of the common frame, in shares of the picture


@dataclass(frozen=True, slots=True)
class Part:
    """A thing with its middle and side, the owner's square being from -1/2 to 1/2."""

    thing: Thing
    x: float = 0.0
    y: float = 0.0
    side: float = 1.0

    def frame(self, cast: Cast) -> Frame:
        """Left, top, right, bottom of what is seen."""
        assert self.thing.row is not None
        left, top, right, bottom = cast.frames[self.thing.row]
        if self.thing.mirror:
            left, right = 1 - right, 1 - left
        x, y, side = self.x - self.side / 2, self.y - self.side / 2, self.side
        return x + left * side, y + top * side, x + right * side, y + bottom * side


def available(cast: Cast, *, worn: bool = False) -> tuple[Belonging, ...]:
    """The ways of belonging that a cast can show, or only those of wearing."""
    ways = WIDTH if worn else NEEDS
    return tuple(way for way in NEEDS if way in ways and all(cast.parts.get(part) for part in NEEDS[way]))


def attached(
    stage: Stage, way: Belonging, *, company: bool = False
) -> tuple[tuple[Group, ...], tuple[Link, ...], list[Thing]] | None:
    """An owner and what it wears, holds, rides or stands beside; ``None`` if chance found no two of different kind.

    Args:
        company: a third thing stands at the left or right of the owner.
    """
    parts = stage.cast.parts
    owner_part, thing_part = NEEDS[way]
    owner = stage.sprite(pool=parts[owner_part])
    thing = owner and stage.sprite(pool=parts[thing_part], beside=[owner], recolour=0.3)
    if owner is None or thing is None:
        return None
    relation: Relation = "wearing" if way in WIDTH else way  # type: ignore[assignment]
    links = [Link(relation, (1, 0) if way == "riding" else (0, 1))]
    if way == "riding":  # the mount carries: it is the one things are measured by
        owner, thing = thing, owner
    made = [Part(owner)]
    made.append(_next_to(stage, made, thing)[0] if way == "with" else _on(stage, owner, thing, way))
    if company:
        third = stage.sprite(beside=[owner, thing], recolour=0.15)
        if third is None:
            return None
        part, side = _next_to(stage, made, third)
        made.append(part)
        links.append(Link(side, (2, 0)))
    return _fitted(stage, made), tuple(links), [part.thing for part in made]


def _on(stage: Stage, owner: Thing, thing: Thing, way: Belonging) -> Part:
    """A thing at the owner's anchor."""
    cast, dice = stage.cast, stage.dice
    assert owner.row is not None
    assert thing.row is not None
    ax, ay = cast.table[owner.row].anchors["back" if way == "riding" else NEEDS[way][0]]
    left, top, right, bottom = cast.frames[thing.row]
    if way in WIDTH:
        low, high = WORN[way]
        wide = (cast.table[owner.row].head or HEAD) * dice.uniform(*WIDTH[way])
        side = min(max(wide, low), high) / (right - left)
    else:
        side = dice.uniform(*SIDE[way])
    qx, qy = (left + right) / 2 - 0.5, (top + bottom) / 2 - 0.5
    if way in ("hat", "riding"):
        qy = bottom - 0.5 - (BRIM / side if way == "hat" else 0.0)
    ax, qx = (0.5 - ax if owner.mirror else ax - 0.5), (-qx if thing.mirror else qx)
    return Part(thing, ax - side * qx, ay - 0.5 - side * qy, side)


def _next_to(stage: Stage, made: list[Part], thing: Thing) -> tuple[Part, Relation]:
    """A thing on the ground beside all the others, and on which side it is."""
    side = stage.dice.uniform(*BESIDE)
    frames = [part.frame(stage.cast) for part in made]
    left, right = min(f[0] for f in frames), max(f[2] for f in frames)
    own = Part(thing, 0.0, 0.0, side).frame(stage.cast)
    y = frames[0][3] - own[3]
    if stage.dice.chance(0.5):
        return Part(thing, right - own[0] + APART, y, side), "right of"
    return Part(thing, left - own[2] - APART, y, side), "left of"


def _fitted(stage: Stage, made: list[Part]) -> tuple[Group, ...]:
    """All parts, scaled and moved into the picture."""
    dice, frames = stage.dice, [part.frame(stage.cast) for part in made]
    left, top = (min(f[k] for f in frames) for k in (0, 1))
    right, bottom = (max(f[k] for f in frames) for k in (2, 3))
    scale = min(dice.uniform(*LONGEST), 1 - 2 * BORDER) / max(right - left, bottom - top)
    x = near(dice, (right - left) * scale) - (left + right) / 2 * scale
    y = near(dice, (bottom - top) * scale) - (top + bottom) / 2 * scale
    return tuple(
        part.thing.group(scale * part.side * part.thing.full, [(x + part.x * scale, y + part.y * scale)])
        for part in made
    )
