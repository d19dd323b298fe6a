"""Views of the square."""

from __future__ import annotations

import pytest
import torch

from unfog.guidance.views import VIEWS, back, turned, viewed
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal

X = normal([3], (2, 6, 6), draw=Draw.TEST)
T = torch.ones(1)
RAMP = torch.arange(36.0).reshape(6, 6)


def test_eight_different_views_that_can_be_undone() -> None:
    seen = [turned(X, k) for k in range(8)]
    assert len({tuple(view.flatten().tolist()) for view in seen}) == 8
    for k, view in enumerate(seen):
        assert torch.equal(back(view, k), X)
    assert torch.equal(seen[0], X)
    assert torch.equal(seen[1], X.mT)


@pytest.mark.parametrize("views", VIEWS)
def test_a_denoiser_that_knows_no_direction_is_left_as_it_is(views: int) -> None:
    assert torch.allclose(viewed(lambda x, _: x.square(), views)(X, T), X.square())


def test_eight_views_leave_no_direction() -> None:
    mean = viewed(lambda x, _: x * RAMP, 8)
    for k in range(8):
        assert torch.allclose(mean(turned(X, k), T), turned(mean(X, T), k), atol=1e-5)
    assert not torch.allclose(viewed(lambda x, _: x * RAMP, 1)(X.mT, T), (X * RAMP).mT, atol=1e-5)


def test_four_views_prefer_neither_axis() -> None:
    mean = viewed(lambda x, _: x * RAMP, 4)
    assert torch.allclose(mean(X.mT, T), mean(X, T).mT, atol=1e-5)


def test_three_views() -> None:
    with pytest.raises(UsageError, match="views must be 1, 2, 4 or 8, got 3"):
        viewed(lambda x, _: x, 3)
