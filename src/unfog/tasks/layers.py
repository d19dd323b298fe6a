"""A picture of several things, each painted by itself at the full size of the canvas, then put together.

A network of few pixels has none left for the fourth thing of a picture, and mixes what it sees together seldom. What it
draws best is one thing; a model that completes pictures (``Model.told``) and paints transparency draws one on nothing,
because it is told that the border is empty. So every layer is painted alone, cut out, made as large as its place
(``tasks/arrange.py``), and laid over those before it; the ground is a picture of its own. Transparent layers as such:
Zhang & Agrawala 2024, "Transparent Image Layer Diffusion"; a layout that is planned first: Lian et al. 2023,
"LLM-grounded Diffusion". Nothing is painted where things meet: no shadow, no hand around what is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.config.sample import Layout, SampleConfig
from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise
from unfog.guidance.keep import keep
from unfog.media.alpha import laid
from unfog.model.model import Model
from unfog.nets.upscaler import Upscaler
from unfog.samplers.step import Step
from unfog.tasks.arrange import Spot, arranged
from unfog.tasks.generate import Tally, generate, guided, noise_of, walk
from unfog.tasks.inpaint import celled
from unfog.tasks.upscale import upscale

TOGETHER = 4  # things that go through the network at once, so that a step is short enough to be stopped after
EMPTY = 4  # pixels of the border that hold nothing, at least; a whole cell of the codec
FAINT = (0.06, 0.25)  # opacities between which what a network leaves around a thing fades to nothing
APART = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: seeds of things never meet those of neighbouring pictures


@dataclass(frozen=True)
class Piece:
    """One thing, cut out: premultiplied RGBA in [-1, 1]."""

    layer: int
    copy: int
    x: Float[Tensor, "1 4 _h _w"]


def pieces(layout: Layout) -> list[tuple[int, int]]:
    """What is painted, in this order: layer and copy. A ground is painted after them."""
    return [(k, copy) for k, layer in enumerate(layout.layers) for copy in range(layer.copies)]


def seed_of(seed: int, k: int) -> int:
    """Of the thing that is painted as the k-th; the ground comes last."""
    return (seed + k * APART) % 2**64


def side_by_side(layout: Layout) -> list[list[tuple[int, int]]]:
    """The pieces in groups whose things go through the network side by side."""
    every = pieces(layout)
    return [every[first : first + TOGETHER] for first in range(0, len(every), TOGETHER)]


@torch.no_grad()
def on_nothing(model: Model, prompts: Sequence[str], sample: SampleConfig, negative: str, tally: Tally) -> Denoise:
    """The denoiser of things on nothing, at the trained size: one row each.

    Args:
        model: a loaded model (evaluation mode) with ``config.completes`` that paints transparency.
        prompts: what each shows, word for word.
        sample, negative, tally: as in ``tasks.generate.generate``.
    """
    side = model.config.picture.size
    empty = nothing((side, side)).to(model.device)
    inside = F.pad(torch.ones(1, 1, side - 2 * EMPTY, side - 2 * EMPTY, device=model.device), (EMPTY,) * 4)
    y, control = model.encode(empty), model.told(empty, 1 - inside)

    def beside(cond: Cond) -> Cond:
        return replace(cond, control=control.expand(cond.batch, *control.shape[1:]))

    denoise = guided(model, prompts, negative, sample, tally, beside=beside, beside_null=beside)
    return keep(denoise, y, celled(inside, model.config.cell), model.denoiser.process)


@torch.no_grad()
def paint_things(model: Model, denoise: Denoise, seeds: Sequence[int], sample: SampleConfig) -> Iterator[Step]:
    """Things by their denoiser, from a seed for each.

    They go through the network together, which on a CPU takes two thirds of the time of one after the other; so the
    last bits of a thing depend on those it is painted with, and a layout names all of them.
    """
    yield from walk(model, denoise, noise_of(model, seeds), sample)


def paint_ground(
    model: Model,
    prompt: str,
    seed: int,
    sample: SampleConfig,
    canvas: tuple[int, int],
    *,
    negative: str = "",
    tally: Tally | None = None,
) -> Iterator[Step]:
    """What is behind all things, on a canvas of (width, height)."""
    yield from generate(model, prompt, [seed], sample, negative=negative, size=canvas, tally=tally)


def cut(x: Float[Tensor, "1 4 h w"]) -> Float[Tensor, "1 4 _h _w"]:
    """The rectangle in which something is seen, without the haze around it; all of it where nothing is seen."""
    opacity = (x[:, 3:] + 1) / 2
    kept = ((opacity - FAINT[0]) / (FAINT[1] - FAINT[0])).clamp(0, 1)
    x = torch.cat([x[:, :3] * kept, 2 * opacity * kept - 1], dim=1)
    seen = kept[0, 0] > 0
    if not seen.any():
        return x
    (top, bottom), (left, right) = ((int(n[0]), int(n[-1])) for n in (seen.any(axis).nonzero() for axis in (1, 0)))
    return x[..., top : bottom + 1, left : right + 1]


def put_together(
    layout: Layout,
    things: Sequence[Piece],
    ground: Float[Tensor, "1 4 height width"] | None,
    size: tuple[int, int],
    upscaler: Upscaler | None = None,
) -> Float[Tensor, "1 4 height width"]:
    """All things at their places, in pixels of ``size`` (width, height).

    Args:
        things: as ``pieces`` names them.
        ground: at that size, premultiplied; ``None``: nothing.
        upscaler: helps with enlarging.
    """
    width, height = size
    shorter = min(size)
    ratios = [[t.x.shape[3] / t.x.shape[2] for t in things if t.layer == k] for k in range(len(layout.layers))]
    spots = arranged(layout.layers, ratios, (width / shorter, height / shorter), grounded=ground is not None)
    of = {(thing.layer, thing.copy): thing.x for thing in things}
    picture = nothing(size) if ground is None else ground
    for spot in spots:
        picture = laid(placed(of[spot.layer, spot.copy], spot, size, upscaler), picture)
    return picture


def placed(
    x: Float[Tensor, "1 4 h w"], spot: Spot, size: tuple[int, int], upscaler: Upscaler | None
) -> Float[Tensor, "1 4 height width"]:
    """A thing as large as its place, alone on the canvas; what is outside of it is cut off."""
    shorter = min(size)
    wide, high = (max(1, round(n * shorter)) for n in (spot.width, spot.height))
    left, top = round(size[0] / 2 + spot.x * shorter - wide / 2), round(size[1] / 2 + spot.y * shorter - high / 2)
    x = sized(x, (wide, high), upscaler)
    before, after = (left, top), (size[0] - left - wide, size[1] - top - high)
    canvas = F.pad(x, (before[0], after[0], before[1], after[1]))  # negative: cut off
    alpha = F.pad(x[:, 3:] + 1, (before[0], after[0], before[1], after[1])) - 1
    return torch.cat([canvas[:, :3], alpha], dim=1)


def sized(
    x: Float[Tensor, "1 4 h w"], size: tuple[int, int], upscaler: Upscaler | None
) -> Float[Tensor, "1 4 height width"]:
    """A thing at (width, height): enlarged with sharp edges, or made smaller by means of what a pixel covers."""
    if size[0] >= x.shape[3]:
        return upscale(x, (size[0], max(size[1], x.shape[2])), upscaler)[..., : size[1], :]
    return F.interpolate(x, size=(size[1], size[0]), mode="bilinear", antialias=True, align_corners=False)


def nothing(size: tuple[int, int]) -> Float[Tensor, "1 4 height width"]:
    """A picture of (width, height) in which all is transparent."""
    x = torch.zeros(1, 4, size[1], size[0])
    x[:, 3] = -1
    return x
