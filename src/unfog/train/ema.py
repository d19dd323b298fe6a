"""Power-function exponential moving average of weights (Karras et al. 2024, section 3.1).

    ema <- beta_n ema + (1 - beta_n) weights,   beta_n = (1 - 1/n)^(gamma + 1),   n = 1, 2, ...

Its width is a fixed share of the run so far, sigma_rel = sqrt((gamma+1) / ((gamma+2)^2 (gamma+3))), so one number
serves runs of every length and the random start is forgotten at once (beta_1 = 0).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def gamma_of(sigma_rel: float) -> float:
    """Exponent gamma with relative width ``sigma_rel`` in (0, 0.28): the positive root of eq. 126 of the paper."""
    low, high = 0.0, 1e6
    for _ in range(200):
        gamma = (low + high) / 2
        width = ((gamma + 1) / ((gamma + 2) ** 2 * (gamma + 3))) ** 0.5
        low, high = (gamma, high) if width > sigma_rel else (low, gamma)
    return low


def decay(step: int, gamma: float) -> float:
    """beta of the ``step``-th update, counted from 1."""
    return (1 - 1 / step) ** (gamma + 1)


@torch.no_grad()
def update(ema: Sequence[Tensor], weights: Sequence[Tensor], beta: float) -> None:
    """Move ``ema`` towards ``weights`` in place: ema <- beta ema + (1 - beta) weights."""
    # one fused pass over all tensors
    torch._foreach_lerp_(list(ema), list(weights), 1 - beta)  # pyright: ignore[reportPrivateImportUsage]
