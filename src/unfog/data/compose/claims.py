"""Choose what a caption says of a scene. Things are never left out, what is said about them may be.

A style that takes colours away takes them from the caption, too (``sight``). A partial caption (``keep`` 0.5) says each
attribute with half of a dense one's probability; what makes a thing another thing (a colour edit, a turn, the global
style, what is worn) is left out more rarely, because a name alone should stand for the usual thing.
"""

from __future__ import annotations

from dataclasses import replace

from unfog.data.compose.facts import Facts, GroupFact
from unfog.data.compose.phrase import has_size
from unfog.data.compose.scene import GroundKind, Group, Link, Scene, Style
from unfog.data.compose.sight import is_usual, seen_colour, seen_ground
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.wording import Wording
from unfog.util.random import Dice

SYNONYMS = 0.2  # share of sprites called by another of their names
NEXT_TO = 0.3  # share of sides in company that are only "next to"


def claims(scene: Scene, sprites: Sprites, dice: Dice, wording: Wording, keep: float) -> tuple[Facts, str | None]:
    """What to say, and the sprites' style if it is said of all of them at once."""
    alone = len(scene.groups) == 1 and len(scene.groups[0].boxes) == 1
    shapes = [g.look.shape for g in scene.groups if g.look.shape is not None]
    worn = any(link.relation in ("wearing", "holding", "riding", "with") for link in scene.links)
    hands = {sprites.table[g.look.sprite].style for g in scene.groups if g.look.sprite is not None}
    each = len(hands) > 1 or shapes != []  # a style that is not everybody's belongs to a name
    said = [
        _group_fact(g, sprites, dice, wording, keep, scene.style, alone=alone, worn=worn, sure=len(shapes) > 1)
        for g in scene.groups
    ]
    if scene.place is not None and dice.chance(wording.place * keep):
        said[0] = replace(said[0], place=scene.place)
    hand = None
    if hands and dice.chance(wording.hand * keep):
        if each:
            said = [replace(f, style=_hand(g, sprites)) for f, g in zip(said, scene.groups, strict=True)]
        elif (only := next(iter(hands))) != "":
            hand = only
            said = [replace(f, style=only) for f in said]
    links = scene.links if dice.chance(wording.relation * (1 if worn else keep)) else ()
    if len(links) == 2 and links[0].relation == "wearing" and dice.chance(NEXT_TO):
        links = (links[0], Link("with", (0, 2)))
    ground, colour = _ground_fact(scene, dice, wording, keep)
    style = scene.style if scene.style != "plain" and dice.chance(wording.style * (0.5 + keep / 2)) else None
    return Facts(tuple(said), links, ground, colour, style), hand


def _hand(group: Group, sprites: Sprites) -> str | None:
    return None if group.look.sprite is None else sprites.table[group.look.sprite].style or None


def _group_fact(
    group: Group,
    sprites: Sprites,
    dice: Dice,
    wording: Wording,
    keep: float,
    style: Style,
    *,
    alone: bool,
    worn: bool,
    sure: bool,
) -> GroupFact:
    """What to say about a group; ``sure`` when leaving out a shape's colour could make it another one's."""
    look = group.look
    concept, shape, colour = None, look.shape, seen_colour(look.colour, style)
    if look.sprite is not None:
        sprite = sprites.table[look.sprite]
        concept = sprite.concept
        name = sprite.name
        if wording.varied and sprite.synonyms and dice.chance(SYNONYMS):
            name = dice.choice(sprite.synonyms)
        if colour is not None and not dice.chance(wording.colour * (0.5 + keep / 2)):
            colour = None
    else:
        name = look.shape
        if not sure and colour is not None and not dice.chance(wording.shape):
            name = shape = None
        elif not sure and not dice.chance(wording.colour * (0.4 + 0.6 * keep)):
            colour = None
    size = None if look.size == "medium" or worn or (name and has_size(name)) else look.size
    usual = alone and look.size in ("big", "giant")
    if size is not None and not dice.chance((wording.alone if usual else wording.size) * keep):
        size = None
    turn = look.turn if look.turn != "upright" and dice.chance(wording.turn * (0.5 + keep / 2)) else None
    return GroupFact(len(group.boxes), name, concept, shape, colour, size, turn)


def _ground_fact(scene: Scene, dice: Dice, wording: Wording, keep: float) -> tuple[GroundKind | None, str | None]:
    """Kind and colour of the ground, as far as they are said."""
    ground = seen_ground(scene.ground, scene.style)
    if not scene.groups or ground is None:
        return (ground.kind, ground.colour) if ground else (None, None)
    if not dice.chance((wording.usual if is_usual(ground, scene.style) else wording.ground) * keep):
        return None, None
    kind, colour = ground.kind, ground.colour
    if kind not in ("plain", "paper") and wording.varied and dice.chance(0.2):
        colour = None
    return kind, colour
