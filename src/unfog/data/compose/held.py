"""Which held-out combinations a scene contains: training never shows one, evaluation asks for exactly one kind.

* ``unseen``: a sprite of a family that training never shows;
* ``held colour shape``: a shape in a colour; ``held style``: a sprite in a style (its own or the scene's);
* ``held pair``: two concepts in one scene; ``held triple``: three;
* ``held count``: that many of a concept.
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal, get_args

from unfog.data.compose.hold import (
    held_colour_shape,
    held_concept_style,
    held_count,
    held_pair,
    held_triple,
    unseen_family,
)
from unfog.data.compose.scene import Scene
from unfog.data.compose.sprites import Sprite

HeldKind = Literal["unseen", "held colour shape", "held style", "held pair", "held count", "held triple"]
HELD_KINDS: tuple[HeldKind, ...] = get_args(HeldKind)


def held_kinds(scene: Scene, table: tuple[Sprite, ...]) -> frozenset[HeldKind]:
    """The kinds of held-out combinations in a scene."""
    out: set[HeldKind] = set()
    concepts: list[str] = []
    for group in scene.groups:
        look = group.look
        if look.sprite is None:
            if held_colour_shape(str(look.colour), str(look.shape)):
                out.add("held colour shape")
            name = str(look.shape)
        else:
            sprite = table[look.sprite]
            name = sprite.concept
            concepts.append(name)
            if unseen_family(sprite.family):
                out.add("unseen")
            if held_concept_style(name, sprite.style) or held_concept_style(name, scene.style):
                out.add("held style")
        if len(group.boxes) > 1 and held_count(len(group.boxes), name):
            out.add("held count")
    if any(held_pair(a, b) for a, b in combinations(concepts, 2)):
        out.add("held pair")
    if len(concepts) == 3 and held_triple(tuple(concepts)):
        out.add("held triple")
    return frozenset(out)
