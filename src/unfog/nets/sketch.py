"""What a text alone suggests: a thumbnail of 16 x 16 cells, the mean of all pictures with such a caption.

    m = out(silu(hidden(pooled)))  +  fine(blocks(cells))           cells attend to the tokens and to each other
    loss: mean |m - thumbnail(x)|^2, whose minimum is E[thumbnail | text]

A network that draws learns what a name looks like only where the noise hides the picture, from few of its draws. The
thumbnail learns it from every picture, at whatever noise that is shown, and costs little; the network is given it
beside the noisy picture (compare the first layer of Reed et al. 2016, which turns a sentence into a grid). The first
term knows names; which of two things is where, and which colour is whose, only the tokens say.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.nets.attention import Block
from unfog.nets.layers import LayerNorm, Linear, shuffle
from unfog.nets.place import Place
from unfog.nets.rope import angles

SIDE = 16
CELLS = 8  # a side, each of which becomes 2 x 2


class Sketch(nn.Module):
    """Conditioning with tokens and a summary, ``width`` numbers each, to ``(b, channels, 16, ...)``.

    Args:
        ndim: number of spatial axes.
        channels: of the pictures.
        width: of the tokens, of the summary, and of the cells between.
        hidden: of the layer between a summary and the thumbnail.
        depth, heads: of the transformer whose cells read the tokens; depth 0: none.
    """

    def __init__(
        self, *, ndim: int = 2, channels: int, width: int, hidden: int, depth: int = 0, heads: int = 1
    ) -> None:
        super().__init__()
        self.channels, self.space, self.grid = channels, (SIDE,) * ndim, (CELLS,) * ndim
        self.head_dim = width // heads
        self.hidden, self.out = Linear(width, hidden), Linear(hidden, channels * math.prod(self.space))
        self.blocks = nn.ModuleList(Block(width, heads, emb=None, context=width) for _ in range(depth))
        if depth:
            self.place, self.start = Place(ndim, width), Linear(width, width)
            self.norm, self.fine = LayerNorm(width), Linear(width, channels * (SIDE // CELLS) ** ndim, gain=0.0)

    def forward(self, cond: Cond) -> Float[Tensor, "b c *cells"]:
        """The thumbnails that texts suggest.

        Raises:
            ValueError: ``cond`` has no summary, or no tokens to read.
        """
        if cond.pooled is None:
            raise ValueError("this network is shown what a text suggests: give cond.pooled")
        m = self.out(F.silu(self.hidden(cond.pooled))).unflatten(1, (self.channels, *self.space))
        if not self.blocks:
            return m
        cells = self.place(self.grid) + self.start(cond.pooled)[:, None]  # (b, n, d)
        angle = angles(self.grid, self.head_dim, cells.device)
        for block in self.blocks:
            cells = block(cells, cond=cond, angle=angle)
        fine = self.fine(self.norm(cells)).transpose(1, 2).unflatten(2, self.grid)
        return m + shuffle(fine, SIDE // CELLS)

    def loss(self, cond: Cond, x: Tensor) -> Tensor:
        """Squared distance of the thumbnail from that of the picture ``x (b, channels, *space)``, per sample."""
        wanted = F.interpolate(x, size=self.space, mode="area")
        return (self(cond).float() - wanted).square().flatten(1).mean(1)
