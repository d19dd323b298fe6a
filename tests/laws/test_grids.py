"""What must hold for every time grid on every schedule."""

from __future__ import annotations

import pytest
import torch
from tests.support.problems import f64

from unfog.core.grid import GRIDS, karras, log_snr, rf_shift, uniform, vp_time
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, VE, Flow, ScaledLinear
from unfog.util.errors import UsageError


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_from_one_to_zero_strictly_decreasing(grid: str, schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    for n in (1, 2, 3, 7, 41, 300):
        ts = GRIDS[grid](process, n)
        assert ts.dtype == torch.float64
        assert (ts[0], ts[-1], len(ts)) == (1, 0, n + 1)
        assert (ts.diff() < 0).all()


@pytest.mark.parametrize("grid", [name for name in GRIDS if name != "uniform"])
def test_inner_nodes_mean_the_same_noise_on_every_schedule_that_reaches_it(grid: str) -> None:
    wide = [s for s in SCHEDULES.values() if Process(s).lam(f64(1.0)) < -4.4]  # sigma/alpha above 80
    assert len(wide) >= 5
    lams = [Process(s).lam(GRIDS[grid](Process(s), 11)[1:-1]) for s in wide]
    assert max((lam - lams[0]).abs().max().item() for lam in lams) <= 1e-9


@pytest.mark.parametrize("grid", GRIDS)
def test_no_steps_are_refused(grid: str) -> None:
    with pytest.raises(UsageError, match="steps must be 1 or more, got 0"):
        GRIDS[grid](Process(Flow()), 0)


def test_nodes_that_coincide_are_dropped() -> None:
    ts = karras(Process(VE()), 5, sigma_min=1e-300, sigma_max=2e-300, rho=1.0)
    assert (ts.diff() < 0).all()
    ts = log_snr(Process(Flow()), 9, sigma_min=1.0, sigma_max=1.0 + 4e-16)
    assert len(ts) < 10
    assert (ts[0], ts[-1]) == (1, 0)
    assert (ts.diff() < 0).all()


def test_published_nodes() -> None:
    sigmas = [(1 - t.item()) ** -1 * t.item() for t in karras(Process(Flow()), 6)[1:-1]]
    assert sigmas == pytest.approx([24.4083, 5.8389, 0.9654, 0.0851, 0.002], rel=1e-3)
    assert uniform(Process(Flow()), 4).tolist() == [1, 0.75, 0.5, 0.25, 0]
    lam = Process(VE()).lam(log_snr(Process(VE()), 8)[:-1])
    assert (lam.diff() - lam.diff()[0]).abs().max() <= 1e-12
    u = rf_shift(Process(Flow()), 7, shift=1.0)[1:-1]
    assert (u.diff() - u.diff()[0]).abs().max() <= 1e-12
    shifted = rf_shift(Process(Flow()), 7, shift=3.0)[3]
    assert shifted > u[2]  # more noise at the same place
    tau = torch.linspace(1, 1e-3**0.5, 5, dtype=torch.float64) ** 2
    ratio = torch.exp(-Process(VE()).lam(vp_time(Process(VE()), 5)[:-1]))
    slope = torch.log1p(ratio**2) / tau  # log(1 + sigma^2) is a parabola through 0 in tau
    assert (slope.diff() / tau.diff() - slope.diff()[0] / tau.diff()[0]).abs().max() <= 1e-9


def test_a_range_beyond_the_schedule_is_cut_and_an_empty_one_refused() -> None:
    process = Process(ScaledLinear())  # reaches sigma/alpha = 14.5
    lam = process.lam(log_snr(process, 9)[:-1])
    assert (lam.diff() - lam.diff()[0]).abs().max() <= 1e-9
    with pytest.raises(UsageError, match="sigma_min"):
        karras(process, 5, sigma_min=20.0)
