"""Keeping what is known: exact at the end, for every sampler; how long, says the mask."""

from __future__ import annotations

import pytest
import torch
from tests.support.problems import at, gauss, wide_mixture
from torch import Tensor

from unfog.core.grid import GRIDS
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow
from unfog.core.strength import noise_share
from unfog.guidance.keep import keep
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.random import Draw

SHAPE = (1, 5, 6)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_kept_part_ends_as_it_is_known(name: str) -> None:
    process = Process(Flow())
    ts = GRIDS["rf_shift"](process, 6)
    y, mask = 0.5 * gauss(7, 1, *SHAPE), torch.zeros(1, 1, 5, 6, dtype=torch.float64)
    mask[..., 2:4, 1:5] = 1
    draws = iter(range(100, 9999))

    def noise(step: int, draw: Draw) -> Tensor:
        return gauss(next(draws), 2, *SHAPE)

    denoise = keep(wide_mixture().denoise(process), y, mask, process)
    x = last(SAMPLERS[name].run(denoise, process, gauss(9, 2, *SHAPE), ts, noise=noise)).x
    assert (torch.where(mask > 0, y, x) - y).abs().max() <= 1e-12
    assert (x - y)[:, :, 2:4, 1:5].abs().amin((1, 2, 3)).gt(1e-6).all()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_cell_is_free_exactly_when_the_share_of_noise_is_its_grey_or_less(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    grey = torch.tensor([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0], dtype=torch.float64).expand(1, 1, 3, 7)
    y, other = torch.zeros(1, 2, 3, 7, dtype=torch.float64), torch.ones(4, 2, 3, 7, dtype=torch.float64)
    kept = keep(lambda *_: other, y, grey, process)
    for t in torch.linspace(0, 1, 41, dtype=torch.float64).tolist():
        found = kept(other, at(t, 4))
        left = noise_share(process, at(t, 1)).item()
        wanted = [float(m > 0 and left <= m) for m in grey[0, 0, 0].tolist()]
        assert found[3, 1, 2].tolist() == wanted


def test_on_the_flow_grey_is_a_time() -> None:
    process = Process(Flow())
    grey = torch.full((1, 1, 2, 2), 0.5)
    kept = keep(lambda x, _: x, torch.zeros(1, 3, 2, 2), grey, process)
    x = torch.ones(3, 3, 2, 2)
    assert kept(x, torch.tensor([0.5, 0.501, 0.499])).amax((1, 2, 3)).tolist() == [1.0, 0.0, 1.0]


def test_white_is_free_from_pure_noise_on_and_black_never() -> None:
    for schedule in SCHEDULES.values():
        process = Process(schedule)
        for dtype in (torch.float32, torch.float64):
            x, mask = torch.ones(1, 3, 1, 2, dtype=dtype), torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)
            for t in (1.0, 1e-9):
                found = keep(lambda x, _: x, torch.zeros(1, 3, 1, 2), mask, process)(x, torch.tensor([t], dtype=dtype))
                assert found[0, :, 0].tolist() == [[1.0, 0.0]] * 3
                assert found.dtype == dtype
