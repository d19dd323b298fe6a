"""One embedding of everything that is a single vector per sample: noise level, pooled text, class label.

The level enters as Fourier features cos(2 pi f lam) and sin(2 pi f lam), frequencies f spaced geometrically, so a
network is smooth in the noise level and independent of the schedule behind it.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.nets.layers import Embedding, Linear


def fourier(level: Tensor, features: int) -> Tensor:
    """Cosines and sines of ``level (b,)`` at ``features / 2`` frequencies from 1/32 to 2 cycles per unit of lam."""
    half = features // 2
    k = torch.arange(half, device=level.device, dtype=level.dtype)
    frequency = 2.0 ** (-5 + 6 * k / max(half - 1, 1))
    phase = 2 * math.pi * level[:, None] * frequency
    return torch.cat([phase.cos(), phase.sin()], dim=1) * math.sqrt(2)


class Embed(nn.Module):
    """``(b, emb)`` from the level, the pooled text and, if ``labels`` > 0, a class label.

    Args:
        emb: width of the embedding.
        pooled: width of the pooled text vector, 0 for none.
        labels: number of classes, 0 for none; label ``labels`` (one past the last) means "no label".
    """

    def __init__(self, emb: int, *, pooled: int = 0, labels: int = 0, features: int = 64) -> None:
        super().__init__()
        self.features = features
        self.level1, self.level2 = Linear(features, emb), Linear(emb, emb)
        self.pooled = Linear(pooled, emb) if pooled else None
        self.label = Embedding(labels + 1, emb) if labels else None

    def forward(self, level: Tensor, cond: Cond) -> Tensor:
        emb = self.level2(F.silu(self.level1(fourier(level, self.features))))
        if self.pooled is not None:
            if cond.pooled is None:
                raise ValueError(
                    f"this network reads a text vector of width {self.pooled.in_features}: give cond.pooled"
                )
            emb = emb + self.pooled(cond.pooled)
        if self.label is not None:
            if cond.label is None:
                none = self.label.num_embeddings - 1
                raise ValueError(f"this network reads class labels: give cond.label ({none} for none)")
            emb = emb + self.label(cond.label)
        return F.silu(emb)
