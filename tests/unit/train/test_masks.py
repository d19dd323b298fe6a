"""Known pixels of training pictures: shares, kinds, and independence of batch and size."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from unfog.train.masks import known_pixels

N = 600


def test_so_many_have_a_mask_and_every_kind_occurs() -> None:
    known = known_pixels(7, range(N), (24, 24), 0.25)
    assert known.shape == (N, 1, 24, 24)
    assert set(known.unique().tolist()) == {0.0, 1.0}
    some = known.flatten(1).amax(1) > 0
    assert abs(some.float().mean().item() - 0.25) < 4 * (0.25 * 0.75 / N) ** 0.5
    told = known_pixels(7, range(N), (24, 24), 1.0).mean(dim=(1, 2, 3))
    assert (told > 0).all()
    assert (told < 1).all()
    assert 0.35 < told.mean() < 0.75
    assert (told < 0.3).float().mean() > 0.1  # windows
    assert (told > 0.75).float().mean() > 0.1  # holes and strokes


def test_a_mask_does_not_depend_on_its_neighbours_and_hardly_on_the_size() -> None:
    whole = known_pixels(7, range(40), (16, 24), 1.0)
    assert torch.equal(known_pixels(7, [31, 4], (16, 24), 1.0), whole[[31, 4]])
    fine = known_pixels(7, range(40), (64, 96), 1.0)
    assert (F.avg_pool2d(fine, 4) - whole).abs().mean() < 0.06
