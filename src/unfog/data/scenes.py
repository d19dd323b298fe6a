"""The procedural set ``scenes``: an endless supply of pictures of coloured shapes with exact captions.

Scene ``index`` of ``seed`` is a pure function of the two, so nothing is stored, any process can make any part of it,
and a caption is known to be true. Training and validation use disjoint halves of the index range, evaluation prompts
a third part. Ideas from the synthetic sets of compositional generation (CLEVR, Johnson et al. 2017; Okawa et al. 2023).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Literal

from unfog.data.dataset import Batch, Split
from unfog.data.scenes_caption import BARE, FULL, Facts, caption
from unfog.data.scenes_layout import DIAMETER, SHAPES, Part, Scene, draw_scene
from unfog.data.scenes_palette import BACKGROUNDS, PALETTE, WHITENESS
from unfog.data.scenes_render import render
from unfog.util.errors import UsageError
from unfog.util.random import Dice, Draw, uniform

__all__ = [
    "BARE",
    "FULL",
    "Facts",
    "Scene",
    "Scenes",
    "caption",
    "dice_of",
    "evaluation_prompts",
    "evaluation_scenes",
    "render",
    "scene_at",
]

VERSION = "scenes-3"
LEAST = 16  # pixels a side
VALID_FROM = 2**55  # indices below are for training; a sample index has 56 bits
EVALUATION_FROM = 2**54
FIRST_DRAWS = 64  # numbers a Dice makes at a time
PromptKind = Literal["one", "two", "count", "mixed"]


def scene_at(seed: int, index: int) -> Scene:
    """Scene ``index`` (0..2**56-1) of ``seed``; always the same."""
    return draw_scene(Dice(seed, index, Draw.SCENE))


def dice_of(seed: int, indices: Sequence[int], draw: Draw, steps: int = 1) -> list[Dice]:
    """``Dice(seed, i, draw)`` for every index, with the numbers of their first ``steps`` refills drawn in one go."""
    if not indices:
        return []
    ahead = [
        uniform([seed] * len(indices), (FIRST_DRAWS,), draw=draw, step=step, index=indices).tolist()
        for step in reversed(range(steps))
    ]
    out = []
    for index, *rows in zip(indices, *ahead, strict=True):
        dice = Dice(seed, index, draw)
        dice.pool, dice.step = [number for row in rows for number in reversed(row)], steps
        out.append(dice)
    return out


class Scenes:
    """The procedural set as a dataset without end.

    Args:
        size: side of the pictures in pixels, at least ``LEAST``.

    Raises:
        UsageError: they are smaller.
    """

    name = "scenes"
    channels = 3
    count: int | None = None
    valid_count: int | None = None

    def __init__(self, size: int = 32) -> None:
        if size < LEAST:
            raise UsageError(
                f"scenes have sides of at least {LEAST} pixels, got {size}: smaller shapes cannot be told apart;"
                f" ask for {LEAST} or more (in training: --set model.picture.size={LEAST})"
            )
        self.size = size

    def batch(self, indices: Sequence[int], *, seed: int, split: Split) -> Batch:
        """Scenes ``indices`` (each in 0..2**54-1) of ``seed`` in a split: pictures in [-1, 1] and captions."""
        at = [i + (VALID_FROM if split == "valid" else 0) for i in indices]
        scenes = [draw_scene(dice) for dice in dice_of(seed, at, Draw.SCENE)]
        texts = [caption(s, dice)[0] for s, dice in zip(scenes, dice_of(seed, at, Draw.CAPTION), strict=True)]
        return Batch(render(scenes, self.size), texts)

    def captions(self, limit: int) -> list[str]:
        """Captions of the first ``limit`` training scenes of seed 0."""
        scenes = [draw_scene(dice) for dice in dice_of(0, range(limit), Draw.SCENE)]
        return [caption(s, dice)[0] for s, dice in zip(scenes, dice_of(0, range(limit), Draw.CAPTION), strict=True)]

    def fingerprint(self) -> str:
        held = [VERSION, self.size, PALETTE, WHITENESS, BACKGROUNDS, SHAPES, DIAMETER]
        return "sha256:" + hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()

    def licences(self) -> dict[str, int]:
        """Made by this program from nothing: no rights are claimed in the pictures (0 stands for without end)."""
        return {"CC0-1.0": 0}

    def redistributable(self) -> bool:
        return True


def evaluation_scenes(seed: int, n: int, kind: PromptKind) -> list[Scene]:
    """The scenes that evaluation prompts describe; neither training nor validation sees them.

    Raises:
        ValueError: an unknown kind.
    """
    turns: dict[PromptKind, tuple[Part, ...]] = {
        "one": ("one",),
        "two": ("two",),
        "count": ("count",),
        "mixed": ("one", "two", "count", "crowd"),
    }
    if kind not in turns:
        raise ValueError(f"unknown kind of prompt '{kind}': choose from {', '.join(turns)}")
    parts, indices = turns[kind], range(EVALUATION_FROM, EVALUATION_FROM + n)
    dice = dice_of(seed, indices, Draw.SCENE)
    return [draw_scene(d, parts[k % len(parts)]) for k, d in enumerate(dice)]


def evaluation_prompts(seed: int, n: int, kind: PromptKind) -> list[tuple[str, Facts]]:
    """Prompts with the facts to grade, one for each of ``evaluation_scenes``.

    ``one``: one object's colour and shape. ``two``: two single objects, both attributes and their relation.
    ``count``: two to four equal objects. ``mixed``: the four parts of the mixture in turn, with sizes, places and
    backgrounds named. The background is left free unless the prompt names it.
    """
    scenes = evaluation_scenes(seed, n, kind)
    dice = dice_of(seed, range(EVALUATION_FROM, EVALUATION_FROM + n), Draw.CAPTION)
    return [caption(s, d, FULL if kind == "mixed" else BARE) for s, d in zip(scenes, dice, strict=True)]
