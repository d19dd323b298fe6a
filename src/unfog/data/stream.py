"""The order of training: which picture is read at which position of a run, as a pure function.

A run is one sequence of positions 0, 1, 2, ... (pictures read since the start, whatever the batch size). With n
pictures, position p belongs to epoch ``p // n`` and reads picture ``perm_e[p % n]``, where perm_e sorts n Philox
uniforms drawn for (seed, epoch): every epoch reads every picture once, and a run that stopped at any position goes on
exactly as if it had not. An endless dataset is read in order, all of it in epoch 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from jaxtyping import Int64
from torch import Tensor

from unfog.data.dataset import Batch, Dataset
from unfog.util.random import Draw, image_seed, uniform


@lru_cache(maxsize=4)
def permutation(seed: int, count: int, epoch: int) -> Int64[Tensor, "n"]:
    """The order of ``count`` pictures in one epoch. Shared between calls: do not write into it."""
    return torch.argsort(uniform([seed], (count,), draw=Draw.ORDER, step=epoch)[0], stable=True)


def locate(seed: int, count: int | None, position: int) -> tuple[int, int]:
    """(epoch, picture) read at ``position`` >= 0; ``count`` = None is an endless dataset."""
    if position < 0 or count == 0:
        raise ValueError(f"need position >= 0 and count >= 1, got position {position} and count {count}")
    if count is None:
        return 0, position
    epoch, offset = divmod(position, count)
    return epoch, int(permutation(seed, count, epoch)[offset])


def runs(seed: int, count: int | None, start: int, n: int) -> list[tuple[int, list[int]]]:
    """Positions ``start .. start+n-1`` as stretches of one epoch each: ``[(epoch, pictures), ...]``."""
    if count is None:
        return [(0, list(range(start, start + n)))]
    out = list[tuple[int, list[int]]]()
    while n > 0:
        epoch, offset = divmod(start, count)
        pictures: list[int] = permutation(seed, count, epoch)[offset : offset + n].tolist()
        out.append((epoch, pictures))
        start, n = start + len(pictures), n - len(pictures)
    return out


def read(dataset: Dataset, *, seed: int, start: int, n: int) -> Batch:
    """Training pictures of positions ``start .. start+n-1`` of a run.

    What varies between visits (caption choice, flips) is drawn with the seed ``(seed + epoch) mod 2**64``, so a
    picture changes from epoch to epoch and not with the batch size.
    """
    return joined(
        [
            dataset.batch(pictures, seed=image_seed(seed, epoch), split="train")
            for epoch, pictures in runs(seed, dataset.count, start, n)
        ]
    )


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch from several, without references (a set that has them has no end, so its batches are whole)."""
    if len(batches) == 1:
        return batches[0]
    return Batch(torch.cat([batch.x for batch in batches]), [text for batch in batches for text in batch.captions])
