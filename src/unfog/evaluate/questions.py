"""What a model is asked to draw when shapes are graded.

That is prompts, the facts to hold its pictures against, and the pictures that a perfect model would make.

``PROCEDURAL`` asks what models of procedural scenes were trained on, ``COMPOSED_SHAPES`` what models of composed scenes
can show of shapes alone (``data/compose/exam.py``): those need no sprites, so anyone can repeat the measurement. All
prompts are of scenes that neither training nor validation shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol, cast, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.data import scenes
from unfog.data.compose import facts as composed
from unfog.data.compose.caption import BARE, FULL, caption
from unfog.data.compose.exam import ShapesKind, shapes
from unfog.data.compose.held import HeldKind
from unfog.data.compose.render import render
from unfog.data.compose.scene import Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.scenes import EVALUATION_FROM, PromptKind, dice_of
from unfog.data.scenes_caption import Facts, GroupFact
from unfog.data.scenes_layout import Relation
from unfog.evaluate.drawing import COMPOSED, SCENES, Drawing
from unfog.util.random import Draw

Question = tuple[str, Facts]


class Questions(Protocol):
    """Prompts of several kinds.

    Attributes:
        kinds: each kind's name, and what is measured with it.
        drawing: how the pictures are drawn that the prompts ask for.
        channels: of these pictures.
    """

    @property
    def kinds(self) -> Mapping[str, str]: ...

    @property
    def drawing(self) -> Drawing: ...

    @property
    def channels(self) -> int: ...

    def prompts(self, seed: int, n: int, kind: str) -> list[Question]:
        """``n`` prompts of a kind with the facts that each states."""
        ...

    def pictures(self, seed: int, n: int, kind: str, side: int) -> Float[Tensor, "n c side side"]:
        """What a perfect model draws for them, in [-1, 1]."""
        ...


@dataclass(frozen=True)
class Procedural:
    """The prompts of ``data/scenes.py``."""

    kinds: Mapping[str, str]
    drawing: Drawing = SCENES
    channels: int = 3

    def prompts(self, seed: int, n: int, kind: str) -> list[Question]:
        return scenes.evaluation_prompts(seed, n, _procedural(kind))

    def pictures(self, seed: int, n: int, kind: str, side: int) -> Float[Tensor, "n c side side"]:
        return scenes.render(scenes.evaluation_scenes(seed, n, _procedural(kind)), side)


@dataclass(frozen=True)
class Shapes:
    """Shapes on the plainer grounds of composed scenes; ``held``: only held-out combinations of this kind."""

    kinds: Mapping[str, str]
    held: HeldKind | None = None
    drawing: Drawing = COMPOSED
    channels: int = 4

    def scenes(self, seed: int, n: int, kind: str) -> list[Scene]:
        """The scenes that the prompts describe."""
        return list(_shapes(seed, n, kind, self.held))

    def prompts(self, seed: int, n: int, kind: str) -> list[Question]:
        """One: all that is there, ground and place included. Two and count: the things and how they stand."""
        wording = FULL if kind == "one" else BARE
        dice = dice_of(seed, range(EVALUATION_FROM, EVALUATION_FROM + n), Draw.CAPTION)
        said = [caption(s, no_sprites(), d, wording) for s, d in zip(self.scenes(seed, n, kind), dice, strict=True)]
        return [(text, gradable(facts)) for text, facts in said]

    def pictures(self, seed: int, n: int, kind: str, side: int) -> Float[Tensor, "n c side side"]:
        return render(self.scenes(seed, n, kind), no_sprites(), side)


@cache
def _shapes(seed: int, n: int, kind: str, held: HeldKind | None) -> tuple[Scene, ...]:
    assert kind in get_args(ShapesKind), kind
    dice = dice_of(seed, range(EVALUATION_FROM, EVALUATION_FROM + n), Draw.SCENE)
    return tuple(shapes(d, no_sprites(), cast(ShapesKind, kind), held) for d in dice)


@cache
def no_sprites() -> Sprites:
    """An empty table: shapes are made from nothing."""
    return Sprites((), torch.zeros(0, 4, 64, 64, dtype=torch.uint8))


def _procedural(kind: str) -> PromptKind:
    assert kind in get_args(PromptKind), kind
    return cast(PromptKind, kind)


def gradable(facts: composed.Facts) -> Facts:
    """The facts of a composed scene of upright shapes without a style, as the grader takes them."""
    groups = tuple(GroupFact(g.count, g.colour, g.shape, g.size, g.place) for g in facts.groups)
    assert all(g.turn is None and g.concept is None for g in facts.groups)
    assert facts.style is None
    relation: Relation | None = None
    for link in facts.links:
        assert link.relation in get_args(Relation), link
        assert link.of == (0, 1), link
        relation = cast(Relation, link.relation)
    return Facts(groups, relation, facts.ground, facts.ground_colour)


PROCEDURAL = Procedural(
    {"one": "one_object", "two": "two_objects_relation", "count": "count", "mixed": "mixed_all_facts"}
)
COMPOSED_SHAPES = Shapes({"one": "one_object", "two": "two_objects_relation", "count": "count"})
HELD_COLOUR_SHAPE = replace(COMPOSED_SHAPES, kinds={"one": "colour_shape"}, held="held colour shape")
HELD_COUNT = replace(COMPOSED_SHAPES, kinds={"count": "count_shape"}, held="held count")
