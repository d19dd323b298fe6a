"""Regional prompts: parts of a canvas with denoisers of their own, each of which sees its part as a whole picture.

    D <- (1 - w) D + w D_i(x in region i)        in region i, for each region in turn

w is 1 inside and falls off within ``SOFT`` of the region's side towards those edges that are not the canvas's own, so
neighbours meet without a seam. A region's denoiser composes its thing inside the region, as it would on a canvas of
that size (compare Bar-Tal et al. 2023, MultiDiffusion, where it sees everything and may put the thing elsewhere).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.util.errors import UsageError

SOFT = 0.125  # of a side
Box = tuple[float, float, float, float]  # left, top, right, bottom in shares of the canvas


def regional(base: Denoise, regions: Sequence[tuple[Box, Denoise]]) -> Denoise:
    """``base`` everywhere, and in each region its own; later ones lie over earlier ones. Two spatial axes."""

    def laid(x: Tensor, t: Tensor) -> Tensor:
        d = base(x, t)
        for box, denoise in regions:
            rows, columns = cells(box, x.shape[2], x.shape[3])
            weight = window(rows, x.shape[2])[:, None] * window(columns, x.shape[3])
            part = (..., rows, columns)
            d = d.clone()
            d[part] = torch.lerp(d[part], denoise(x[part], t), weight.to(x))
        return d

    return laid


def cells(box: Box, height: int, width: int) -> tuple[slice, slice]:
    """The rows and columns of a region, at least one of each.

    Raises:
        UsageError: the box is empty or reaches beyond the canvas.
    """
    left, top, right, bottom = box
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise UsageError(f"a region is LEFT,TOP,RIGHT,BOTTOM in shares of the canvas, rising within 0..1, got {box}")
    spans = ((top, bottom, height), (left, right, width))
    firsts = [min(round(a * n), n - 1) for a, _, n in spans]
    rows, columns = (slice(k, max(round(b * n), k + 1)) for k, (_, b, n) in zip(firsts, spans, strict=True))
    return rows, columns


def window(part: slice, whole: int) -> Float[Tensor, " n"]:
    """Weights along one axis of a region."""
    n = part.stop - part.start
    soft = max(1.0, SOFT * n)
    near = torch.arange(n, dtype=torch.float64) + 0.5
    edges = [near if part.start > 0 else None, near.flip(0) if part.stop < whole else None]
    weight = torch.ones(n, dtype=torch.float64)
    for edge in edges:
        if edge is not None:
            weight = weight * torch.sin((math.pi / 2) * (edge / soft).clamp(max=1)).square()
    return weight
