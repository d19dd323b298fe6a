"""What augmentation is worth: the accuracy of one small classifier that learned with it and without.

    none        the originals
    classical   the originals, turned, scaled and shifted anew at every visit (``moves.py``)
    synthetic   at every visit with probability 1/2 a synthetic copy in the place of the original that is due
                (Trabucco et al. 2023, "Effective Data Augmentation With Diffusion Models", alpha = 1/2)
    both        first the one, then the other

Every way learns equally long, and run k of all four has seed k: the same initial weights, the same originals in the
same order, the same turns. Accuracies are compared run by run (``paired.py``).
"""

from __future__ import annotations

import statistics
from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from unfog.data.stream import runs
from unfog.evaluate.faithfulness import Share
from unfog.evaluate.moves import moved
from unfog.evaluate.paired import paired
from unfog.evaluate.small_classifier import BATCH, Batches, accuracy, fit
from unfog.media.image import from_uint8
from unfog.util.random import Draw, uniform

Arm = Literal["none", "classical", "synthetic", "both"]
ARMS: tuple[Arm, ...] = get_args(Arm)
COMPARED: tuple[tuple[Arm, Arm], ...] = (
    ("classical", "none"),
    ("synthetic", "none"),
    ("synthetic", "classical"),
    ("both", "classical"),
)
IN_PLACE = 0.5  # probability that a copy takes the place of its original


@dataclass(frozen=True)
class Material:
    """What there is to learn from, and to be tested on.

    Attributes:
        pixels, labels: the originals.
        copies: synthetic pictures in the order of their originals; ``of``: the number of the original of each.
        test, answers: pictures that nothing was learned from.
        classes: their number; flip: mirroring belongs to the classical augmentation.
    """

    pixels: UInt8[Tensor, "n 3 h w"]
    labels: Int64[Tensor, " n"]
    copies: UInt8[Tensor, "m 3 h w"]
    of: Int64[Tensor, " m"]
    test: UInt8[Tensor, "t 3 h w"]
    answers: Int64[Tensor, " t"]
    classes: int
    flip: bool = False


@dataclass(frozen=True)
class Gain:
    """Accuracies of every way, one per run, and the differences between some, with their intervals."""

    accuracies: dict[Arm, tuple[float, ...]]
    differences: dict[tuple[Arm, Arm], Share]
    tested: int

    def mean(self, arm: Arm) -> float:
        """Mean accuracy of a way."""
        return statistics.fmean(self.accuracies[arm])


def batches(material: Material, arm: Arm, seed: int) -> Batches:
    """What one run learns from."""
    counts = torch.bincount(material.of, minlength=len(material.pixels))
    first = counts.cumsum(0) - counts

    def batch(step: int) -> tuple[Tensor, Tensor]:
        start = step * BATCH
        rows = torch.tensor([k for _, some in runs(seed, len(material.pixels), start, BATCH) for k in some])
        pixels = material.pixels[rows]
        if arm in ("synthetic", "both") and len(material.copies):
            u = uniform([seed], (BATCH, 2), draw=Draw.JUDGE_MIX, step=step)[0]
            taken = (u[:, 0] < IN_PLACE) & (counts[rows] > 0)
            which = (first[rows] + (u[:, 1] * counts[rows]).long()).clamp(max=len(material.copies) - 1)
            pixels = torch.where(taken[:, None, None, None], material.copies[which], pixels)
        x = from_uint8(pixels)
        if arm in ("classical", "both"):
            x = moved(x, seed, range(start, start + BATCH), flip=material.flip)
        return x, material.labels[rows]

    return batch


def gain(material: Material, *, trials: int, steps: int, seed: int = 0) -> Generator[tuple[int, int], None, Gain]:
    """Train and test every way ``trials`` times, telling how many batches of how many were learned from."""
    found: dict[Arm, list[float]] = {arm: [] for arm in ARMS}
    total = trials * len(ARMS) * steps
    for trial in range(trials):
        for arm in ARMS:
            done = (trial * len(ARMS) + ARMS.index(arm)) * steps
            learning = fit(batches(material, arm, seed + trial), material.classes, seed + trial, steps=steps)
            while True:
                try:
                    step, _ = next(learning)
                except StopIteration as end:
                    found[arm].append(accuracy(end.value, material.test, material.answers))
                    break
                yield done + step, total
    yield total, total
    accuracies: dict[Arm, tuple[float, ...]] = {arm: tuple(found[arm]) for arm in ARMS}
    differences: dict[tuple[Arm, Arm], Share] = {(a, b): paired(found[a], found[b]) for a, b in COMPARED}
    return Gain(accuracies, differences, len(material.test))
