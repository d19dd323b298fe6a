"""From one prompt to another: pictures of conditionings and noises in between, at a share w of the way, 0..1.

    tokens, summary = (1 - w) first + w second
    noise = sin((1 - w) theta)/sin(theta) first + sin(w theta)/sin(theta) second      theta: the angle between the two

Noises are interpolated on the sphere (Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985): a straight
mean of two independent ones would be too weak, and no noise any more. Token k of one prompt goes to token k of the
other; where one prompt is shorter, the mean of its tokens stands for those it lacks. The ends are the pictures that
``tasks/generate.py`` makes of the two prompts and seeds, bit for bit.

Of prompts with AND and NOT the first part goes to the first, the second to the second, likewise those that NOT turns
away from; their weights go along. A part that has no counterpart fades, its weight going to or coming from 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.cond import Cond
from unfog.guidance.compose import Composed
from unfog.model.model import Model
from unfog.samplers.step import NoiseSource, Step
from unfog.tasks.generate import Tally, conditions, noise_of, steered_by, walk
from unfog.text.prompt import Composition, Part, parts_of
from unfog.util.random import Draw

ALIKE = 1e-4  # radians; below it a straight mean is as good, and needs no division


@torch.no_grad()
def interpolate(
    model: Model,
    prompts: tuple[str | Composition, str | Composition],
    seeds: tuple[int, int],
    share: float,
    sample: SampleConfig,
    *,
    negative: str = "",
    size: tuple[int, int] | None = None,
    tally: Tally | None = None,
) -> Iterator[Step]:
    """Generate the picture at ``share`` (0..1) of the way from the first prompt and seed to the second.

    Yields every step; ``tasks.generate.decode`` gives pixels. Other arguments as in ``tasks.generate.generate``.
    """
    first, second = (noise_of(model, [seed], size) for seed in seeds)
    negative = negative.strip()
    said = [negative, *(part.text.strip() for prompt in prompts for part in parts_of(prompt))]
    scale, uncond = sample.guidance if any(said) else 1.0, model.condition([negative])
    denoise = steered_by(model, meant(model, prompts, share), uncond, scale, sample, tally or Tally())
    yield from walk(model, denoise, noise_between(first, second, share), sample)


def meant(model: Model, prompts: tuple[str | Composition, str | Composition], share: float) -> Cond | Composed:
    """What the network is told at ``share`` of the way."""
    if share in (0.0, 1.0):
        prompt = prompts[1] if share else prompts[0]
        return conditions(model, prompt) if isinstance(prompt, Composition) else model.condition([prompt.strip()])
    pairs = list(paired(parts_of(prompts[0]), parts_of(prompts[1])))
    rows = [[model.condition([part.text.strip()]) for part in pair] for pair in pairs]
    conds = [model.sketched(between(first, second, share)) for first, second in rows]
    if not any(isinstance(prompt, Composition) for prompt in prompts):
        return conds[0]
    return Composed(conds, [(1 - share) * one.weight + share * other.weight for one, other in pairs])


def paired(one: Sequence[Part], other: Sequence[Part]) -> Iterator[tuple[Part, Part]]:
    """Parts that go to each other: those with those of the same sign, in their order; see the module docstring."""
    for sign in (1, -1):
        rows = ([part for part in parts if math.copysign(1, part.weight) == sign] for parts in (one, other))
        for first, second in zip_longest(*rows):
            yield first or replace(second, weight=0.0), second or replace(first, weight=0.0)


def between(first: Cond, second: Cond, share: float) -> Cond:
    """The conditioning at ``share`` of the way; at 0 and 1 exactly one of the two, which come from one text encoder."""
    if share in (0.0, 1.0):
        return second if share else first
    a, b = (part for cond in (first, second) for part in [filled(cond)])
    assert first.mask is not None
    assert second.mask is not None
    assert first.pooled is not None
    assert second.pooled is not None
    pooled = torch.lerp(first.pooled, second.pooled, share)
    return Cond(tokens=torch.lerp(a, b, share), mask=first.mask | second.mask, pooled=pooled)


def filled(cond: Cond) -> Float[Tensor, "b l d"]:
    """Tokens, the mean of the real ones in place of every other."""
    assert cond.tokens is not None
    assert cond.mask is not None
    real = cond.mask[..., None].to(cond.tokens.dtype)
    mean = (cond.tokens * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)
    return torch.where(cond.mask[..., None], cond.tokens, mean)


def noise_between(first: NoiseSource, second: NoiseSource, share: float) -> NoiseSource:
    """A source of noise at ``share`` of the way between two, for every step and kind."""
    if share in (0.0, 1.0):
        return second if share else first

    def noise(step: int, draw: Draw = Draw.STEP) -> Tensor:
        return slerp(first(step, draw), second(step, draw), share)

    return noise


def slerp(a: Float[Tensor, "b *shape"], b: Float[Tensor, "b *shape"], share: float) -> Float[Tensor, "b *shape"]:
    """Spherical interpolation of every row; equal rows stay as they are."""
    u, v = a.flatten(1).double(), b.flatten(1).double()
    theta = torch.acos(torch.cosine_similarity(u, v, dim=1).clamp(-1, 1))[:, None]  # (b, 1)
    sine = torch.sin(theta).clamp(min=ALIKE)
    round_ = (torch.sin((1 - share) * theta) * u + torch.sin(share * theta) * v) / sine
    mixed = torch.where(theta > ALIKE, round_, torch.lerp(u, v, share))
    return mixed.to(a.dtype).reshape(a.shape)
