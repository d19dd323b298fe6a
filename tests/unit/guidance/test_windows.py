"""Windows put together are the whole, wherever the denoiser sees no further than the overlap."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unfog.guidance.windows import starts, weights, windowed
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal


def pixelwise(x: Tensor, t: Tensor) -> Tensor:
    """A denoiser that looks at single cells; its strength depends on the time."""
    return torch.tanh(x) * (1 + t.reshape(-1, *[1] * (x.ndim - 1)))


@pytest.mark.parametrize("space", [(41,), (17, 29), (7, 13, 11), (5, 31), (8, 8)])
@pytest.mark.parametrize("overlap", [1, 3, 4, 7])
def test_what_sees_single_cells_is_unchanged(space: tuple[int, ...], overlap: int) -> None:
    x = normal([0, 1], (3, *space), draw=Draw.TEST)
    t = torch.tensor([0.2, 0.7])
    made = windowed(pixelwise, 8, overlap)(x, t)
    assert torch.allclose(made, pixelwise(x, t), atol=1e-6)


def test_windows_in_one_call_are_the_same() -> None:
    x, t = normal([2], (2, 19, 23), draw=Draw.TEST), torch.tensor([0.4])
    calls = list[int]()

    def count(x: Tensor, t: Tensor) -> Tensor:
        calls.append(x.shape[0])
        assert len(t) == len(x)
        return pixelwise(x, t)

    alone = windowed(count, 8, 4)(x, t)
    singly, calls[:] = len(calls), []
    assert torch.equal(windowed(count, 8, 4, together=5)(x, t), alone)
    assert singly == sum(calls) == len(starts(19, 8, 4)) * len(starts(23, 8, 4)) == 20
    assert max(calls) == 5


def test_seams_are_far_weaker_than_without_overlap() -> None:
    """A blur sees 2 cells further, and zero padding darkens the rim of every window."""
    kernel = torch.full((1, 1, 5, 5), 1 / 25)

    def blur(x: Tensor, t: Tensor) -> Tensor:
        return F.conv2d(x, kernel, padding=2)

    x = torch.ones(1, 1, 64, 64)
    rim = [(windowed(blur, 16, lap)(x, torch.ones(1))[..., 2:-2, 2:-2] - 1).abs().max().item() for lap in (1, 8)]
    assert rim[0] > 0.24
    assert rim[1] < 0.12


def test_windows_reach_from_end_to_end() -> None:
    assert starts(64, 64, 32) == starts(40, 64, 32) == [0]
    assert starts(65, 64, 32) == [0, 1]
    assert starts(128, 64, 32) == [0, 32, 64]
    for length in range(65, 400, 7):
        first = starts(length, 64, 24)
        assert first[0] == 0
        assert first[-1] == length - 64
        assert all(0 < b - a <= 40 for a, b in pairwise(first))


def test_weights_of_half_overlapping_windows_are_hann_and_add_up_to_one() -> None:
    weight = weights([16], 8)
    i = torch.arange(16, dtype=torch.float64)
    assert torch.allclose(weight, torch.sin(torch.pi * (i + 0.5) / 16).square())
    assert torch.allclose(weight[:8] + weight[8:], torch.ones(8, dtype=torch.float64))
    assert torch.equal(weights([5, 7], 2), weights([5], 2)[:, None] * weights([7], 2))


@pytest.mark.parametrize(("overlap", "together"), [(0, 1), (8, 1), (4, 0)])
def test_what_cannot_be(overlap: int, together: int) -> None:
    with pytest.raises(UsageError, match="windows of 8 overlap by 1 to 7"):
        windowed(pixelwise, 8, overlap, together=together)
