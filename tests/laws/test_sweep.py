"""Every sampler on every grid and schedule draws from the distribution it was given; part of `make check`."""

from __future__ import annotations

import pytest
import torch
from tests.support.problems import smooth_mixture, start

from unfog.core.grid import GRIDS
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.random import Noise

STEPS, SAMPLES = 100, 2000
BOUNDS = {1: 0.08, 2: 0.03}  # by order; the worst were 0.055 and 0.018, of which a standard error is 0.01 to 0.02


@pytest.mark.slow
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("grid", GRIDS)
def test_first_and_second_moments_at_the_end(grid: str, schedule: str) -> None:
    process, mixture = Process(SCHEDULES[schedule]), smooth_mixture()
    share = mixture.weights / mixture.weights.sum()
    mean = share @ mixture.means
    outer = mixture.means[:, :, None] * mixture.means[:, None, :] + torch.diag_embed(mixture.covs)  # (k, d, d)
    second = (share[:, None, None] * outer).sum(0)
    ts, x = GRIDS[grid](process, STEPS), start(process, SAMPLES, 3)
    noise = Noise(tuple(range(SAMPLES)), (3,), dtype=torch.float64)
    for name, sampler in SAMPLERS.items():
        end = last(sampler.run(mixture.denoise(process), process, x, ts, noise=noise)).x
        assert (end.mean(0) - mean).abs().max() <= BOUNDS[min(sampler.order, 2)], name
        assert (end.T @ end / SAMPLES - second).abs().max() <= BOUNDS[min(sampler.order, 2)], name
