"""The hybrid network: convolutional skin, transformer core (compare Hoogeboom et al. 2023, "simple diffusion", U-ViT).

    x -> unshuffle -> conv -> [ResBlocks -> downsample]*levels -> transformer core -> [upsample -> ResBlocks]*levels
      -> norm, conv (zero-init) -> shuffle

Pictures keep their detail in cheap convolutions at high resolution; composition and text meet where there are few
tokens, each of which is told its place in the picture (``place``) and how far the others are (``rope``). Skips are
concatenated and divided by sqrt(2). Any number of spatial axes; sizes that do not divide are padded inside and cropped
back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.nets.attention import Block
from unfog.nets.embed import Embed
from unfog.nets.layers import (
    ChannelNorm,
    Conv,
    Downsample,
    Linear,
    ResBlock,
    Upsample,
    coordinates,
    crop,
    pad_to_multiple,
    shuffle,
    unshuffle,
)
from unfog.nets.place import Place
from unfog.nets.rope import angles
from unfog.nets.sketch import Sketch

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


class Hybrid(nn.Module):
    """``net(x, level, cond, probe)`` with x ``(b, channels, *space)``; output of the same shape.

    Args:
        ndim: number of spatial axes (1 wave, 2 picture, 3 clip).
        channels: channels of ``x``.
        patch: side of the cells folded into channels by the stem.
        widths: channels of the convolutional levels, finest first.
        blocks: residual blocks per level, on the way down and again on the way up.
        core_width, core_depth, heads: the transformer at the coarsest level.
        context: width of the text tokens; pooled: width of the pooled text (0: unconditional); labels: classes.
        emb: width of the modulation embedding.
        control: extra input channels of ``cond.control``; without it they are 0.
        image: width of the tokens of a reference picture, ``cond.image``, 0: none.
        sketch: what a text alone suggests, shown to the stem beside ``x``; only its own loss trains it.

    What is absent is 0, for both: no pixel is known, no style is given.
    """

    def __init__(
        self,
        *,
        ndim: int = 2,
        channels: int = 3,
        patch: int = 2,
        widths: Sequence[int] = (64,),
        blocks: int = 2,
        core_width: int = 192,
        core_depth: int = 4,
        heads: int = 6,
        context: int = 0,
        pooled: int = 0,
        labels: int = 0,
        emb: int = 256,
        control: int = 0,
        image: int = 0,
        sketch: Sketch | None = None,
    ) -> None:
        super().__init__()
        self.patch, self.multiple, self.control = patch, patch * 2 ** len(widths), control
        self.image = Linear(image, context, bias=False) if image else None
        self.head_dim = core_width // heads
        cell = patch**ndim
        self.embed = Embed(emb, pooled=pooled, labels=labels)
        self.sketch = sketch
        beside = ndim + (0 if sketch is None else sketch.channels)
        self.stem = Conv(ndim, (channels + control) * cell + beside, widths[0])
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        for width, coarser in zip(widths, [*widths[1:], core_width], strict=True):
            self.down.append(nn.ModuleList(ResBlock(ndim, width, width, emb) for _ in range(blocks)))
            self.shrink.append(Downsample(ndim, width, coarser))
            self.grow.append(Upsample(ndim, coarser, width))
            self.up.append(nn.ModuleList(ResBlock(ndim, 2 * width, width, emb) for _ in range(blocks)))
        self.place = Place(ndim, core_width)
        self.core = nn.ModuleList(Block(core_width, heads, emb=emb, context=context or None) for _ in range(core_depth))
        self.norm = ChannelNorm(widths[0])
        self.out = Conv(ndim, widths[0], channels * cell, gain=0.0)

    def forward(self, x: Tensor, level: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        space = x.shape[2:]
        emb = self.embed(level, cond)
        if self.control:
            known = x.new_zeros(x.shape[0], self.control, *space) if cond.control is None else cond.control
            x = torch.cat([x, known.to(x.dtype)], dim=1)
        if self.image is not None:
            cond = self.with_image(cond, self.image)
        h = unshuffle(pad_to_multiple(x, self.multiple), self.patch)
        h = self.stem(torch.cat([h, coordinates(h), *self.suggested(h, cond)], dim=1))
        skips: list[Tensor] = []
        for blocks, shrink in zip(self.down, self.shrink, strict=True):
            for block in blocks.children():
                h = block(h, emb)
                skips.append(h)
            h = shrink(h)
        h = self.think(h, emb, cond, probe)
        for blocks, grow in zip(reversed(self.up), reversed(self.grow), strict=True):
            h = grow(h)
            for block in blocks.children():
                h = block(torch.cat([h, skips.pop()], dim=1) / math.sqrt(2), emb)
        return crop(shuffle(self.out(F.silu(self.norm(h))), self.patch), space)

    def suggested(self, h: Tensor, cond: Cond) -> list[Tensor]:
        """What the text alone suggests, as large as ``h``; nothing if this network has no sketch."""
        thumbnail = self.sketched(cond).sketch
        if self.sketch is None or thumbnail is None:
            return []
        return [F.interpolate(thumbnail, size=h.shape[2:], mode=LINEAR[h.ndim - 2], align_corners=False).to(h.dtype)]

    def sketched(self, cond: Cond) -> Cond:
        """The conditioning with what its text alone suggests, which is the same at every step."""
        if self.sketch is None or cond.sketch is not None:
            return cond
        return replace(cond, sketch=self.sketch(replace(cond, image=None)).detach())

    def with_image(self, cond: Cond, project: Linear) -> Cond:
        """The text tokens followed by those of the reference picture, to be attended to alike.

        The places of an absent picture (0 in every number) are masked: left open, they took three quarters of the
        attention of short captions.
        """
        if cond.tokens is None or cond.mask is None:
            raise ValueError("this network reads a reference picture beside text: give cond.tokens and cond.mask")
        if cond.image is None:
            return cond
        tokens = torch.cat([cond.tokens, project(cond.image).to(cond.tokens.dtype)], dim=1)
        present = (cond.image != 0).flatten(1).any(1, keepdim=True).expand(-1, cond.image.shape[1])  # (b, n)
        return replace(cond, tokens=tokens, mask=torch.cat([cond.mask, present], dim=1))

    def think(self, h: Tensor, emb: Tensor, cond: Cond, probe: Probe | None) -> Tensor:
        """The transformer core on the coarsest grid: (b, d, *cells) -> the same."""
        cells = h.shape[2:]
        angle = angles(cells, self.head_dim, h.device)
        tokens = h.flatten(2).transpose(1, 2) + self.place(cells).to(h.dtype)  # (b, n, d)
        for i, block in enumerate(self.core):
            tokens = block(tokens, emb=emb, cond=cond, angle=angle, site=f"core.{i}", probe=probe)
        return tokens.transpose(1, 2).unflatten(2, cells)
