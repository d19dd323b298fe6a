"""The plain denoising U-Net (Ho et al. 2020, with the AdaGN of Dhariwal & Nichol 2021) for any number of spatial axes.

    conv -> [ (ResBlock [+ attention]) * blocks -> downsample ]*levels -> ResBlock, attention, ResBlock
         -> [ upsample -> (ResBlock [+ attention]) * (blocks) ]*levels -> norm, conv (zero-init)

Attention stands at the levels named in ``attend`` and in the middle; with text it is followed by cross-attention.
Unlike the original, and like the hybrid network: the stem sees coordinates, attention rotates by position (nets/rope),
and normalisation is over channels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.nets.attention import Block
from unfog.nets.embed import Embed
from unfog.nets.layers import ChannelNorm, Conv, Downsample, ResBlock, Upsample, coordinates, crop, pad_to_multiple
from unfog.nets.rope import angles


class SpatialBlock(nn.Module):
    """A transformer block over the cells of a feature map ``(b, c, *cells)``."""

    def __init__(self, width: int, heads: int, emb: int, context: int | None, site: str) -> None:
        super().__init__()
        self.head_dim, self.site = width // heads, site
        self.block = Block(width, heads, emb=emb, context=context)

    def forward(self, h: Tensor, emb: Tensor, cond: Cond, probe: Probe | None) -> Tensor:
        cells = h.shape[2:]
        angle = angles(cells, self.head_dim, h.device)
        tokens = self.block(h.flatten(2).transpose(1, 2), emb=emb, cond=cond, angle=angle, site=self.site, probe=probe)
        return tokens.transpose(1, 2).unflatten(2, cells)


class UNet(nn.Module):
    """``net(x, level, cond, probe)`` with x ``(b, channels, *space)``; output of the same shape.

    Args:
        widths: channels per level, finest first; each further level halves the resolution.
        blocks: residual blocks per level and direction.
        attend: levels (0 = finest) that carry attention besides the middle.
        heads: attention heads; every attending width must be a multiple of twice this.
        others: as in ``unfog.nets.hybrid.Hybrid``.
    """

    def __init__(
        self,
        *,
        ndim: int = 2,
        channels: int = 3,
        widths: Sequence[int] = (64, 128, 192),
        blocks: int = 2,
        attend: Sequence[int] = (),
        heads: int = 4,
        context: int = 0,
        pooled: int = 0,
        labels: int = 0,
        emb: int = 256,
    ) -> None:
        super().__init__()
        self.multiple = 2 ** (len(widths) - 1)
        self.embed = Embed(emb, pooled=pooled, labels=labels)
        self.stem = Conv(ndim, channels + ndim, widths[0])
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        self.down_attention, self.up_attention = nn.ModuleDict(), nn.ModuleDict()
        finer = [widths[0], *widths[:-1]]
        for i, (before, width) in enumerate(zip(finer, widths, strict=True)):
            self.shrink.append(Downsample(ndim, before, before) if i else nn.Identity())
            self.grow.append(Upsample(ndim, before, before) if i else nn.Identity())
            ins = [before, *[width] * (blocks - 1)]
            outs = [*[width] * (blocks - 1), before]
            self.down.append(nn.ModuleList(ResBlock(ndim, a, width, emb) for a in ins))
            self.up.append(nn.ModuleList(ResBlock(ndim, 2 * width, a, emb) for a in outs))
            if i in attend:
                for j, a in enumerate(outs):
                    self.down_attention[f"{i}-{j}"] = SpatialBlock(width, heads, emb, context or None, f"down.{i}.{j}")
                    self.up_attention[f"{i}-{j}"] = SpatialBlock(a, heads, emb, context or None, f"up.{i}.{j}")
        last = widths[-1]
        self.middle1 = ResBlock(ndim, last, last, emb)
        self.middle = SpatialBlock(last, heads, emb, context or None, "core.0")
        self.middle2 = ResBlock(ndim, last, last, emb)
        self.norm = ChannelNorm(widths[0])
        self.out = Conv(ndim, widths[0], channels, gain=0.0)

    def forward(self, x: Tensor, level: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        space = x.shape[2:]
        emb = self.embed(level, cond)
        x = pad_to_multiple(x, self.multiple)
        h = self.stem(torch.cat([x, coordinates(x)], dim=1))
        skips: list[Tensor] = []
        for i, (blocks, shrink) in enumerate(zip(self.down, self.shrink, strict=True)):
            h = shrink(h)
            for j, block in enumerate(blocks.children()):
                h = block(h, emb)
                if (key := f"{i}-{j}") in self.down_attention:
                    h = self.down_attention[key](h, emb, cond, probe)
                skips.append(h)
        h = self.middle2(self.middle(self.middle1(h, emb), emb, cond, probe), emb)
        for i, blocks, grow in reversed([*zip(range(len(self.up)), self.up, self.grow, strict=True)]):
            for j, block in enumerate(blocks.children()):
                h = block(torch.cat([h, skips.pop()], dim=1) / math.sqrt(2), emb)
                if (key := f"{i}-{j}") in self.up_attention:
                    h = self.up_attention[key](h, emb, cond, probe)
            h = grow(h)
        return crop(self.out(F.silu(self.norm(h))), space)
