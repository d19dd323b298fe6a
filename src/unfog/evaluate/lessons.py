"""What a classifier learns from: renders of one or two sprites, spoilt a little, with what they show.

Three in four are portraits, the rest show two sprites, each the right answer for half. A model's pictures are never as
clean as renders, so each is shifted, its contrast and its tone changed, blurred and overlaid with noise:

    x -> shift by up to 4 pixels -> a x + b (per channel) -> blur of up to 1.2 pixels -> + noise of up to 0.2

Lesson ``index`` of ``seed`` is a pure function of the two and of the sprites. All sprites are shown, in every style:
what was held out of a model's training must still be recognised in its pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from unfog.data.compose.exam import duo, portrait
from unfog.data.compose.render import render
from unfog.data.compose.scene import Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.scenes import VALID_FROM, dice_of
from unfog.evaluate.classifier import SIDE, Labels, over_grey
from unfog.util.random import Dice, Draw, normal, uniform

TWO = 0.25  # share of lessons with two sprites
SHIFT, CONTRAST, TONE, BLUR, NOISE = 4, 0.25, 0.12, 1.2, 0.2


@dataclass(frozen=True)
class Lessons:
    """A batch: pictures over mid-grey, rows of the sprites in each (twice the same for a portrait)."""

    x: Float[Tensor, "b 3 side side"]
    concepts: Int64[Tensor, "b 2"]
    styles: Int64[Tensor, "b 2"]


def labels_of(sprites: Sprites) -> Labels:
    """Every concept and every style of a set of sprites."""
    return Labels(sprites.concepts, tuple(sorted({s.style for s in sprites.table})))


def lessons(sprites: Sprites, labels: Labels, indices: Sequence[int], seed: int) -> Lessons:
    """Spoilt renders to learn from; ``indices`` in 0..2**54-1."""
    return _lessons(sprites, labels, indices, seed, two=TWO, spoil=True)


def examples(sprites: Sprites, labels: Labels, indices: Sequence[int], seed: int, *, spoil: bool) -> Lessons:
    """Portraits that no lesson shows, to judge the judge; clean, or spoilt like the lessons."""
    return _lessons(sprites, labels, [VALID_FROM + i for i in indices], seed, two=0.0, spoil=spoil)


def _lessons(
    sprites: Sprites, labels: Labels, indices: Sequence[int], seed: int, *, two: float, spoil: bool
) -> Lessons:
    drawn = [_draw(dice, sprites, two) for dice in dice_of(seed, indices, Draw.SCENE)]
    x = over_grey(render([scene for scene, _ in drawn], sprites, SIDE))
    if spoil:
        x = spoilt(x, indices, seed)
    of_concept = {name: k for k, name in enumerate(labels.concepts)}
    of_style = {name: k for k, name in enumerate(labels.styles)}
    rows = [[sprites.table[row] for row in rows] for _, rows in drawn]
    return Lessons(
        x,
        torch.tensor([[of_concept[s.concept] for s in some] for some in rows]),
        torch.tensor([[of_style[s.style] for s in some] for some in rows]),
    )


def _draw(dice: Dice, sprites: Sprites, two: float) -> tuple[Scene, tuple[int, int]]:
    """A scene and the sprites in it; concepts are drawn evenly."""
    while True:
        first, second = (dice.choice(sprites.of(dice.choice(sprites.concepts))) for _ in range(2))
        if dice.chance(two):
            if (scene := duo(dice, sprites, (first, second))) is not None:
                return scene, (first, second)
        elif (scene := portrait(dice, sprites, first)) is not None:
            return scene, (first, first)


def spoilt(x: Float[Tensor, "b 3 side side"], indices: Sequence[int], seed: int) -> Float[Tensor, "b 3 side side"]:
    """Pictures with small faults, each its own (see the module docstring)."""
    b, side = len(x), x.shape[-1]
    u = uniform([seed] * b, (10,), draw=Draw.AUGMENT, index=indices).float()
    padded = F.pad(x, (SHIFT,) * 4, mode="replicate")
    at = (u[:, :2] * (2 * SHIFT + 1)).long()  # (b, 2) in 0..2 SHIFT
    line = torch.arange(side)
    rows, columns = (at[:, 0, None] + line)[:, :, None], (at[:, 1, None] + line)[:, None]
    x = padded[torch.arange(b)[:, None, None], :, rows, columns].movedim(-1, 1)
    x = x * (1 + CONTRAST * (2 * u[:, 2:3] - 1))[..., None, None] + TONE * (2 * u[:, 3:6] - 1)[..., None, None]
    x = blurred(x, BLUR * u[:, 6])
    noise = normal([seed] * b, (3, side, side), draw=Draw.AUGMENT, step=1, index=indices)
    return (x + (NOISE * u[:, 7].square())[:, None, None, None] * noise).clamp(-1, 1)


def blurred(x: Float[Tensor, "b c h w"], sigma: Float[Tensor, " b"]) -> Float[Tensor, "b c h w"]:
    """Each picture under a Gaussian of its own standard deviation in pixels, cut at 3 pixels; edges are repeated."""
    b, c, h, w = x.shape
    at = torch.arange(-3.0, 4.0)
    kernel = torch.exp(-at.square() / (2 * sigma.clamp(min=0.05)[:, None].square()))
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(c, dim=0)[:, None, None]  # (b c, 1, 1, 7)
    flat = F.pad(x.reshape(1, b * c, h, w), (3, 3, 3, 3), mode="replicate")
    return F.conv2d(F.conv2d(flat, kernel, groups=b * c), kernel.mT, groups=b * c).view(b, c, h, w)
