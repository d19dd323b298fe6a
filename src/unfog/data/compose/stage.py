"""Who appears in a scene: sprites and shapes with their colour, turn and mirror image, before they have a place.

Concepts, styles of a concept, shapes and colours are drawn uniformly, so every marginal is balanced (Okawa et al. 2023,
arXiv:2310.09336). The things of one scene mostly come in one sprite style, as in a picture by one hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from unfog.data.compose.backdrops import bits_of_colour, bits_of_lightness
from unfog.data.compose.boxes import bulk, size_of
from unfog.data.compose.cast import Cast, Rows
from unfog.data.compose.hold import held_colour_shape
from unfog.data.compose.scene import SHAPES, Box, Group, Look, Style, Turn
from unfog.data.compose.sight import COLOURLESS, GREY, UNSURE
from unfog.data.scenes_palette import COLOURS
from unfog.util.random import Dice, Draw

SAME_HAND = 0.85  # share of later sprites that take the first one's style, if they have it
TILT = (16.0, 32.0)  # degrees either way; more would not be "tilted" but lying
SHAPE_TILT = (18.0, 27.0)  # of a shape: a square turned by 45 degrees is a diamond
TILTED_SHAPES = ("square", "triangle", "star", "heart", "cross", "diamond", "crescent", "arrow")
INVERTED_SHAPES = ("triangle", "star", "heart")  # the others look the same upside down, or point elsewhere
MANY = 256  # numbers; no scene takes as many for its places
NO_TURN = ("symbols", "flags")  # groups of sprites that mean something else when turned


@dataclass(slots=True)
class Thing:
    """One kind of thing on its way into a scene.

    Attributes:
        full: longest side of what is seen, as a share of the square it is painted in.
        bulk: by how much it is wider than upright.
        fits: backdrops on which it can be seen, as bits.
    """

    row: int | None
    shape: str | None
    colour: str | None
    fits: int
    full: float = 1.0
    turn: Turn = "upright"
    angle: float = 0.0
    mirror: bool = False
    bulk: float = 1.0

    def group(self, extent: float, centres: Sequence[tuple[float, float]]) -> Group:
        """The things at their places."""
        side = extent / self.full
        boxes = tuple([Box(x, y, side, self.angle, self.mirror) for x, y in centres])
        return Group(Look(self.row, self.shape, self.colour, size_of(extent), self.turn), boxes)


def edge() -> Dice:
    """Dice of which all numbers are 1/2."""
    dice = Dice(0, 0, Draw.SCENE)
    dice.pool = [0.5] * MANY
    return dice


@cache
def coloured_shapes(*, held: bool) -> tuple[tuple[str, str], ...]:
    """Every (colour, shape), or only those that training may show."""
    return tuple((c, s) for c in COLOURS for s in SHAPES if held or not held_colour_shape(c, s))


@dataclass(frozen=True, slots=True)
class Stage:
    """Draws the things of one scene.

    Attributes:
        held: whether held-out coloured shapes may appear.
        pool: the concepts to draw from.
        shapes: share of shapes where a thing may be either.
        exact: share of pairs, rows and groups of equal things that stand exactly where such things stand: a
            caption then has one answer, which is learned first and stretched later.
    """

    dice: Dice
    cast: Cast
    style: Style
    pool: tuple[Rows, ...]
    held: bool = False
    shapes: float = 0.25
    exact: float = 0.0

    def places(self) -> Dice:
        """What chooses places: chance, or a coin that always falls on its edge."""
        return edge() if self.exact and self.dice.chance(self.exact) else self.dice

    def sprite(
        self,
        *,
        recolour: float = 0.0,
        turn: float = 0.0,
        beside: Sequence[Thing] = (),
        pool: tuple[Rows, ...] | None = None,
        on: int = -1,
    ) -> Thing | None:
        """A sprite of another concept than those ``beside`` it, visible on one of the backdrops ``on``; or ``None``."""
        dice, cast = self.dice, self.cast
        pool = self.pool if pool is None else pool
        if not pool:
            return None
        others = {cast.table[t.row].concept for t in beside if t.row is not None}
        hand = next((cast.table[t.row].style for t in beside if t.row is not None), None)
        for _ in range(8):
            rows = dice.choice(pool)
            row = dice.choice(rows)
            if hand is not None and dice.chance(SAME_HAND):
                row = next((r for r in rows if cast.table[r].style == hand), row)
            sprite = cast.table[row]
            if sprite.concept in others:
                continue
            colour, fits = None, (cast.fits_grey if self.style in GREY else cast.fits)[row]
            if dice.chance(recolour) and cast.edits[row] and self.style not in COLOURLESS:
                colour = dice.choice(COLOURS)
                fits = bits_of_colour()[colour]
            if not fits & on:
                continue
            thing = Thing(row, None, colour, fits, sprite.size, mirror=sprite.mirror and dice.chance(0.5))
            if dice.chance(turn) and sprite.group not in NO_TURN:
                self._turn(thing, dice.choice(("tilted", "upside down")), TILT)
            return thing
        return None

    def shape(self, *, turn: float = 0.0, beside: Sequence[Thing] = (), on: int = -1) -> Thing:
        """A coloured shape that can be told from those ``beside`` it and seen on one of the backdrops ``on``."""
        dice = self.dice
        taken = {(t.colour, t.shape) for t in beside}
        shapes = {t.shape for t in beside} if self.style in UNSURE else set[str | None]()
        options = coloured_shapes(held=self.held)
        for _ in range(64):
            colour, shape = dice.choice(options)
            fits = (bits_of_lightness() if self.style in GREY else bits_of_colour())[colour]
            if (colour, shape) not in taken and shape not in shapes and fits & on:
                break
        else:
            raise AssertionError("no coloured shape fits")
        thing = Thing(None, shape, colour, fits)
        if dice.chance(turn):
            wanted: Turn = dice.choice(("tilted", "upside down"))
            if shape in (TILTED_SHAPES if wanted == "tilted" else INVERTED_SHAPES):
                self._turn(thing, wanted, SHAPE_TILT)
        return thing

    def either(self, *, turn: float = 0.0, beside: Sequence[Thing] = (), on: int = -1) -> Thing:
        """A shape with probability ``shapes``, else a sprite."""
        if not self.dice.chance(self.shapes):
            thing = self.sprite(recolour=0.15, turn=turn, beside=beside, on=on)
            if thing is not None:
                return thing
        return self.shape(turn=turn, beside=beside, on=on)

    def _turn(self, thing: Thing, turn: Turn, tilt: tuple[float, float]) -> None:
        thing.turn = turn
        thing.angle = (
            180.0 if turn == "upside down" else self.dice.uniform(*tilt) * (1 if self.dice.chance(0.5) else -1)
        )
        thing.bulk = bulk(thing.angle)
