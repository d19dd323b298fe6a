"""What is painted goes on from what is known: grounds do, outlines and the last steps stay as they are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unfog.core.process import Process
from unfog.core.schedule import Flow
from unfog.guidance.meet import STEP, UNTIL, meet

PROCESS = Process(Flow())
MASK = torch.zeros(1, 1, 16, 20)
MASK[..., 4:12, 6:20] = 1
PAINTED = MASK.expand(1, 3, 16, 20) > 0


def met(made: Tensor, y: Tensor, *times: float) -> Tensor:
    t = torch.tensor(times)
    x = made.expand(len(times), -1, -1, -1)
    return meet(lambda x, _: x, y, MASK, PROCESS)(x, t)


def test_another_ground_becomes_the_one_around() -> None:
    ground = torch.tensor([0.1, -0.3, 0.5])[:, None, None].expand(1, 3, 16, 20)
    made = ground + torch.tensor([0.5, -0.5, 0.2])[:, None, None]
    assert torch.allclose(met(made, ground, 0.9)[PAINTED], ground[PAINTED], atol=1e-6)


def test_what_goes_on_already_is_left_alone() -> None:
    ground = torch.tensor([0.1, -0.3, 0.5])[:, None, None].expand(1, 3, 16, 20)
    assert (met(ground, ground, 0.9) - ground).abs().max() <= 1e-6


def test_a_slope_is_moved_by_no_more_than_it_falls_from_one_cell_to_the_next() -> None:
    slope = torch.linspace(-0.3, 0.3, 20).expand(1, 3, 16, 20)
    moved = met(slope, slope, 0.9) - slope
    assert moved[PAINTED].abs().max() <= 0.6 / 19 + 1e-6
    assert moved[0, 0, 7, 6] < 0  # towards the known ones on the left, which are darker


def test_a_thing_on_the_ground_keeps_its_contrast() -> None:
    ground, made = torch.zeros(1, 3, 16, 20), torch.full((1, 3, 16, 20), 0.4)
    made[..., 7:9, 12:15] = -0.5
    found = met(made, ground, 0.9)
    assert (found[..., 7, 13] - found[..., 5, 13]).allclose(torch.tensor(-0.9), atol=1e-6)


@pytest.mark.parametrize("far", [STEP * 1.01, 1.9])
def test_an_outline_at_the_edge_is_not_led_in(far: float) -> None:
    ground, made = torch.zeros(1, 3, 16, 20), torch.full((1, 3, 16, 20), far)
    assert torch.equal(met(made, ground, 0.9), made)


def test_late_steps_are_the_networks_own_for_each_sample() -> None:
    ground, made = torch.zeros(1, 3, 16, 20), torch.full((1, 3, 16, 20), 0.4)
    found = met(made, ground, UNTIL - 0.01, UNTIL + 0.01)
    assert torch.equal(found[:1], made)
    assert found[1:][PAINTED].abs().max() <= 1e-6


def test_where_nothing_is_known_nothing_changes() -> None:
    made = torch.full((1, 3, 16, 20), 0.4)
    everywhere = meet(lambda x, _: x, torch.zeros_like(made), torch.ones(1, 1, 16, 20), PROCESS)
    assert torch.equal(everywhere(made, torch.tensor([0.9])), made)
