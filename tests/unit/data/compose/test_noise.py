"""Textures: addressed by grain and stage, the same at every size."""

from __future__ import annotations

import pytest
import torch

from unfog.data.compose.noise import NUMBERS, RASTER, texture

CPU = torch.device("cpu")


def test_textures_are_addressed_by_grain_and_stage():
    some = texture([3, 2**64 - 1, 3], 0, CPU)
    assert len(some) == 3
    assert torch.equal(some.raster[0], some.raster[2])
    assert torch.equal(some.rows([1]).numbers, texture([2**64 - 1], 0, CPU).numbers)
    other = texture([3], 1, CPU)
    for a, b in ((some.raster[0], some.raster[1]), (some.raster[0], other.raster[0])):
        assert (a * b).mean().abs() < 0.03  # white noises do not know of each other


def test_textures_are_uniform():
    some = texture(list(range(50)), 0, CPU)
    assert some.raster.abs().max() < 1
    assert some.raster.mean().item() == pytest.approx(0, abs=0.005)
    assert some.raster.var().item() == pytest.approx(1 / 3, rel=0.01)
    assert some.numbers.mean().item() == pytest.approx(0.5, abs=0.01)
    assert 0 < some.numbers.min() < 0.01
    assert some.numbers.shape == (50, NUMBERS)


def test_speckle_repeats_or_averages_cells():
    some = texture([4], 0, CPU)
    assert torch.equal(some.speckle(RASTER), some.raster)
    assert torch.equal(some.speckle(128)[..., ::2, ::2], some.raster)
    torch.testing.assert_close(some.speckle(32)[0, 0, 0, 0], some.raster[0, 0, :2, :2].mean())


def test_smooth_joins_a_lattice():
    some = texture([4], 0, CPU)
    field = some.smooth(7, 5, 3, 61)
    lattice = some.take(7, 5, 3)
    torch.testing.assert_close(field[0, 0, ::15, ::30], lattice[0], atol=1e-4, rtol=0)
    assert torch.equal(lattice.flatten(), some.numbers[0, 7:22])
    assert (field[:, :, 1:] - field[:, :, :-1]).abs().max() < 0.12
