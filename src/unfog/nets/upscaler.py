"""A small network that doubles a picture: what it adds to a fixed interpolation, pixels shuffled out of channels.

    y = stretched(x) + shuffle(out(h))      h = stem(x) + blocks      out starts at 0: it begins as ``nets/edges.py``
    lo <= y <= hi                           lo, hi: least and greatest of 3 x 3 in x

Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
Network" (2016); residual blocks without normalisation as in Lim et al., "Enhanced Deep Residual Networks" (2017). Its
loss is the robust one of Charbonnier et al. (1994), mean sqrt(d^2 + EPS^2), which does not prefer soft edges to sharp
ones as squares do. It sees ``2 depth + 2`` pixels to every side, and what it gives is cut to the range of what is
around it (not in training, where that would stop the learning): flat parts stay exactly as they are, edges are put
right, there are no halos, and nothing is invented.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from unfog.nets.edges import around, stretched
from unfog.nets.layers import Conv, double, shuffle

EPS = 1e-3


class Residual(nn.Module):
    """``x + conv(silu(conv(x)))``, the second convolution starting at 0."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(2, width, width), Conv(2, width, width, gain=0.0)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.silu(self.conv1(x)))


class Upscaler(nn.Module):
    """Pictures to pictures of twice the size; transparent ones premultiplied over mid-grey (``media/alpha.py``).

    Args:
        channels: of the pictures.
        width: channels inside.
        depth: residual blocks.
    """

    def __init__(self, *, channels: int, width: int, depth: int) -> None:
        super().__init__()
        self.channels = channels
        self.stem = Conv(2, channels, width)
        self.blocks = nn.Sequential(*(Residual(width) for _ in range(depth)))
        self.out = Conv(2, width, 4 * channels, gain=0.0)

    def enlarge(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
        """``x`` in [-1, 1] at twice the size, within the range of what is around every pixel."""
        low, high = around(x)
        return self.free(x).clamp(double(low), double(high))

    def free(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
        """``x`` at twice the size as the network says; edges are continued beyond the border."""
        reach = len(self.blocks) * 2 + 2
        wide = F.pad(x, (reach,) * 4, mode="replicate")  # zeros around would be a grey frame
        added = shuffle(self.out(self.blocks(self.stem(wide))), 2)
        return begun(x) + added[..., 2 * reach : -2 * reach, 2 * reach : -2 * reach]

    def forward(self, x: Float[Tensor, "b c h w"], wanted: Float[Tensor, "b c h2 w2"]) -> Float[Tensor, " b"]:
        """Training loss per sample: how far the enlarged ``x`` is from ``wanted``."""
        apart = self.free(x).float() - wanted
        return torch.sqrt(apart.square() + EPS**2).mean((1, 2, 3))


def begun(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    """What the network adds to: ``x`` at twice the size by interpolation."""
    return stretched(x, (2 * x.shape[2], 2 * x.shape[3]), soft=0.0)
