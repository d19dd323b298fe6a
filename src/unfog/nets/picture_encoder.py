"""A picture as tokens: what the image side of a text-image model sees, and what a style is taken from.

    x -> unshuffle -> conv -> downsample -> + place -> transformer blocks -> norm

A small vision transformer with a convolutional stem (Xiao et al. 2021), which learns faster from few pictures.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from unfog.nets.attention import Block
from unfog.nets.layers import Conv, Downsample, LayerNorm, pad_to_multiple, unshuffle
from unfog.nets.place import Place
from unfog.nets.rope import angles


class PictureEncoder(nn.Module):
    """``(b, channels, *space) -> (b, n, width)``, one token per ``2 patch`` pixels of every axis.

    Args:
        ndim: number of spatial axes.
        channels: channels of the picture.
        patch: side of the cells folded into channels by the stem.
        stem: channels of the stem.
        width, depth, heads: the transformer.
    """

    def __init__(
        self, *, ndim: int = 2, channels: int, patch: int, stem: int, width: int, depth: int, heads: int
    ) -> None:
        super().__init__()
        self.patch, self.head_dim = patch, width // heads
        self.stem = Conv(ndim, channels * patch**ndim, stem)
        self.shrink = Downsample(ndim, stem, width)
        self.place = Place(ndim, width)
        self.blocks = nn.ModuleList(Block(width, heads, emb=None, context=None) for _ in range(depth))
        self.norm = LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        h = unshuffle(pad_to_multiple(x, 2 * self.patch), self.patch)
        h = self.shrink(F.silu(self.stem(h)))
        cells = h.shape[2:]
        angle = angles(cells, self.head_dim, h.device)
        tokens = h.flatten(2).transpose(1, 2) + self.place(cells).to(h.dtype)  # (b, n, width)
        for block in self.blocks:
            tokens = block(tokens, angle=angle)
        return self.norm(tokens)
