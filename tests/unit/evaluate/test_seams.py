"""A seam is what differs across the edge of a mask more than it should."""

from __future__ import annotations

import pytest
import torch

from unfog.evaluate.psnr import psnr
from unfog.evaluate.seams import prominence, seam_ratio
from unfog.tasks.seam import across

RAMP = torch.arange(7.0).expand(3, 5, 7)  # every pixel one more than its left neighbour
MASK = torch.zeros(5, 7).index_fill(1, torch.tensor([3, 4, 5, 6]), 1.0)


def test_only_pairs_across_the_edge_count():
    assert across(RAMP, MASK) == pytest.approx(5)  # one pair per row
    assert across(RAMP, torch.zeros(5, 7)) == 0
    assert across(RAMP, MASK.flip(0)) == pytest.approx(5)


def test_a_step_at_the_edge_raises_the_ratio():
    assert seam_ratio([RAMP], [RAMP], [MASK]) == pytest.approx(1)
    assert seam_ratio([RAMP + 2 * MASK], [RAMP], [MASK]) == pytest.approx(3)
    with pytest.raises(ValueError, match="there are none"):
        seam_ratio([RAMP], [torch.zeros(3, 5, 7)], [MASK])


def test_a_step_at_the_edge_stands_out_from_what_is_next_to_it():
    assert prominence([RAMP], [MASK]) == pytest.approx(1)
    assert prominence([RAMP + 2 * MASK], [MASK]) == pytest.approx(3)
    assert prominence([(RAMP + 2 * MASK).mT], [MASK.mT]) == pytest.approx(3)
    assert prominence([RAMP + 2 * MASK[:, [1, 1, 1, 1, 1, 5, 5]]], [MASK]) == pytest.approx(1)  # a step further inside
    with pytest.raises(ValueError, match="there are none"):
        prominence([MASK.expand(3, 5, 7)], [MASK])


def test_decibels():
    assert psnr(0.04) == pytest.approx(20)
    assert psnr(4.0) == 0
    assert psnr(0.0) == psnr(1e-12)
