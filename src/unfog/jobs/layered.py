"""The pictures of ``unfog generate`` that are painted as layers (``tasks/layers.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.config.sample import GenerateRequest, Layout
from unfog.media.alpha import over, straight
from unfog.media.image import to_uint8
from unfog.model.model import Model
from unfog.nets.upscaler import Upscaler
from unfog.samplers.step import Step
from unfog.tasks.generate import Tally
from unfog.tasks.layers import Piece, cut, paint_ground, paint_thing, pieces, put_together, seed_of
from unfog.tasks.upscale import upscale


def layers_in(request: GenerateRequest) -> Layout | None:
    """What is painted one by one, if anything is."""
    return request.layout if request.layout is not None and request.layout.layers else None


def paintings(request: GenerateRequest) -> int:
    """How often the network goes all the way from noise to a picture, for one picture."""
    layout = layers_in(request)
    return 1 if layout is None else len(pieces(layout)) + bool(layout.ground)


@dataclass
class Collage:
    """One picture in the making: ``drawing`` paints all of it, then ``finished`` puts it together."""

    model: Model
    request: GenerateRequest
    layout: Layout
    seed: int
    canvas: tuple[int, int]
    things: list[Piece] = field(default_factory=list[Piece])
    ground: Tensor | None = None

    def drawing(self, tally: Tally) -> Iterator[Step]:
        """The steps of all that is painted, one after the other."""
        negative, sample, at = self.request.negative, self.request.sample, 0
        for at, (k, copy) in enumerate(pieces(self.layout)):
            x, text = torch.empty(0), self.layout.layers[k].prompt
            for step in paint_thing(self.model, text, seed_of(self.seed, at), sample, negative=negative, tally=tally):
                x = step.x
                yield step
            self.things.append(Piece(k, copy, cut(self._decoded(x))))
        if self.layout.ground:
            x, seed = torch.empty(0), seed_of(self.seed, at + 1)
            for step in paint_ground(
                self.model, self.layout.ground, seed, sample, self.canvas, negative=negative, tally=tally
            ):
                x = step.x
                yield step
            self.ground = self._decoded(x)[..., : self.canvas[1], : self.canvas[0]]

    def finished(self, size: tuple[int, int], upscaler: Upscaler | None = None) -> UInt8[Tensor, "1 c height width"]:
        """The picture at (width, height): RGB over white, or straight RGBA where transparency is kept."""
        ground = None if self.ground is None else upscale(self.ground, size, upscaler)
        x = put_together(self.layout, self.things, ground, size, upscaler)
        return to_uint8(straight(x) if self.request.transparent else over(x))

    def both(self, size: tuple[int, int], upscaler: Upscaler | None) -> tuple[Tensor, Tensor]:
        """The picture on its canvas, and at ``size``; see ``finished``."""
        painted = self.finished(self.canvas)
        return painted, painted if size == self.canvas else self.finished(size, upscaler)

    def _decoded(self, x: Tensor) -> Tensor:
        return self.model.codec.decode(x).clamp(-1, 1).float().cpu()
