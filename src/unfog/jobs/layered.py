"""The pictures of ``unfog generate`` that are painted as layers (``tasks/layers.py``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from jaxtyping import UInt8
from torch import Tensor

from unfog.config.sample import GenerateRequest, Layout
from unfog.core.denoiser import Denoise
from unfog.media.alpha import over, straight
from unfog.media.image import to_uint8
from unfog.model.model import Model
from unfog.nets.upscaler import Upscaler
from unfog.samplers.step import Step
from unfog.tasks.generate import Tally
from unfog.tasks.layers import (
    Piece,
    cut,
    nothing,
    on_nothing,
    paint_ground,
    paint_things,
    pieces,
    put_together,
    seed_of,
    side_by_side,
)
from unfog.tasks.upscale import upscale


def layers_in(request: GenerateRequest) -> Layout | None:
    """What is painted by itself, if anything is."""
    return request.layout if request.layout is not None and request.layout.layers else None


def paintings(request: GenerateRequest) -> int:
    """How many pictures are painted for one."""
    layout = layers_in(request)
    return 1 if layout is None else len(pieces(layout)) + bool(layout.ground)


def rounds(request: GenerateRequest) -> int:
    """How often the network goes all the way from noise to a picture, or to several at once, for one picture."""
    layout = layers_in(request)
    return 1 if layout is None else len(side_by_side(layout)) + bool(layout.ground)


@dataclass
class Collage:
    """A picture in the making: ``drawing`` paints all of it; ``both`` and ``preview`` put together what there is.

    ``tally`` counts network evaluations.
    """

    model: Model
    request: GenerateRequest
    layout: Layout
    canvas: tuple[int, int]
    tally: Tally
    things: dict[tuple[int, int], Tensor] = field(default_factory=dict[tuple[int, int], Tensor])
    ground: Tensor | None = None

    @cached_property
    def groups(self) -> list[tuple[list[tuple[int, int]], Denoise]]:
        """The pieces that are painted side by side, and their denoiser, the same for every seed."""
        groups, asked = side_by_side(self.layout), self.request
        texts = [[self.layout.layers[k].prompt for k, _ in group] for group in groups]
        made = [on_nothing(self.model, each, asked.sample, asked.negative, self.tally) for each in texts]
        return list(zip(groups, made, strict=True))

    def drawing(self, seed: int) -> Iterator[Step]:
        """The steps of all that is painted for one picture: of the ground, then of the things, several at once."""
        asked, every, self.things, self.ground = self.request, pieces(self.layout), {}, None
        seeds = {piece: seed_of(seed, at) for at, piece in enumerate(every)}
        if text := self.layout.ground:
            last, told = seed_of(seed, len(every)), {"negative": asked.negative, "tally": self.tally}
            for step in paint_ground(self.model, text, last, asked.sample, self.canvas, **told):
                self.ground = reached(step)
                yield step
        for group, denoise in self.groups:
            for step in paint_things(self.model, denoise, [seeds[piece] for piece in group], asked.sample):
                self.things |= zip(group, reached(step).split(1), strict=True)
                yield step

    def preview(self) -> UInt8[Tensor, "1 c height width"]:
        """What is known of the picture so far, on its canvas."""
        (picture,) = self._at([self.canvas], None)
        return picture

    def both(self, size: tuple[int, int], upscaler: Upscaler | None) -> tuple[Tensor, Tensor]:
        """The picture on its canvas, and at ``size``: RGB over white, or straight RGBA where that is asked for."""
        pictures = self._at([self.canvas] if size == self.canvas else [self.canvas, size], upscaler)
        return pictures[0], pictures[-1]

    def _at(self, sizes: Sequence[tuple[int, int]], upscaler: Upscaler | None) -> list[UInt8[Tensor, "1 c _h _w"]]:
        there = [Piece(*piece, cut(self._decoded(x))) for piece, x in self.things.items()]
        missing = [Piece(*piece, nothing((1, 1))) for piece in pieces(self.layout) if piece not in self.things]
        ground = None if self.ground is None else self._decoded(self.ground)[..., : self.canvas[1], : self.canvas[0]]
        made = list[Tensor]()
        for size in sizes:
            helped = None if size == self.canvas else upscaler
            behind = ground if ground is None or size == self.canvas else upscale(ground, size, helped)
            x = put_together(self.layout, [*there, *missing], behind, size, helped)
            made.append(to_uint8(straight(x) if self.request.transparent else over(x)))
        return made

    def _decoded(self, x: Tensor) -> Tensor:
        return self.model.codec.decode(x).clamp(-1, 1).float().cpu()


def reached(step: Step) -> Tensor:
    """The clean picture that a step leads to; at the end, what is left of the noise is none."""
    return step.x if step.s == 0 else step.x0
