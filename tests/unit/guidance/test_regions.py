"""Regional prompts: every region is its own denoiser's, the rest the base's, and neighbours meet softly."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.guidance.regions import cells, regional, window
from unfog.util.errors import UsageError

X = torch.zeros(2, 3, 11, 17)
T = torch.full((2,), 0.5)


def flat(value: float) -> Denoise:
    return lambda x, _: torch.full_like(x, value)


def test_a_region_is_its_own_and_the_rest_the_bases():
    d = regional(flat(1.0), [((0.0, 0.0, 0.5, 1.0), flat(5.0))])(X, T)
    assert torch.equal(d[..., :6], torch.full_like(d[..., :6], 5.0))  # up to the canvas's own edges at once
    assert torch.equal(d[..., 9:], torch.full_like(d[..., 9:], 1.0))
    assert (d[..., 7] > 1).all()
    assert (d[..., 7] < 5).all()


def test_later_regions_lie_over_earlier_ones():
    whole = (0.0, 0.0, 1.0, 1.0)
    d = regional(flat(1.0), [(whole, flat(5.0)), (whole, flat(7.0))])(X, T)
    assert torch.equal(d, torch.full_like(X, 7.0))


def test_a_region_sees_its_part_only():
    seen = list[tuple[int, ...]]()

    def look(x: Tensor, _: Tensor) -> Tensor:
        seen.append(tuple(x.shape))
        return x

    x = torch.arange(17.0).expand(2, 3, 11, 17)
    d = regional(flat(0.0), [((0.25, 0.5, 0.75, 1.0), look)])(x, T)
    assert seen == [(2, 3, 5, 9)]
    assert torch.equal(d[:, :, 8, 8], x[:, :, 8, 8])


def test_boxes_become_cells():
    assert cells((0.0, 0.0, 1.0, 1.0), 11, 17) == (slice(0, 11), slice(0, 17))
    assert cells((0.99, 0.99, 1.0, 1.0), 11, 17) == (slice(10, 11), slice(16, 17))
    with pytest.raises(UsageError, match="rising within"):
        cells((0.5, 0.0, 0.5, 1.0), 11, 17)


def test_weights_fall_off_towards_neighbours_and_not_towards_the_edge_of_the_canvas():
    both = window(slice(3, 11), 17)
    assert torch.equal(both, both.flip(0))
    assert both[0] < 0.6
    assert torch.equal(window(slice(0, 17), 17), torch.ones(17, dtype=torch.float64))
