"""The composed scenes as a dataset without end: sprites and shapes in scenes, with captions that are known to be true.

Scene ``index`` of ``seed`` is a pure function of the two and of the sprites, so nothing is stored, any process can make
any part of it, and a run resumes from a number. As in ``data/scenes.py``, training, evaluation prompts and validation
use ranges of the index that never meet. Training and validation never show a held-out combination (``held``);
evaluation prompts may ask for one kind of them, or for none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

import torch

from unfog.data.compose.backdrops import BACKDROPS
from unfog.data.compose.boxes import EXTENT
from unfog.data.compose.caption import BARE, FULL, TRAIN, Wording, caption
from unfog.data.compose.dictionary import same
from unfog.data.compose.facts import Facts
from unfog.data.compose.held import HELD_KINDS
from unfog.data.compose.layout import EXACT, GROUNDS, MIXTURE, RECIPES, draw_like, draw_scene
from unfog.data.compose.render import render
from unfog.data.compose.scene import SHAPES, STYLES, Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.dataset import Batch, Split
from unfog.data.licence import all_free
from unfog.data.scenes import EVALUATION_FROM, VALID_FROM, dice_of
from unfog.data.scenes_palette import PALETTE
from unfog.util.errors import UsageError
from unfog.util.random import Draw

VERSION = "compositions-12"
SMALLEST = 32  # pixels a side below which tiny things cannot be told apart
MIXED = "mixed"
PROMPT_KINDS: tuple[str, ...] = (MIXED, *RECIPES, *HELD_KINDS)


class Compositions:
    """Composed scenes as a dataset.

    Args:
        sprites: what the scenes are made of, besides shapes.
        size: side of the pictures in pixels, at least 32.
        wording: how captions are worded.
        references: share of pictures with another one in the same style beside them.
        relations: share of training scenes that are two shapes in a relation instead.
        dictionary: pairs of texts that mean the same (``dictionary.same``), beside each picture.

    Raises:
        UsageError: a size below 32.
    """

    name = "compositions"
    channels = 4
    count: int | None = None
    valid_count: int | None = None

    def __init__(
        self,
        sprites: Sprites,
        size: int = 64,
        wording: Wording = TRAIN,
        *,
        references: float = 0.0,
        relations: float = 0.0,
        dictionary: int = 0,
    ) -> None:
        if size < SMALLEST:
            raise UsageError(
                f"composed scenes have sides of at least {SMALLEST} pixels, got {size}: tiny things cannot be told"
                f" apart; ask for {SMALLEST} or more (in training: --set model.picture.size={SMALLEST})"
            )
        self.sprites, self.size, self.wording = sprites, size, wording
        self.references, self.relations, self.dictionary = references, relations, dictionary

    def scenes(self, indices: Sequence[int], *, seed: int, split: Split) -> list[tuple[Scene, str, Facts]]:
        """Scenes ``indices`` (each in 0..2**54-1) of ``seed`` in a split, with their captions and what those state."""
        at = [i + (VALID_FROM if split == "valid" else 0) for i in indices]
        relations = self.relations if split == "train" else 0.0
        scenes = [draw_scene(d, self.sprites, relations=relations) for d in dice_of(seed, at, Draw.SCENE, steps=2)]
        told = [
            caption(s, self.sprites, d, self.wording)
            for s, d in zip(scenes, dice_of(seed, at, Draw.CAPTION), strict=True)
        ]
        return [(s, text, facts) for s, (text, facts) in zip(scenes, told, strict=True)]

    def batch(self, indices: Sequence[int], *, seed: int, split: Split) -> Batch:
        """Scenes ``indices`` (each in 0..2**54-1) of ``seed`` in a split: RGBA pictures in [-1, 1] and captions."""
        made = self.scenes(indices, seed=seed, split=split)
        captions = [text for _, text, _ in made]
        at = [i + (VALID_FROM if split == "valid" else 0) for i in indices]
        beside = dice_of(seed, at, Draw.REFERENCE)
        of = [k for k, dice in enumerate(beside) if dice.chance(self.references)]
        scenes = [s for s, _, _ in made] + [draw_like(beside[k], self.sprites, made[k][0]) for k in of]
        x = render(scenes, self.sprites, self.size)
        words = dice_of(seed, at, Draw.DICTIONARY) if self.dictionary else []
        pairs = [same(dice, self.sprites) for dice in words for _ in range(self.dictionary)]
        if not of:
            return Batch(x, captions, same=pairs)
        return Batch(x[: len(made)], captions, x[len(made) :], torch.tensor(of), pairs)

    def captions(self, limit: int) -> list[str]:
        """Captions of the first ``limit`` training scenes of seed 0."""
        return [text for _, text, _ in self.scenes(range(limit), seed=0, split="train")]

    def fingerprint(self) -> str:
        held = [
            VERSION,
            self.sprites.fingerprint(),
            self.size,
            repr(self.wording),
            self.references,
            MIXTURE,
            EXACT,
            GROUNDS,
            EXTENT,
            *([self.relations] if self.relations else []),
            *([self.dictionary] if self.dictionary else []),
        ]
        held += [PALETTE, SHAPES, STYLES, [(g.kind, g.colour) for g in BACKDROPS]]
        return "sha256:" + hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()

    def licences(self) -> dict[str, int]:
        """Number of sprites under each licence; pictures are without end, and shapes and grounds are free of rights."""
        return self.sprites.licences()

    def redistributable(self) -> bool:
        """Whether every sprite's licence is known to allow passing it on."""
        return all_free(self.licences())


def evaluation_scenes(sprites: Sprites, seed: int, n: int, kind: str = MIXED) -> list[Scene]:
    """The scenes that evaluation prompts describe; neither training nor validation sees them.

    Args:
        kind: ``mixed`` goes through the parts of the mixture in turn; one of ``layout.RECIPES`` is a part of it, with
            combinations that training may show; one of ``held.HELD_KINDS`` has exactly that held-out combination.

    Raises:
        ValueError: an unknown kind, or one that these sprites cannot show.
    """
    if kind not in PROMPT_KINDS:
        raise ValueError(f"unknown kind of prompt '{kind}': choose from {', '.join(PROMPT_KINDS)}")
    recipes = RECIPES if kind == MIXED else (kind,)
    dice = dice_of(seed, range(EVALUATION_FROM, EVALUATION_FROM + n), Draw.SCENE)
    return [
        draw_scene(d, sprites, training=kind not in HELD_KINDS, recipe=recipes[k % len(recipes)])
        for k, d in enumerate(dice)
    ]


def evaluation_prompts(sprites: Sprites, seed: int, n: int, kind: str = MIXED) -> list[tuple[str, Facts]]:
    """Prompts with the facts to grade, one for each of ``evaluation_scenes``.

    All are in English, leave nothing out that the scene holds and have no typing mistakes; only prompts of ``bare``
    name nothing but the thing.
    """
    wording = replace(BARE, hand=1) if kind == "bare" else FULL
    scenes = evaluation_scenes(sprites, seed, n, kind)
    dice = dice_of(seed, range(EVALUATION_FROM, EVALUATION_FROM + n), Draw.CAPTION)
    return [caption(s, sprites, d, wording) for s, d in zip(scenes, dice, strict=True)]
