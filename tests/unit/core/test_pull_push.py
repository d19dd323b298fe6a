"""What is known goes on where nothing is, between its values."""

from __future__ import annotations

import pytest
import torch
from tests.support.threads import with_threads

from unfog.core.pull_push import filled, spread
from unfog.util.random import Draw, normal


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 2), (16, 9)])
def test_what_is_known_stays_and_the_rest_is_between(size: tuple[int, int]) -> None:
    known = torch.zeros(1, 1, *size)
    known[..., 0, 0] = known[..., -1, -1] = 1
    values = torch.zeros(1, 2, *size)
    values[..., 0, 0], values[..., -1, -1] = 0.5, 1.0
    made = filled(values, known)
    assert torch.equal(made * known, values)
    assert made.min() >= 0.5 - 1e-6
    assert made.max() <= 1 + 1e-6


def test_threads_change_nothing() -> None:
    values = normal([4], (1, 3, 120, 100), draw=Draw.TEST)[0]
    known = (values[:, :1] > 0).float()
    found = with_threads(lambda: spread(values * known, known))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
