"""Overlapping windows (Bar-Tal et al. 2023, MultiDiffusion): a denoiser of one size for canvases of any size.

    D(x, t) = sum_i w_i D(x in window i, t) / sum_i w_i

The windows have the side the network was trained at and stand evenly, neighbours overlapping by ``overlap`` or more;
the last ends where the canvas ends. A weight is the product over the axes of a flat middle with raised-cosine flanks as
long as the overlap, sin^2(pi (i + 1/2) / (2 overlap)): a Hann window where half of it overlaps. Along an axis that is
not longer than a window there is one, as long as the axis.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.util.errors import UsageError


def windowed(denoise: Denoise, side: int, overlap: int | None = None, *, together: int = 1) -> Denoise:
    """``denoise`` on windows of ``side``, put together; any number of axes, any canvas.

    Args:
        overlap: of neighbours, 1 .. side - 1; ``None``: half a window.
        together: windows in one call of ``denoise``, which then has to have one conditioning for all samples.

    Raises:
        UsageError: an overlap out of range, or ``together`` below 1.
    """
    lap = max(1, side // 2) if overlap is None else overlap
    if not 1 <= lap < side or together < 1:
        raise UsageError(f"windows of {side} overlap by 1 to {side - 1}, {lap} was asked; together is 1 or more")
    return lambda x, t: returned(one_after_another(denoise, x, t, side, lap, together=together))


def one_after_another(
    denoise: Denoise, x: Tensor, t: Tensor, side: int, overlap: int, *, together: int = 1
) -> Generator[None, None, Tensor]:
    """The same, stopping between two calls of ``denoise``; what it returns is the whole."""
    space = x.shape[2:]
    corners = [starts(length, side, overlap) for length in space]
    weight = weights([min(side, length) for length in space], overlap).to(x)
    total, seen = torch.zeros_like(x), torch.zeros_like(x[:1, :1])
    places = [
        (..., *(slice(first, first + side) for first in corner))  # slices end where the canvas ends
        for corner in product(*corners)
    ]
    for k in range(0, len(places), together):
        if k:
            yield
        some = places[k : k + together]
        made = denoise(torch.cat([x[place] for place in some]), t.repeat(len(some)))
        for i, place in enumerate(some):
            total[place] += weight * made[i * x.shape[0] : (i + 1) * x.shape[0]]
            seen[place] += weight
    return total / seen


def returned(run: Generator[None, None, Tensor]) -> Tensor:
    """What comes of it, without a stop."""
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value


def starts(length: int, side: int, overlap: int) -> list[int]:
    """Where windows begin along an axis: from 0 to ``length - side``, as evenly as whole numbers allow."""
    if length <= side:
        return [0]
    gaps = math.ceil((length - side) / (side - overlap))
    return [k * (length - side) // gaps for k in range(gaps + 1)]


def count(space: Sequence[int], side: int, overlap: int) -> int:
    """How many windows there are on a canvas."""
    return math.prod(len(starts(length, side, overlap)) for length in space)


def weights(space: Sequence[int], overlap: int) -> Float[Tensor, "*space"]:
    """Weights of the cells of a window, in (0, 1], the same from both ends of every axis."""
    weight = torch.ones((), dtype=torch.float64)
    for length in space:
        i = torch.arange(length, dtype=torch.float64)
        near = torch.minimum(i, length - 1 - i).clamp(max=overlap) + 0.5
        flank = torch.sin((math.pi / 2) * (near / overlap).clamp(max=1)).square()
        weight = weight[..., None] * flank
    return weight
