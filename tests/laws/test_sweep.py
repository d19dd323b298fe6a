"""Every sampler on every grid draws from the distribution it was given; part of `make check`.

That a schedule is only a change of variables is a law of its own (``test_samplers.py``), so the schedules take turns.
"""

from __future__ import annotations

import pytest
import torch
from tests.support.noises import Seeded, cheap
from tests.support.problems import smooth_mixture, start, two_humps
from torch import Tensor

from unfog.core.grid import GRIDS
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last

STEPS, SAMPLES = 100, 2000
# The worst of the first order were off by 0.055, of others by 0.018, where only the start is drawn (a standard error is
# 0.01 to 0.02); fresh noise adds as much again, so those may be off by four standard errors.
ROUGH, FINE = 0.08, 0.03
IN_TURN = [(grid, list(SCHEDULES)[k % len(SCHEDULES)]) for k, grid in enumerate(GRIDS)]


@pytest.mark.slow
@pytest.mark.parametrize(("grid", "schedule"), IN_TURN)
def test_first_and_second_moments_at_the_end(grid: str, schedule: str) -> None:
    process, mixture = Process(SCHEDULES[schedule]), smooth_mixture()
    share = mixture.weights / mixture.weights.sum()
    mean = share @ mixture.means
    outer = mixture.means[:, :, None] * mixture.means[:, None, :] + torch.diag_embed(mixture.covs)  # (k, d, d)
    second = (share[:, None, None] * outer).sum(0)
    ts, x = GRIDS[grid](process, STEPS), start(process, SAMPLES, 3)
    noise = Seeded(SAMPLES, 3)
    for name, sampler in SAMPLERS.items():
        if sampler.order == 0:
            continue
        bound = ROUGH if sampler.order == 1 or sampler.stochastic else FINE
        end = last(sampler.run(mixture.denoise(process), process, x, ts, noise=noise)).x
        assert (end.mean(0) - mean).abs().max() <= bound, name
        assert (end.T @ end / SAMPLES - second).abs().max() <= bound, name


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["flow", "vp_linear"])  # which begin at alpha = 0 and above it
@pytest.mark.parametrize("grid", GRIDS)
def test_any_number_of_steps_on_every_grid(grid: str, schedule: str) -> None:
    """Finite everywhere, no node twice, no more calls than the facts say."""
    process = Process(SCHEDULES[schedule])
    for n in (1, 2, 3, 4, 5, 8, 13, 20, 37, 100):
        ts = GRIDS[grid](process, n)
        assert (ts.diff() < 0).all(), n
        for name, sampler in SAMPLERS.items():
            calls = [0]

            def denoise(x: Tensor, t: Tensor, calls: list[int] = calls) -> Tensor:
                calls[0] += 1
                return two_humps(process)(x, t)

            x = start(process, 2, 3)
            for step in sampler.run(denoise, process, x, ts, noise=cheap(2, 3)):
                assert step.x.isfinite().all(), (name, n)
            if sampler.calls_per_step is not None:
                assert calls[0] <= n * sampler.calls_per_step + sampler.extra_calls, (name, n)
