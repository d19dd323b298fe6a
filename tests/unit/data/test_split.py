"""Validation pictures are chosen by content: the same ones whatever is added, and never a twin on the other side."""

from __future__ import annotations

import hashlib

import pytest

from unfog.data.split import SMALLEST_TO_SPLIT, assign, split_key


def keys(n: int, start: int = 0) -> list[int]:
    return [split_key(hashlib.sha256(str(k).encode()).hexdigest(), None) for k in range(start, start + n)]


def test_the_key_is_the_first_eight_bytes_of_the_hash() -> None:
    assert split_key("00000000000000ff" + "a" * 48, None) == 255
    assert split_key("0" * 64, "cat") == int(hashlib.sha256(b"cat").hexdigest()[:16], 16)
    assert split_key("0" * 64, "cat") == split_key("f" * 64, "cat")


def test_about_five_percent_are_kept_apart() -> None:
    share = assign(keys(20_000)).count("valid") / 20_000
    assert share == pytest.approx(0.046, abs=3 * (0.046 * 0.954 / 20_000) ** 0.5)


def test_adding_pictures_moves_none_of_the_old_ones() -> None:
    few, many = assign(keys(300)), assign(keys(3000))
    assert many[:300] == few
    assert assign(keys(3000)[::-1]) == many[::-1]


def test_below_twenty_nothing_is_kept_apart_and_from_twenty_on_something() -> None:
    bad_luck = [k * 1000 + 46 for k in range(1, 41)]  # the rule alone would keep none
    assert assign(bad_luck[: SMALLEST_TO_SPLIT - 1]) == ["train"] * 19
    assert assign([0] * 19) == ["train"] * 19
    assert assign(bad_luck) == ["valid"] + ["train"] * 39
    assert assign(bad_luck[::-1]) == ["train"] * 39 + ["valid"]


def test_equal_keys_stay_together() -> None:
    together = [7] * 3 + [1046 + 1000 * k for k in range(30)]
    assert assign(together) == ["valid"] * 3 + ["train"] * 30
    twins = [46] * 2 + [1046 + 1000 * k for k in range(30)]
    assert assign(twins) == ["valid"] * 2 + ["train"] * 30


def test_a_single_group_is_trained_on() -> None:
    assert assign([7] * 25) == ["train"] * 25
    assert assign([500] * 25) == ["train"] * 25
    assert assign([]) == []
