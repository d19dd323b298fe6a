"""Choose with unequal shares."""

from __future__ import annotations

from typing import TypeVar

from unfog.util.random import Dice

T = TypeVar("T")


def weighted(dice: Dice, shares: dict[T, float]) -> T:
    """A key with probability in proportion to its value; one number is drawn."""
    at = dice.uniform() * sum(shares.values())
    for key, share in shares.items():
        at -= share
        if at < 0:
            return key
    return next(reversed(shares))  # only by rounding
