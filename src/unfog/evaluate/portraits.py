"""Prompts that name things: one concept in a style, or two concepts, and whether a judge sees them in the pictures.

A picture of one thing is right (top-k) if the thing is among the k that the classifier finds likeliest; one of two
things if both are among the 2 k likeliest. Prompt k is a function of (seed, k) and of the sprites; concepts are gone
through in turn, so n prompts ask for as many different ones as there are. Training shows none of these scenes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from jaxtyping import Float
from torch import Tensor

from unfog.data.compose.caption import BARE, caption
from unfog.data.compose.cast import cast_of
from unfog.data.compose.exam import duo, portrait
from unfog.data.compose.hold import held_concept_style, held_pair
from unfog.data.compose.nouns import noun
from unfog.data.compose.scene import Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.typo import with_every_word_misspelt
from unfog.data.scenes import EVALUATION_FROM, dice_of
from unfog.evaluate.classifier import Verdicts
from unfog.evaluate.faithfulness import Share, wilson
from unfog.util.errors import UsageError
from unfog.util.random import Dice, Draw

STYLED = replace(BARE, hand=1)
LANGUAGES = ("es", "fr", "de", "pt", "ru", "zh")  # chosen before anything was measured
TRIES = 100


@dataclass(frozen=True)
class Portrait:
    """A prompt, the scene it describes, and the rows of the sprites in it."""

    prompt: str
    scene: Scene
    rows: tuple[int, ...]


def portraits(sprites: Sprites, seed: int, n: int, *, held: bool = False) -> list[Portrait]:
    """One concept in a named style; ``held``: in a style in which training never shows it, else in another.

    Raises:
        UsageError: these sprites have no such combination.
    """
    options = [tuple(row for row in rows if _held_style(sprites, row) == held) for rows in cast_of(sprites).usual]
    options = [rows for rows in options if rows]
    if not options:
        raise UsageError(_too_few(sprites, "concept in a held-out style" if held else "concept"))
    order = Dice(seed, EVALUATION_FROM, Draw.ORDER).shuffled(options)
    return [_portrait(sprites, order[k % len(order)], scene, told) for k, (scene, told) in enumerate(_dice(seed, n))]


def duos(sprites: Sprites, seed: int, n: int, *, held: bool = False) -> list[Portrait]:
    """Two concepts in a relation; ``held``: two that training never shows together, else any other two.

    Raises:
        UsageError: these sprites have no such pair.
    """
    usual = [tuple(r for r in rows if not _held_style(sprites, r)) for rows in cast_of(sprites).usual]
    name = [sprites.table[rows[0]].concept for rows in usual if rows]
    options = [
        (a, b)
        for (x, a), (y, b) in combinations(zip(name, (rows for rows in usual if rows), strict=True), 2)
        if held_pair(x, y) == held
    ]
    if not options:
        raise UsageError(_too_few(sprites, "held-out pair" if held else "pair"))
    return [_duo(sprites, options, scene, told) for scene, told in _dice(seed, n)]


def _dice(seed: int, n: int) -> list[tuple[Dice, Dice]]:
    at = range(EVALUATION_FROM, EVALUATION_FROM + n)
    return list(zip(dice_of(seed, at, Draw.SCENE), dice_of(seed, at, Draw.CAPTION), strict=True))


def _held_style(sprites: Sprites, row: int) -> bool:
    return held_concept_style(sprites.table[row].concept, sprites.table[row].style)


def _too_few(sprites: Sprites, what: str) -> str:
    return f"the {len(sprites.table)} sprites hold no {what} to ask for; name a larger folder with --sprites"


def _portrait(sprites: Sprites, rows: Sequence[int], dice: Dice, told: Dice) -> Portrait:
    for _ in range(TRIES):
        row = dice.choice(rows)
        scene = portrait(dice, sprites, row)
        if scene is not None:
            return Portrait(caption(scene, sprites, told, STYLED)[0], scene, (row,))
    raise UsageError(f"the sprite {sprites.table[rows[0]].name} shows on no ground; remove it from the folder")


def _duo(sprites: Sprites, options: Sequence[tuple[Sequence[int], Sequence[int]]], dice: Dice, told: Dice) -> Portrait:
    for _ in range(TRIES):
        one, other = dice.choice(options)
        rows = (dice.choice(one), dice.choice(other))
        scene = duo(dice, sprites, rows)
        if scene is not None:
            return Portrait(caption(scene, sprites, told, BARE)[0], scene, rows)
    raise UsageError(_too_few(sprites, "pair that shows on one ground"))


def named(sprites: Sprites, asked: Portrait) -> str:
    """The plainest prompt for the same thing: its name."""
    return noun(sprites.table[asked.rows[0]].name).indefinite


def misspelt(sprites: Sprites, asked: Portrait, dice: Dice) -> str:
    """The same with a typing mistake in every content word."""
    return with_every_word_misspelt(named(sprites, asked), dice)


def foreign(sprites: Sprites, asked: Portrait, language: str) -> str | None:
    """Its name in another language; ``None`` if nobody said."""
    names = sprites.table[asked.rows[0]].names.get(language)
    return names[0] if names else None


def recognised(
    scores: Float[Tensor, "n concepts"], labels: Sequence[str], wanted: Sequence[tuple[str, ...]], k: int
) -> list[bool]:
    """For every picture: are all the wanted labels among the likeliest, ``k`` for each of them?"""
    number = {name: at for at, name in enumerate(labels)}
    out = list[bool]()
    for row, names in zip(scores, wanted, strict=True):
        first = set(row.topk(min(k * len(names), len(labels))).indices.tolist())
        out.append(all(number[name] in first for name in names))
    return out


def share(right: Sequence[bool]) -> Share:
    """The share of what is true."""
    return wilson(sum(right), len(right))


def concept_share(said: Verdicts, labels: Sequence[str], sprites: Sprites, asked: Sequence[Portrait], k: int) -> Share:
    """The share of pictures in which a judge finds all concepts asked for."""
    wanted = [tuple(sprites.table[row].concept for row in a.rows) for a in asked]
    return share(recognised(said.concepts, labels, wanted, k))


def style_share(said: Verdicts, labels: Sequence[str], sprites: Sprites, asked: Sequence[Portrait]) -> Share:
    """The share of pictures of one thing that a judge finds in the style asked for."""
    return share(recognised(said.styles, labels, [(sprites.table[a.rows[0]].style,) for a in asked], 1))
