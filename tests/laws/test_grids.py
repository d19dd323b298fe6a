"""What must hold for every time grid on every schedule."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest
import torch
from tests.support.problems import f64, gauss, smooth_mixture
from torch import Tensor

from unfog.core.aligned import SD15, SDXL, SVD, resampled
from unfog.core.fitted import FITTED, TOP, levels
from unfog.core.grid import (
    GRIDS,
    ays_sd15,
    ays_sdxl,
    ays_svd,
    beta,
    fitted,
    karras,
    learned,
    log_snr,
    poly_exponential,
    rf_shift,
    trig,
    uniform,
    vp_time,
)
from unfog.core.learned import LEARNED, LEAST_GAP, UNEVEN
from unfog.core.process import Process
from unfog.core.quantiles import quantiles
from unfog.core.schedule import SCHEDULES, VE, Flow, ScaledLinear, Table
from unfog.core.table_grid import leading, linspace, trailing
from unfog.samplers.euler import euler
from unfog.samplers.gits import gits
from unfog.samplers.step import last
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


@pytest.mark.parametrize("grid", [name for name in GRIDS if name not in ("uniform", "beta")])
def test_inner_nodes_mean_the_same_noise_on_every_schedule_that_reaches_it(grid: str) -> None:
    least = -6.6 if grid == "ays_svd" else -4.4  # sigma/alpha above 700 or 80
    wide = [s for s in SCHEDULES.values() if Process(s).lam(f64(1.0)) < least]
    assert len(wide) >= 4
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


def sigmas(grid: Tensor, process: Process) -> list[float]:
    return torch.exp(-process.lam(grid[:-1])).tolist()


def test_poly_exponential_is_log_snr_to_a_power() -> None:
    process = Process(VE())
    assert torch.equal(poly_exponential(process, 9), poly_exponential(process, 9, power=1.0))
    assert (poly_exponential(process, 9) - log_snr(process, 9)).abs().max() <= 1e-12
    logs = [
        math.log(s / 0.002) / math.log(80 / 0.002) for s in sigmas(poly_exponential(process, 5, power=2.0), process)
    ]
    assert logs == pytest.approx([1, 0.75**2, 0.25, 0.25**2, 0], abs=1e-9)


def test_trig_has_equal_angles() -> None:
    process = Process(VE())
    angles = torch.atan(f64(*sigmas(trig(process, 7), process)) / 0.5)
    assert (angles.diff() - angles.diff()[0]).abs().max() <= 1e-9


def test_beta_is_the_quantile_function() -> None:
    """Against values of scipy.stats.beta.ppf, and the arcsine law, whose quantiles are sin^2(pi p/2)."""
    found = beta(Process(Flow()), 8).flip(0).tolist()
    scipy = [0.0, 0.0571563636, 0.1756803787, 0.3293814957, 0.5, 0.6706185043, 0.8243196213, 0.9428436364, 1.0]
    assert found == pytest.approx(scipy, abs=1e-8)
    arcsine = [math.sin(math.pi * k / 12) ** 2 for k in range(7)]
    assert quantiles(6, 0.5, 0.5) == pytest.approx(arcsine, abs=1e-12)
    assert quantiles(4, 2.0, 1.0) == pytest.approx([math.sqrt(k / 4) for k in range(5)], abs=1e-12)


def test_aligned_steps_are_the_published_ones() -> None:
    process = Process(VE())
    for grid, table in ((ays_sd15, SD15), (ays_sdxl, SDXL)):
        assert sigmas(grid(process, 10), process)[1:] == pytest.approx(list(table[1:-1]), rel=1e-9)
        assert sigmas(grid(process, 20), process)[2::2] == pytest.approx(list(table[1:-1]), rel=1e-9)
        assert sigmas(grid(process, 20), process)[3] == pytest.approx(math.sqrt(table[1] * table[2]), rel=1e-9)
    assert sigmas(ays_svd(Process(Flow()), 10), Process(Flow()))[1:] == pytest.approx(list(SVD[1:-1]), rel=1e-9)
    assert resampled((8.0, 4.0, 2.0, 1.0), 2, 4.0) == pytest.approx([4, 2, 1])
    assert resampled((8.0, 4.0, 2.0, 1.0), 3, 8.0) == pytest.approx([8, 4, 2, 1])
    assert resampled((8.0, 4.0, 1.0), 2, 2.0) == pytest.approx([2, 2**0.5, 1])


def test_fitted_levels_are_the_listed_ones_and_read_off_between_them() -> None:
    process = Process(VE())
    for n, listed in FITTED.items():
        assert sigmas(fitted(process, n), process)[1:] == pytest.approx(list(listed), rel=1e-9)
        times = [rho / (1 + rho) for rho in (TOP, *listed, 0.0)]
        assert levels(n, 20.0)[-1] / (1 + levels(n, 20.0)[-1]) < times[1]  # a lower start, and as many steps
    most = max(FITTED)
    assert levels(2 * most, TOP)[1::2] == pytest.approx(list(FITTED[most]))
    assert levels(1, TOP) == []
    assert all(a > b for a, b in pairwise(levels(37, 14.6)))


def test_fitted_levels_are_far_enough_apart_for_a_network() -> None:
    """Close nodes make a derivative of an estimate's error."""
    for listed in FITTED.values():
        assert min(math.log(a / b) for a, b in pairwise((TOP, *listed))) >= 1 / 6


def test_learned_nodes_are_as_a_network_bears_them_and_fitted_where_there_are_none() -> None:
    process, later = Process(VE(sigma_max=80.0)), Process(Table.linear())
    for n, table in LEARNED.items():
        assert sigmas(learned(process, n), process)[1:] == pytest.approx(list(table.levels), rel=1e-9)
        gaps = [math.log(a / b) for a, b in pairwise((TOP, *table.levels))]
        assert min(gaps) > 0.95 * min(LEAST_GAP, 4 / (n + 1))
        assert max(max(a / b, b / a) for a, b in pairwise(gaps[1:])) < 1.15 * UNEVEN
    for n in (1, 7, 50):
        assert torch.equal(learned(process, n), fitted(process, n))
    short = Process(VE(sigma_max=20.0))
    assert all(torch.equal(learned(short, n), fitted(short, n)) for n in LEARNED)
    assert all(len(learned(later, n)) == n + 1 for n in LEARNED)


def test_steps_of_a_chain() -> None:
    """As others number them from 0: 999, 749, ...; 751, 501, 251, 1; 999, 666, 333, 0."""
    process = Process(Table.linear())
    assert (1000 * trailing(process, 4)).tolist() == pytest.approx([1000, 750, 500, 250, 0])
    assert (1000 * leading(process, 4)).tolist() == pytest.approx([752, 502, 252, 2, 0])
    assert (1000 * leading(process, 4, offset=0)).tolist() == pytest.approx([751, 501, 251, 1, 0])
    assert (1000 * linspace(process, 4)).tolist() == pytest.approx([1000, 667, 334, 1, 0])
    assert linspace(process, 1).tolist() == [1, 0]
    for grid in (trailing, leading, linspace):
        assert (grid(process, 1000).diff() < 0).all()
        assert (grid(process, 37).diff() < 0).all()
        with pytest.raises(UsageError, match="1 to 1000 of them"):
            grid(process, 1001)
        with pytest.raises(UsageError, match="discrete chain"):
            grid(Process(Flow()), 5)


def test_gits_finds_the_best_of_all_grids() -> None:
    """Against trying every grid of three steps on a teacher of eight."""
    process = Process(VE())
    denoise, ts, x = smooth_mixture().denoise(process), log_snr(process, 8), 80 * gauss(5, 11, 3)
    states = [x, *(step.x for step in euler(denoise, process, x, ts))]

    def cost(i: int, j: int) -> float:
        end = last(euler(denoise, process, states[i], ts[[i, j]])).x
        return (end - states[j]).square().mean().sqrt().item()

    def total(nodes: tuple[int, ...]) -> float:
        return sum(1.15**k * cost(i, j) for k, (i, j) in enumerate(pairwise((0, *nodes, 8))))

    best = min(combinations(range(1, 8), 2), key=total)
    assert gits(denoise, process, x, ts, 3).tolist() == ts[[0, *best, 8]].tolist()
    assert torch.equal(gits(denoise, process, x, ts, 8), ts)
    assert gits(denoise, process, x, ts, 1).tolist() == [1, 0]
    with pytest.raises(UsageError, match="1 to 8 of them to choose, got 9"):
        gits(denoise, process, x, ts, 9)
