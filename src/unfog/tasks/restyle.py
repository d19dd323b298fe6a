"""The content of one picture in the style of another.

From the picture under noise (``img2img``), strength 1 - keep, with a model that has an eye for styles told the tokens
of the style picture beside the text (``Cond.image``; trained on pairs of one style and different contents). A model
without one is led towards the style picture's colours instead (``guidance/palette.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.cond import Cond
from unfog.guidance.palette import palette
from unfog.model.model import Model
from unfog.samplers.step import Step
from unfog.tasks.generate import Tally
from unfog.tasks.img2img import img2img
from unfog.text.prompt import Composition


@torch.no_grad()
def restyle(
    model: Model,
    x: Float[Tensor, "1 c h w"],
    style: Float[Tensor, "1 c h2 w2"] | None,
    prompt: str | Composition,
    seeds: Sequence[int],
    sample: SampleConfig,
    *,
    keep: float,
    colours: float,
    negative: str = "",
    tally: Tally | None = None,
) -> Iterator[Step]:
    """Change the style of a picture; one variant per seed, yielding every step.

    Args:
        model: a loaded model (evaluation mode).
        x: the picture at the size it is worked on; style: the other, in the size the model was trained at.
        prompt: what both is shown and in which style, as far as it is known; may be empty.
        keep: 0..1, how much of the picture stays; colours: kappa, for a model without an eye for styles.
    """
    seen = model.look(style.to(model.device)) if style is not None and model.style is not None else None

    def told(cond: Cond) -> Cond:
        return cond if seen is None else replace(cond, image=seen.expand(cond.batch, *seen.shape[1:]))

    def untold(cond: Cond) -> Cond:
        return cond if seen is None else replace(cond, image=seen.new_zeros(cond.batch, *seen.shape[1:]))

    led = None if style is None or seen is not None else model.encode(style.to(model.device))
    yield from img2img(
        model,
        x,
        prompt,
        seeds,
        sample,
        strength=1 - keep,
        negative=negative,
        tally=tally,
        beside=told,
        beside_null=untold,
        wrap=lambda denoise: denoise if led is None else palette(denoise, led, colours),
    )
