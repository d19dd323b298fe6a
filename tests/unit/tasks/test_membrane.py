"""Drift of colours is undone as far as it can be known."""

from __future__ import annotations

import pytest
import torch

from unfog.tasks.membrane import DRIFT, eased, seamless
from unfog.util.random import Draw, normal

MASK = torch.zeros(24, 30)
MASK[6:19, 9:22] = 1
PICTURE = 0.2 * normal([4], (3, 24, 30), draw=Draw.TEST)


def test_an_even_drift_is_gone() -> None:
    drifted = PICTURE - torch.tensor([0.1, -0.05, 0.15])[:, None, None]
    made = seamless(drifted, PICTURE, MASK)
    inside = MASK.expand_as(PICTURE) > 0
    assert torch.allclose(made[inside], PICTURE[inside], atol=1e-5)
    assert torch.allclose(eased(made, PICTURE, MASK, 4)[inside], PICTURE[inside], atol=1e-5)  # it is led back once


def test_a_slope_is_continued_without_a_step() -> None:
    slope = torch.linspace(-0.1, 0.1, 30).expand(1, 3, 24, 30)
    made = seamless(torch.zeros_like(slope), slope, MASK)
    assert (made - slope)[..., MASK > 0].abs().max() < 0.04
    across = (made[..., 12, 9] - slope[..., 12, 8]).abs().max(), (made[..., 12, 21] - slope[..., 12, 22]).abs().max()
    assert max(across) < 0.03


def test_another_drawing_is_no_drift() -> None:
    painted = PICTURE + 2 * DRIFT
    assert torch.equal(seamless(painted, PICTURE, MASK), painted.clamp(-1, 1))
    assert torch.equal(seamless(painted, PICTURE, torch.ones(24, 30)), painted.clamp(-1, 1))


def test_an_outline_that_is_a_few_pixels_off_bends_to_the_one_it_goes_on_from() -> None:
    picture, painted = (
        torch.where(torch.arange(24)[:, None] < row, 1.0, -1.0).expand(1, 3, 24, 30) for row in (12, 14)
    )
    made = eased(painted, picture, MASK, 4)
    assert torch.equal(made[..., MASK == 0], painted[..., MASK == 0])
    assert (
        (made[..., 12, 9] - picture[..., 12, 8]).abs().max() < 1.3 < (painted[..., 12, 9] - picture[..., 12, 8]).max()
    )
    assert torch.equal(made[..., 10:15, 13:18], painted[..., 10:15, 13:18])  # further in than 4 pixels nothing changes
    steps = (made - painted)[0, 0, 12, 9:14]
    assert steps.diff().min() > 0  # it fades
    assert steps[-1] == 0


def test_what_is_continued_fades_slowly_at_first() -> None:
    half = (torch.arange(30) >= 15).float().expand(24, 30)
    made = eased(torch.zeros(1, 3, 24, 30), torch.full((1, 3, 24, 30), 0.5), half, 4)
    assert made[0, 0, 12, 15:20].tolist() == pytest.approx([0.5 * (1 - (ring / 5) ** 2) for ring in (1, 2, 3, 4, 5)])


def test_the_rim_of_what_a_mask_does_not_quite_cover_is_not_continued() -> None:
    picture = torch.full((1, 3, 24, 30), 0.2)
    picture[..., 9:16, 8] = -0.9  # the left rim of a thing that the mask covers but for that
    painted = torch.full_like(picture, 0.2)
    assert torch.equal(eased(painted, picture, MASK, 4), painted)
    assert not torch.equal(eased(painted, picture, MASK, 2), painted)  # where a pixel is half as much as can be told


def test_all_and_nothing_are_left_as_they_are() -> None:
    painted = -PICTURE
    assert torch.equal(eased(painted, PICTURE, torch.zeros(24, 30), 3), painted.clamp(-1, 1))
    assert torch.equal(eased(painted, PICTURE, torch.ones(24, 30), 3), painted.clamp(-1, 1))


def test_no_colour_is_left_without_its_opacity() -> None:
    white, clear = torch.ones(1, 4, 24, 30), torch.tensor([0.0, 0, 0, -1])[:, None, None].expand(1, 4, 24, 30)
    painted = torch.where(MASK > 0, clear, torch.tensor([-1.0, -1, -1, 1])[:, None, None])
    made = eased(painted, white, MASK, 4)
    assert (made[:, :3].abs() <= (made[:, 3:] + 1) / 2 + 1e-6).all()


def test_what_is_far_from_the_mask_is_not_looked_at() -> None:
    small = torch.zeros(64, 64)
    small[30:34, 30:34] = 1
    far = 0.5 * normal([5], (3, 64, 64), draw=Draw.TEST)
    near = far.clone()
    near[..., :20, :] = 0.9
    assert torch.equal(
        eased(0 * far, far, small, 3)[..., 30:34, 30:34], eased(0 * near, near, small, 3)[..., 30:34, 30:34]
    )
    assert torch.equal(eased(0 * far, far, small, 99), eased(0 * far, far, small, 8))
