"""Scenes to measure models with: so plain that a reader of pictures can be trusted with them.

* ``shapes``: one, two or several coloured shapes, upright and without a style, on a plain, gradient or transparent
  ground; what stands on nothing must show on white, too, because there it is judged.
* ``portrait``: one sprite as in the recipe ``bare``; ``duo``: two sprites in a relation, neither turned nor recoloured.

They follow the plans of ``plans`` and the captions of ``caption``, so a trained model has met their like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from unfog.data.compose.backdrops import BACKDROPS
from unfog.data.compose.cast import cast_of
from unfog.data.compose.held import HeldKind, held_kinds
from unfog.data.compose.layout import BARE_GROUNDS, WHITE_KIND, ground_for
from unfog.data.compose.plans import Plan, bare, count, one, pair
from unfog.data.compose.scene import Ground, Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.stage import Stage
from unfog.util.random import Dice

ShapesKind = Literal["one", "two", "count"]
SHAPES_KINDS: tuple[ShapesKind, ...] = get_args(ShapesKind)
PLAN: dict[ShapesKind, Callable[[Stage], Plan | None]] = {"one": one, "two": pair, "count": count}
SHAPES_GROUNDS = {WHITE_KIND: 0.25, "plain": 0.35, "gradient": 0.2, "transparent": 0.2}
MOST = 4  # equal things that are asked for; a model is not judged by five
TRIES = 10_000  # one scene in about a hundred has a held-out number


def shapes(dice: Dice, sprites: Sprites, kind: ShapesKind, held: HeldKind | None = None) -> Scene:
    """Coloured shapes, as many as ``kind`` says; exactly the held-out kind of combination ``held``, or none at all."""
    stage = Stage(dice, cast_of(sprites), "plain", (), held=held is not None, shapes=1.0)
    wanted = frozenset[HeldKind]() if held is None else frozenset({held})
    for _ in range(TRIES):
        plan = PLAN[kind](stage)
        if plan is None or not _plain(plan) or any(len(g.boxes) > MOST for g in plan.groups):
            continue
        scene = _on_ground(dice, plan, SHAPES_GROUNDS, overlaid=True)
        if scene is not None and held_kinds(scene, ()) == wanted:
            return scene
    raise AssertionError(f"no scene of {kind} shapes that are {held}")


def portrait(dice: Dice, sprites: Sprites, row: int) -> Scene | None:
    """The sprite of a row alone, large, in the middle; ``None`` if it can be seen on no ground drawn."""
    plan = bare(Stage(dice, cast_of(sprites), "plain", ((row,),)))
    return plan and _on_ground(dice, plan, BARE_GROUNDS)


def duo(dice: Dice, sprites: Sprites, rows: tuple[int, int]) -> Scene | None:
    """The sprites of two rows in a relation; ``None`` if chance found nothing that fits."""
    plan = pair(Stage(dice, cast_of(sprites), "plain", tuple((row,) for row in rows), shapes=0.0))
    if plan is None or not _plain(plan) or {g.look.sprite for g in plan.groups} != set(rows):
        return None
    if any(g.look.colour is not None or g.look.size == "tiny" for g in plan.groups):
        return None
    return _on_ground(dice, plan, BARE_GROUNDS)


def _plain(plan: Plan) -> bool:
    return all(g.look.turn == "upright" for g in plan.groups)


def _on_ground(dice: Dice, plan: Plan, grounds: dict[str, float], *, overlaid: bool = False) -> Scene | None:
    """The plan on one of these grounds; ``overlaid``: what is on a transparent one must show on white."""
    ground = ground_for(dice, plan.fits, grounds)
    if ground.kind not in grounds:
        return None
    if overlaid and ground.kind == "transparent" and not plan.fits >> BACKDROPS.index(Ground("plain", "white")) & 1:
        return None
    return Scene(ground, plan.groups, plan.links, plan.place, "plain", int(dice.uniform() * 2**31))
