"""The order of training is a function of (seed, position): every picture once an epoch, whatever the batches."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from unfog.data.dataset import Batch, Split
from unfog.data.stream import joined, locate, permutation, read, runs


class Numbers:
    """Item k is the number k; its caption tells the seed of the visit."""

    name, channels, size, valid_count = "numbers", 1, 1, 0

    def __init__(self, count: int | None) -> None:
        self.count = count

    def batch(self, indices: Sequence[int], *, seed: int, split: Split) -> Batch:
        x = torch.tensor(list(indices), dtype=torch.float32).reshape(-1, 1, 1, 1)
        return Batch(x, [f"{split} {k} at {seed}" for k in indices])

    def captions(self, limit: int) -> list[str]:
        return []

    def fingerprint(self) -> str:
        return ""

    def licences(self) -> dict[str, int]:
        return {}

    def redistributable(self) -> bool:
        return True


def order(count: int | None, start: int, n: int, seed: int = 5) -> list[int]:
    return [int(v) for v in read(Numbers(count), seed=seed, start=start, n=n).x.flatten()]


def test_every_epoch_has_every_picture_once_in_an_order_of_its_own() -> None:
    first, second = order(23, 0, 23), order(23, 23, 23)
    assert sorted(first) == sorted(second) == list(range(23))
    assert first != second
    assert first != order(23, 0, 23, seed=6)
    assert permutation(5, 23, 0).tolist() == first


def test_any_batches_read_the_same_sequence() -> None:
    whole = order(23, 0, 100)
    for size in (1, 7, 23, 50):
        parts = [k for start in range(0, 100, size) for k in order(23, start, min(size, 100 - start))]
        assert parts == whole
    assert [locate(5, 23, p)[1] for p in range(100)] == whole
    assert [locate(5, 23, p)[0] for p in range(100)] == [p // 23 for p in range(100)]


def test_a_batch_across_epochs_has_the_seed_of_each() -> None:
    batch = read(Numbers(5), seed=2**64 - 1, start=3, n=9)
    assert [text.rpartition(" ")[2] for text in batch.captions] == [str(2**64 - 1)] * 2 + ["0"] * 5 + ["1"] * 2
    assert runs(9, 5, 3, 9) == [
        (0, permutation(9, 5, 0)[3:].tolist()),
        (1, permutation(9, 5, 1).tolist()),
        (2, permutation(9, 5, 2)[:2].tolist()),
    ]


def test_an_endless_set_is_read_in_order() -> None:
    assert order(None, 40, 3) == [40, 41, 42]
    assert locate(1, None, 10**12) == (0, 10**12)
    assert read(Numbers(None), seed=8, start=40, n=2).captions == ["train 40 at 8", "train 41 at 8"]


def test_a_single_picture_is_read_again_and_again() -> None:
    assert order(1, 0, 4) == [0, 0, 0, 0]


def test_orders_are_fair() -> None:
    """Where picture 0 lands over 300 epochs of 6: each place 50 times, within three deviations."""
    places = [permutation(1, 6, epoch).tolist().index(0) for epoch in range(300)]
    assert all(abs(places.count(k) - 50) < 3 * (300 * 5 / 36) ** 0.5 for k in range(6))


def test_wrong_positions_are_refused() -> None:
    for count, position in ((5, -1), (0, 0)):
        with pytest.raises(ValueError, match=f"got position {position} and count {count}"):
            locate(0, count, position)


def test_joining_one_batch_copies_nothing() -> None:
    batch = Batch(torch.zeros(2, 1, 1, 1), ["a", "b"])
    assert joined([batch]) is batch
