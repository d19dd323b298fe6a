"""Tiles: the roll is undone, and no place of the canvas stays an edge."""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.process import Process
from unfog.core.schedule import Flow
from unfog.guidance.tiling import tiled

PROCESS = Process(Flow())


def test_what_does_not_know_places_is_left_as_it_is():
    x = torch.arange(2 * 3 * 7 * 13.0).reshape(2, 3, 7, 13)
    for t in (0.1, 0.5, 0.93):
        assert torch.equal(tiled(lambda x, _: 2 * x, PROCESS)(x, torch.full((2,), t)), 2 * x)


def test_the_edge_of_the_network_wanders_over_the_canvas():
    def marks(x: Tensor, _: Tensor) -> Tensor:
        d = torch.zeros_like(x)
        d[..., 0] = 1
        return d

    columns = {
        int(tiled(marks, PROCESS)(torch.zeros(1, 1, 8, 16), torch.tensor([k / 200]))[0, 0, 0].argmax())
        for k in range(1, 200)
    }
    assert len(columns) == 16


def test_the_same_noise_level_is_rolled_alike():
    x = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    t = torch.tensor([0.37])

    def cut(x: Tensor, _: Tensor) -> Tensor:
        return x * (torch.arange(8) < 4)

    assert torch.equal(tiled(cut, PROCESS)(x, t), tiled(cut, PROCESS)(x, t))
