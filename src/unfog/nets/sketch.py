"""What a text alone suggests: a thumbnail of 16 x 16 cells, the mean of all pictures with such a caption.

    m = out(silu(hidden(pooled)))           loss: mean |m - thumbnail(x)|^2, whose minimum is E[thumbnail | text]

A network that draws learns what a name looks like only where the noise hides the picture, from few of its draws. The
thumbnail learns it from every picture, at whatever noise that is shown, and costs next to nothing; the network is given
it beside the noisy picture (compare the first layer of Reed et al. 2016, which turns a sentence into a grid).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from unfog.nets.layers import Linear

SIDE = 16


class Sketch(nn.Module):
    """``(b, pooled) -> (b, channels, 16, ...)``.

    Args:
        ndim: number of spatial axes.
        channels: of the pictures.
        pooled: width of the summary of a text; hidden: of the layer between.
    """

    def __init__(self, *, ndim: int = 2, channels: int, pooled: int, hidden: int) -> None:
        super().__init__()
        self.channels, self.space = channels, (SIDE,) * ndim
        self.hidden, self.out = Linear(pooled, hidden), Linear(hidden, channels * SIDE**ndim)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.out(F.silu(self.hidden(pooled))).unflatten(1, (self.channels, *self.space))

    def loss(self, pooled: Tensor, x: Tensor) -> Tensor:
        """Squared distance of the thumbnail from that of the picture ``x (b, channels, *space)``, per sample."""
        wanted = F.interpolate(x, size=self.space, mode="area")
        return (self(pooled).float() - wanted).square().flatten(1).mean(1)
