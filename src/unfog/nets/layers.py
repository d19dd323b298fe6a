"""Building blocks of every network, for any number of spatial axes; they own their initialisation.

Weights are drawn by ``initialise`` from counter-based randomness, N(0, gain^2 / fan_in), so a network is a pure
function of its configuration and a seed. ``gain=0`` is the zero-init of residual outputs: a block starts as the
identity.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfog.util.random import Draw, normal
from unfog.util.shapes import like

ROWS = 16  # see Linear
TABLE_STD = 0.5  # with 0.02 a step at rate 1e-3 moves a word by 5 %, and captions are learned more slowly (LOG)


class Linear(nn.Linear):
    """Linear layer whose result for a row does not depend on how many rows come with it.

    CPU matrix kernels choose another summation order for a handful of rows, which would make an image depend on its
    batch in the last bit. At inference the rows are therefore padded to a multiple of ``ROWS`` (measured: every row
    count from 1 to 64 then agrees bit for bit).
    """

    def __init__(self, width_in: int, width_out: int, *, bias: bool = True, gain: float = 1.0) -> None:
        super().__init__(width_in, width_out, bias=bias)
        self.gain = gain

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name in nn.Linear
        rows = input.numel() // self.in_features
        if rows % ROWS == 0 or torch.is_grad_enabled():
            return super().forward(input)
        flat = F.pad(input.reshape(rows, self.in_features), (0, 0, 0, -rows % ROWS))
        return super().forward(flat)[:rows].reshape(*input.shape[:-1], self.out_features)


class Embedding(nn.Embedding):
    """A table of vectors, filled by ``initialise``."""

    def reset_parameters(self) -> None:
        """Nothing: drawing numbers for a table without memory makes torch load its compiler, which takes a second."""


class Scalar(nn.Module):
    """One learned number, beginning at ``start``."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.start = start
        self.value = nn.Parameter(torch.empty(()))

    def forward(self) -> Tensor:
        return self.value


# Channels last is the layout convolutions are fast in, on a CPU (15.6 against 21.9 ms, docs/LOG.md) as on a GPU;
# the result keeps it, so it passes from one convolution to the next.
LAYOUTS: dict[int, tuple[Callable[..., Tensor], torch.memory_format]] = {
    1: (F.conv1d, torch.contiguous_format),
    2: (F.conv2d, torch.channels_last),
    3: (F.conv3d, torch.channels_last_3d),
}


class Conv(nn.Module):
    """Convolution over ``ndim`` spatial axes, zero padded to keep the size (divided by ``stride``)."""

    def __init__(
        self, ndim: int, width_in: int, width_out: int, kernel: int = 3, *, stride: int = 1, gain: float = 1.0
    ) -> None:
        super().__init__()
        self.ndim, self.stride, self.padding, self.gain = ndim, stride, kernel // 2, gain
        self.weight = nn.Parameter(torch.empty(width_out, width_in, *[kernel] * ndim))
        self.bias = nn.Parameter(torch.empty(width_out))

    def forward(self, x: Tensor) -> Tensor:
        conv, layout = LAYOUTS[self.ndim]
        return conv(
            x.contiguous(memory_format=layout), self.weight, self.bias, stride=self.stride, padding=self.padding
        )


class LayerNorm(nn.LayerNorm):
    """Normalisation of the last axis with a scale and no shift, in the precision of its input (Ba et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=1e-5, bias=False)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name in nn.LayerNorm
        return F.layer_norm(input, self.normalized_shape, self.weight.to(input.dtype), None, self.eps)


class ChannelNorm(LayerNorm):
    """The same over the channels of every cell of ``(b, c, *space)``; no copy where channels are last in memory."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)


def initialise(module: nn.Module, seed: int) -> None:
    """Fill every parameter from (seed, name): weights N(0, gain^2/fan_in), biases 0, norms 1, tables N(0, 0.5^2).

    Raises:
        TypeError: a parameter belongs to a layer this function does not know.
    """
    with torch.no_grad():
        for name, part in module.named_modules():
            match part:
                case Linear() | Conv():
                    fan_in = part.weight[0].numel()
                    fill(part.weight, part.gain / math.sqrt(fan_in), seed, name)
                    if part.bias is not None:  # pyright: ignore[reportUnnecessaryComparison]
                        part.bias.zero_()
                case nn.Embedding():
                    fill(part.weight, TABLE_STD, seed, name)
                case LayerNorm():
                    part.weight.fill_(1.0)
                case Scalar():
                    part.value.fill_(part.start)
                case nn.Linear():  # plain linear layers are the zero-start extras (uncertainty)
                    part.weight.zero_()
                    part.bias.zero_()
                case _ if list(part.parameters(recurse=False)):
                    raise TypeError(f"no initialisation rule for {type(part).__name__} at {name!r}")
                case _:
                    pass


def fill(weight: Tensor, std: float, seed: int, name: str) -> None:
    """Overwrite ``weight`` with N(0, std^2) numbers addressed by (seed, name)."""
    if std == 0:
        weight.zero_()
        return
    numbers = normal([seed], weight.shape, draw=Draw.WEIGHTS, index=[zlib.crc32(name.encode())])
    weight.copy_(numbers[0] * std)


def unshuffle(x: Tensor, patch: int) -> Tensor:
    """Fold cells of side ``patch`` into channels, losslessly: (b, c, *space) -> (b, c p^n, *space/p)."""
    if patch == 1:
        return x
    b, c, *space = x.shape
    cells = x.reshape(b, c, *[size for s in space for size in (s // patch, patch)])
    n = len(space)
    order = [0, 1, *[3 + 2 * i for i in range(n)], *[2 + 2 * i for i in range(n)]]
    return cells.permute(order).reshape(b, c * patch**n, *[s // patch for s in space])


def shuffle(x: Tensor, patch: int) -> Tensor:
    """Inverse of ``unshuffle``: (b, c p^n, *space) -> (b, c, *space p)."""
    if patch == 1:
        return x
    b, folded, *space = x.shape
    n = len(space)
    cells = x.reshape(b, folded // patch**n, *[patch] * n, *space)
    order = [0, 1, *[axis for i in range(n) for axis in (2 + n + i, 2 + i)]]
    return cells.permute(order).reshape(b, folded // patch**n, *[s * patch for s in space])


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Repeat the last row/column/frame until every spatial axis is a multiple; the caller crops back."""
    extra = [-s % multiple for s in x.shape[2:]]
    if not any(extra):
        return x
    amounts = [amount for e in reversed(extra) for amount in (0, e)]
    return F.pad(x, amounts, mode="replicate")


def crop(x: Tensor, space: Sequence[int]) -> Tensor:
    """The first ``space`` entries of every spatial axis."""
    return x[(..., *[slice(s) for s in space])]


def axes(space: Sequence[int], device: torch.device | str, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """The middles of the cells along every axis, in [-1, 1]: absolute places, the same at every resolution."""
    return [(torch.arange(s, device=device, dtype=dtype) + 0.5) * (2 / s) - 1 for s in space]


def coordinates(x: Tensor) -> Tensor:
    """Position of every cell in [-1, 1], one channel per spatial axis: (b, n, *space). Absolute places in a picture."""
    grid = torch.stack(torch.meshgrid(*axes(x.shape[2:], x.device, x.dtype), indexing="ij"))
    return grid.expand(x.shape[0], *grid.shape)


class Downsample(nn.Module):
    """Halve every spatial axis with a strided convolution."""

    def __init__(self, ndim: int, width_in: int, width_out: int) -> None:
        super().__init__()
        self.conv = Conv(ndim, width_in, width_out, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Upsample(nn.Module):
    """Double every spatial axis: nearest neighbour, then a convolution."""

    def __init__(self, ndim: int, width_in: int, width_out: int) -> None:
        super().__init__()
        self.conv = Conv(ndim, width_in, width_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(double(x))


def double(x: Tensor) -> Tensor:
    """Repeat every cell once along every spatial axis, channels staying last in memory: (b, c, *space) -> 2 space."""
    cells = x.movedim(1, -1)  # (b, *space, c)
    space = x.shape[2:]
    pairs = cells[(slice(None), *[part for _ in space for part in (slice(None), None)])]
    pairs = pairs.expand(x.shape[0], *[size for s in space for size in (s, 2)], x.shape[1])
    return pairs.reshape(x.shape[0], *[2 * s for s in space], x.shape[1]).movedim(-1, 1)


class ResBlock(nn.Module):
    """norm-SiLU-conv, modulated norm-SiLU-conv (zero-init), plus the input (Dhariwal & Nichol 2021, AdaGN).

    Args:
        emb: width of the embedding ``(b, emb)`` that scales and shifts the second normalisation; 0: nothing does.
    """

    def __init__(self, ndim: int, width_in: int, width_out: int, emb: int = 0) -> None:
        super().__init__()
        self.norm1, self.norm2 = ChannelNorm(width_in), ChannelNorm(width_out)
        self.conv1 = Conv(ndim, width_in, width_out)
        self.conv2 = Conv(ndim, width_out, width_out, gain=0.0)
        self.modulation = Linear(emb, 2 * width_out, gain=0.0) if emb else None
        self.skip = nn.Identity() if width_in == width_out else Conv(ndim, width_in, width_out, kernel=1)

    def forward(self, x: Tensor, emb: Tensor | None = None) -> Tensor:
        h = self.norm2(self.conv1(F.silu(self.norm1(x))))
        if self.modulation is not None and emb is not None:
            scale, shift = self.modulation(emb).chunk(2, dim=1)
            h = torch.addcmul(like_rows(shift, h), h, like_rows(scale, h) + 1)
        return self.skip(x) + self.conv2(F.silu(h))


def like_rows(v: Tensor, x: Tensor) -> Tensor:
    """View ``(b, c)`` as ``(b, c, 1, ..., 1)`` beside ``x (b, c, *space)``."""
    return like(v.flatten(), x.flatten(0, 1)).unflatten(0, v.shape)
