"""Parts of a picture that stand apart from its ground, and each of them alone."""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.tasks.layers import nothing
from unfog.tasks.parts import LEAST, MOST, by_itself, in_place, parts_of


def picture(channels: int = 3, height: int = 32, width: int = 48) -> Tensor:
    """A ground that brightens from left to right, a disc of 12 pixels a side, a bar, and a speck."""
    x = torch.linspace(-0.9, 0.1, width).expand(1, channels, height, width).clone()
    if channels == 4:
        x = nothing((width, height))
    x[:, :3, 4:16, 4:16], x[:, :3, 20:24, 30:44], x[:, :3, 2, 40] = 0.9, 0.9, 0.9
    if channels == 4:
        x[:, 3] = torch.where(x[:, 0] > 0.5, 1.0, -1.0)
    return x


def test_parts_are_what_has_no_colour_of_the_border_the_largest_first():
    for channels in (3, 4):
        square, bar = parts_of(picture(channels))
        assert (int(square.sum()), int(bar.sum())) == (144, 56)
        assert square[4:16, 4:16].all()
    assert LEAST * 32 * 48 > 1  # so the speck is none
    assert len(parts_of(torch.zeros(1, 3, 20, 20))) == 0
    many = torch.full((1, 3, 64, 64), -1.0)
    for k in range(16):
        many[..., 4 + 15 * (k // 4) : 12 + 15 * (k // 4), 4 + 15 * (k % 4) : 12 + 15 * (k % 4)] = 1
    assert len(parts_of(many)) == MOST


def test_the_others_become_ground():
    x = picture()
    x[:, :, 2, 40] = x[:, :, 3, 40]
    parts = parts_of(x)
    alone = in_place(x, parts[0], parts)
    assert torch.equal(alone[..., :18], x[..., :18])
    plain = torch.linspace(-0.9, 0.1, 48).expand(1, 3, 32, 48)
    assert (alone - plain)[..., 18:].abs().max() < 0.15  # the bar was 0.9
    assert (x - plain)[..., 18:].abs().max() > 0.8


def test_one_by_itself_is_as_large_as_a_picture_of_one_thing():
    x = picture(4)
    for part, (height, width) in zip(parts_of(x), ((24, 24), (7, 25)), strict=True):  # and a soft edge
        alone = by_itself(x, part, 32)
        assert alone.shape == (1, 4, 32, 32)
        there = (alone[0, 3] > 0).nonzero()
        low, high = there.amin(0), there.amax(0) + 1
        assert all(abs(int(n) - wanted) <= 2 for n, wanted in zip(high - low, (height, width), strict=True))
        assert torch.equal(alone[0, :, 0], nothing((32, 1))[0, :, 0])
