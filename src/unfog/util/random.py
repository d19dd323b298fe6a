"""Counter-based randomness: every random number is a pure function of (seed, index, step, draw kind, position).

Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011) maps a 128-bit counter and a
64-bit key to 128 random bits. The key is the seed; the counter is laid out as

    word 0: number of the group of four values inside the drawn tensor
    word 1: step (of a sampler or of an epoch)
    word 2: low 32 bits of the sample index
    word 3: kind of draw (8 bits) + high 24 bits of the sample index

so nothing is ever remembered: an image does not depend on its batch, and a training run resumes without any saved
generator state. Integers only up to the final conversion, hence the same bits on every device; normals come from
Box-Muller in float64 and are rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

T = TypeVar("T")

MASK = 0xFFFFFFFF
MULTIPLY = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)


class Draw(IntEnum):
    """What a random number is for. Two kinds never share a number; new kinds go to the end."""

    INITIAL = 0
    STEP = 1
    CHURN = 2
    TRAIN_NOISE = 3
    TRAIN_TIME = 4
    TRAIN_DROP = 5
    ORDER = 6
    AUGMENT = 7
    SCENE = 8
    CAPTION = 9
    VALID_NOISE = 10
    VALID_TIME = 11
    WEIGHTS = 12
    TEST = 13
    TEXTURE = 14
    MASK = 15
    REFERENCE = 16
    COARSE = 17
    COARSE_NOISE = 18
    TYPO = 19
    PROBE = 20
    DEQUANTISE = 21
    PATH = 22
    FOG = 23
    LATENT = 24
    VALID_LATENT = 25
    CROP = 26
    SYNTHETIC = 27
    JUDGE_MIX = 28
    JUDGE_MOVE = 29
    DICTIONARY = 30


def image_seed(seed: int, k: int) -> int:
    """Seed of image ``k`` of a request: ``(seed + k) mod 2**64``, the same as that seed asked for alone."""
    return (seed + k) % 2**64


def philox(counter: Int64[Tensor, "n 4"], key: Int64[Tensor, "n 2"]) -> Int64[Tensor, "n 4"]:
    """Ten rounds of Philox4x32 on unsigned 32-bit words held in int64 (a product wraps, its bits stay right)."""
    c0, c1, c2, c3 = counter.unbind(1)
    k0, k1 = key.unbind(1)
    for _ in range(10):
        p0, p1 = c0 * MULTIPLY[0], c2 * MULTIPLY[1]
        c0, c1, c2, c3 = (p1 >> 32) & MASK ^ c1 ^ k0, p1 & MASK, (p0 >> 32) & MASK ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return torch.stack([c0, c1, c2, c3], dim=1)


def _words(
    seeds: Sequence[int], count: int, draw: Draw, step: int, index: Sequence[int] | None, device: torch.device | None
) -> Int64[Tensor, "b groups 4"]:
    """``ceil(count / 4)`` groups of four 32-bit words for every (seed, index) pair."""
    b, groups = len(seeds), -(-count // 4)
    at = [0] * b if index is None else list(index)
    if len(at) != b:
        raise ValueError(f"{b} seeds but {len(at)} indices")
    if not 0 <= step <= MASK:
        raise ValueError(f"step must be within 0..2**32-1, got {step}")
    head = [
        (s & MASK, (s >> 32) & MASK, i & MASK, int(draw) | (i >> 32 & 0xFFFFFF) << 8)
        for s, i in zip(seeds, at, strict=True)
    ]
    rows = torch.tensor(head, dtype=torch.int64, device=device)[:, None].expand(b, groups, 4)  # (b, groups, 4)
    group = torch.arange(groups, device=device).expand(b, groups)
    counter = torch.stack([group, torch.full_like(group, step), rows[..., 2], rows[..., 3]], dim=-1)
    return philox(counter.reshape(-1, 4), rows[..., :2].reshape(-1, 2)).reshape(b, groups, 4)


def uniform(
    seeds: Sequence[int],
    shape: Sequence[int],
    *,
    draw: Draw,
    step: int = 0,
    index: Sequence[int] | None = None,
    device: torch.device | None = None,
) -> Float[Tensor, "b *shape"]:
    """Float64 numbers inside (0, 1), shape ``(len(seeds), *shape)``; row k depends on ``seeds[k], index[k]`` only."""
    count = math.prod(shape)
    words = _words(seeds, count, draw, step, index, device).reshape(len(seeds), -1)[:, :count]
    return ((words.double() + 0.5) * 2.0**-32).reshape(len(seeds), *shape)


def normal(
    seeds: Sequence[int],
    shape: Sequence[int],
    *,
    draw: Draw,
    step: int = 0,
    index: Sequence[int] | None = None,
    device: torch.device | None = None,
) -> Float[Tensor, "b *shape"]:
    """Standard normal float32 numbers, shape ``(len(seeds), *shape)``; row k depends on ``seeds[k], index[k]`` only."""
    count = math.prod(shape)
    words = (_words(seeds, count, draw, step, index, device).double() + 0.5) * 2.0**-32  # (b, groups, 4)
    radius = torch.sqrt(-2.0 * torch.log(words[..., 0::2]))
    angle = words[..., 1::2] * (2.0 * math.pi)
    pairs = torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], dim=-1)  # (b, groups, 2, 2)
    return pairs.reshape(len(seeds), -1)[:, :count].reshape(len(seeds), *shape).float()


def octets(
    seeds: Sequence[int], shape: Sequence[int], *, draw: Draw, step: int = 0, device: torch.device | None = None
) -> UInt8[Tensor, "b *shape"]:
    """Whole numbers 0..255, shape ``(len(seeds), *shape)``, four from each word: for textures, where a byte will do."""
    count = math.prod(shape)
    words = _words(seeds, -(-count // 4), draw, step, None, device)  # (b, groups, 4)
    low = words.view(torch.uint8).reshape(len(seeds), -1, 8)[:, :, :4]  # little-endian: the low half of each int64
    return low.reshape(len(seeds), -1)[:, :count].reshape(len(seeds), *shape)


@dataclass(frozen=True)
class Noise:
    """The noise of a batch of images, addressed by step and kind: what samplers receive as ``noise``.

    Args:
        seeds: one seed in 0..2**64-1 per sample.
        shape: shape of one sample, without the batch axis.
        index: one number per sample that tells those of one seed apart; ``None``: 0.
    """

    seeds: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32
    device: torch.device | None = None
    index: tuple[int, ...] | None = None

    def __call__(self, step: int, draw: Draw = Draw.STEP) -> Tensor:
        """Standard normal tensor ``(len(seeds), *shape)`` of this step and kind; the same at every call.

        Drawn on the CPU and moved: the same numbers whatever the device, which may know no float64 (Apple's).
        """
        return normal(self.seeds, self.shape, draw=draw, step=step, index=self.index).to(self.device, self.dtype)


class Dice:
    """Sequential draws from one Philox stream, for code that makes a varying number of choices (a caption)."""

    def __init__(self, seed: int, index: int, draw: Draw) -> None:
        self.seed, self.index, self.draw = seed, index, draw
        self.step, self.pool = 0, list[float]()

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number strictly between ``low`` and ``high``."""
        if not self.pool:
            numbers = uniform([self.seed], (64,), draw=self.draw, step=self.step, index=[self.index])
            self.pool, self.step = numbers[0].tolist()[::-1], self.step + 1
        return low + (high - low) * self.pool.pop()

    def integer(self, low: int, high: int) -> int:
        """An integer in ``low..high``, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self.uniform() < probability

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A new list in random order (Fisher-Yates)."""
        out = list(items)
        for last in range(len(out) - 1, 0, -1):
            other = self.integer(0, last)
            out[last], out[other] = out[other], out[last]
        return out
