"""Frequency-decoupled guidance (Sadat et al. 2025, FDG): less guidance for what is coarse, more for what is fine.

    D = D_c + sum over levels (scale_k - 1) L_k,    D_c - D_u = sum over levels L_k  (a Laplacian pyramid)

High scales at low frequencies cost variety and saturate colours; at high frequencies they make detail. Equal scales are
CFG. The pyramid is Burt & Adelson's (1983): smooth by 1 4 6 4 1 and keep every second value; enlarge by linear
interpolation; L_k is what that loses, the last level what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.guidance.cfg import Mix, Scale
from unfog.util.errors import UsageError
from unfog.util.shapes import like

BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def frequency(coarse: float = 0.5, levels: int = 2) -> Mix:
    """The finest level gets ``scale``, the coarsest 1 + ``coarse`` (scale - 1), those between lie evenly between.

    Args:
        coarse: 1 is CFG, 0 leaves the coarse level conditional.
        levels: of the pyramid, 2 or more.

    Raises:
        UsageError: fewer than 2 levels.
    """
    if levels < 2:
        raise UsageError(f"guidance by frequency needs 2 levels or more, got {levels}")
    shares = [1 + (coarse - 1) * k / (levels - 1) for k in range(levels)]

    def mix(cond: Float[Tensor, "b *shape"], uncond: Float[Tensor, "b *shape"], scale: Scale) -> Tensor:
        parts = pyramid(cond - uncond, levels)
        push = collapse([share * part for share, part in zip(shares, parts, strict=True)])
        return cond + ((like(scale, cond).to(cond) if isinstance(scale, Tensor) else scale) - 1) * push

    return mix


def pyramid(x: Float[Tensor, "b *shape"], levels: int) -> list[Tensor]:
    """What each halving along the axes after the second loses, finest first, and what is left."""
    parts = list[Tensor]()
    for _ in range(levels - 1):
        small = x
        for axis in range(2, x.ndim):
            small = _halve(small, axis)
        parts.append(x - _enlarge(small, x.shape))
        x = small
    return [*parts, x]


def collapse(parts: Sequence[Tensor]) -> Tensor:
    """The sum of a pyramid, enlarged as needed: the inverse of ``pyramid``."""
    x = parts[-1]
    for part in reversed(parts[:-1]):
        x = part + _enlarge(x, part.shape)
    return x


def _halve(x: Tensor, axis: int) -> Tensor:
    rows = x.movedim(axis, -1)
    n, first, last = rows.shape[-1], rows[..., :1], rows[..., -1:]
    padded = torch.cat([first, first, rows, last, last], -1)
    smooth = sum((tap * padded[..., k : k + n] for k, tap in enumerate(BINOMIAL)), torch.zeros_like(rows))
    return smooth[..., ::2].movedim(-1, axis)


def _enlarge(x: Tensor, shape: Sequence[int]) -> Tensor:
    for axis in range(2, x.ndim):
        rows = x.movedim(axis, -1)
        following = torch.cat([rows[..., 1:], rows[..., -1:]], -1)
        between = torch.stack([rows, (rows + following) / 2], -1).flatten(-2)
        x = between[..., : shape[axis]].movedim(-1, axis)
    return x
