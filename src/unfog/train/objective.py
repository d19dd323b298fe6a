"""The training objective of one batch: which noise, which time, which captions are dropped, and the loss.

Everything random is addressed by (run seed, position of the sample in the run). Times follow the golden-ratio sequence
u_i = frac(u_0 + i / phi): any stretch of consecutive positions covers the noise levels evenly, which lowers the
variance of the loss at no cost (Weyl 1916; low-discrepancy sampling as in Kingma et al. 2021, appendix I.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from unfog.core.process import Process
from unfog.core.weighting import Density
from unfog.text.tokenizer import Encoded
from unfog.util.random import Draw, normal, uniform

GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Example:
    """One training batch, ready for ``Model.forward``."""

    x: Float[Tensor, "b c *_space"]
    words: Encoded
    drop: Bool[Tensor, " b"]
    t: Float[Tensor, " b"]
    eps: Float[Tensor, "b d *space"]
    known: Float[Tensor, "b 1 *_space"] | None = None
    reference: Float[Tensor, "r c *_space"] | None = None
    of: Int64[Tensor, " r"] | None = None

    def to(self, device: torch.device) -> Example:
        moved: list[Any] = [None if part is None else part.to(device) for part in self.parts()]
        return Example(*moved)

    def parts(self) -> tuple[Any, ...]:
        """The arguments of ``Model.forward``."""
        return self.x, self.words, self.drop, self.t, self.eps, self.known, self.reference, self.of


@dataclass(frozen=True)
class Pair:
    """Pictures with their captions, and texts with plain ones of the same meaning: a batch of ``Contrast.forward``."""

    x: Float[Tensor, "b c *space"]
    words: Encoded
    said: Encoded | None = None
    meant: Encoded | None = None

    def to(self, device: torch.device) -> Pair:
        moved: list[Any] = [None if part is None else part.to(device) for part in self.parts()]
        return Pair(*moved)

    def parts(self) -> tuple[Tensor, Encoded, Encoded | None, Encoded | None]:
        """The arguments of ``Contrast.forward``."""
        return self.x, self.words, self.said, self.meant


def times(seed: int, positions: Sequence[int], density: Density, process: Process, draw: Draw) -> Float[Tensor, " b"]:
    """A time in (0, 1] for every position, float32."""
    start = uniform([seed], (1,), draw=draw)[0, 0]
    u = (start + torch.tensor(positions, dtype=torch.float64) * GOLDEN) % 1.0
    return density.time(u.clamp(1e-9, 1 - 1e-9), process).float()


def example(
    x: Float[Tensor, "b c *_space"],
    words: Encoded,
    positions: Sequence[int],
    *,
    shape: Sequence[int],
    seed: int,
    density: Density,
    process: Process,
    caption_dropout: float,
    draws: tuple[Draw, Draw] = (Draw.TRAIN_TIME, Draw.TRAIN_NOISE),
) -> Example:
    """Pictures and captions to a training batch, with noise of ``shape`` for each.

    ``draws`` separates validation numbers from training numbers.
    """
    b = x.shape[0]
    t = times(seed, positions, density, process, draws[0])
    eps = normal([seed] * b, shape, draw=draws[1], index=positions)
    drop = uniform([seed] * b, (1,), draw=Draw.TRAIN_DROP, index=positions)[:, 0] < caption_dropout
    return Example(x, words, drop, t, eps)
