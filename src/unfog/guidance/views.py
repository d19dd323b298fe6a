"""Views: a denoiser's mean over a square turned and mirrored, each answer turned back.

Timofte et al. 2016, enhanced prediction, also called self-ensemble.

    D'(x, t) = 1/n sum_k S_k^-1 D(S_k x, t),    S_k among the eight symmetries of the square

What a network gets wrong is not the same in every view, so part of it averages out. The first view is the picture as it
is, the first two are its transpose too, the first four every half turn of both, so that no axis is preferred.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.util.errors import UsageError

VIEWS = (1, 2, 4, 8)
ORDER = ((0, False), (1, True), (2, False), (3, True), (1, False), (2, True), (3, False), (0, True))
"""Quarter turns, and whether the last axis is reversed before."""


def viewed(denoise: Denoise, views: int) -> Denoise:
    """``denoise`` of square pictures ``(b, c, n, n)``, its mean over so many ``views`` (1, 2, 4 or 8).

    Raises:
        UsageError: another number of views.
    """
    if views not in VIEWS:
        raise UsageError(f"views must be 1, 2, 4 or 8, got {views}")
    if views == 1:
        return denoise

    def mean(x: Tensor, t: Tensor) -> Tensor:
        return torch.stack([back(denoise(turned(x, k), t), k) for k in range(views)]).mean(0)

    return mean


def turned(x: Tensor, view: int) -> Tensor:
    """A picture as it is seen in a view, 0 to 7."""
    turns, mirrored = ORDER[view]
    return torch.rot90(x.flip(-1) if mirrored else x, turns, (-2, -1))


def back(x: Tensor, view: int) -> Tensor:
    """The inverse of ``turned``."""
    turns, mirrored = ORDER[view]
    x = torch.rot90(x, -turns, (-2, -1))
    return x.flip(-1) if mirrored else x
