"""The multistep method in the angle of TrigFlow: what it integrates exactly."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.support.problems import f64, gauss, start

from unfog.core.grid import fitted, learned, rf_shift
from unfog.core.learned import LEARNED, learned_at
from unfog.core.oracle import GaussianMixture
from unfog.core.process import Process
from unfog.core.schedule import VE, Flow
from unfog.evaluate.problems import mixture, points
from unfog.samplers.step import last, nodes
from unfog.samplers.trig_multistep import VALUES, trig_multistep, trusted, weights
from unfog.util.errors import UsageError

FUNCTIONS = (  # with their integrals
    (math.sin, lambda v: -math.cos(v)),
    (math.cos, math.sin),
    (lambda v: v**0, lambda v: v),
    (lambda v: v, lambda v: v**2 / 2),
    (lambda v: v**2, lambda v: v**3 / 3),
)


@pytest.mark.parametrize("h", [0.4, 1e-3])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_the_functions_it_is_made_for_are_integrated_exactly(n, h):
    angles = [1.2 + h * k for k in (0.0, 1.0, 1.7, -1.0, 2.5)][:n]
    end = 1.2 - h
    for f, integral in FUNCTIONS[:n]:
        found = sum(w * f(a) for w, a in zip(weights(f64(*angles), f64(end)[0]).tolist(), angles, strict=True))
        assert found == pytest.approx(integral(end) - integral(1.2), rel=1e-6 if h < 0.01 else 1e-10)


@pytest.mark.parametrize("schedule", [Flow(), VE()])
def test_gaussian_data_of_its_deviation_need_no_accuracy(schedule):
    """z = x/m does not change on the way, whatever the steps."""
    process = Process(schedule)
    denoise = GaussianMixture(f64(1.0), f64([0.0, 0.0]), f64([0.25, 0.25])).denoise(process)
    x = start(process, 5, 2)
    z = x / process.sigma(f64(1.0)).hypot(0.5 * process.alpha(f64(1.0)))
    for step in trig_multistep(denoise, process, x, rf_shift(process, 4)):
        if step.s > 0:
            m = process.sigma(f64(step.s)).hypot(0.5 * process.alpha(f64(step.s)))
            assert (step.x / m - z).abs().max() <= 1e-12


def test_whole_trust_is_the_newest_combination_and_none_is_one_value():
    angles, end = f64(1.2, 1.3, 1.5), f64(1.0)[0]
    assert torch.equal(trusted(angles, end, [1.0, 1.0]), weights(angles, end))
    assert trusted(angles, end, [0.0, 0.0]).tolist() == [*weights(angles[:1], end).tolist(), 0, 0]
    half = trusted(angles, end, f64(1.0, 0.5))
    two = torch.cat([weights(angles[:2], end), f64(0.0)])
    assert half.tolist() == pytest.approx(((two + weights(angles, end)) / 2).tolist(), rel=1e-12)


@pytest.mark.parametrize("n", LEARNED)
def test_what_was_learned_keeps_what_is_exact(n):
    """Gaussian data of its deviation and any mean."""
    process, x = Process(VE(sigma_max=80.0)), 80 * gauss(1, 5, 1)
    denoise = GaussianMixture(f64(1.0), f64([0.3]), f64([0.25])).denoise(process)
    for step in trig_multistep(denoise, process, x, learned(process, n)):
        size = ((0.25 + process.sigma(f64(step.s)) ** 2) / (0.25 + 6400)).sqrt()
        assert step.s == 0 or (step.x - 0.3 - (x - 0.3) * size).abs().max() <= 1e-11


@pytest.mark.parametrize("n", LEARNED)
def test_what_was_learned_ends_nearer_on_points_that_were_not_learned(n):
    """Than the grid that was fitted without trust; on a mixture much the same."""
    for problem, starts, share in (
        (points("other", 31, n=150, d=40), 4096, 1),
        (mixture("other", 32, k=9, d=40), 128, 4),
    ):
        x, process = problem.start(starts), problem.process
        end, off = problem.exact(x, steps=100), list[float]()
        for grid in (learned, fitted):
            made = last(trig_multistep(problem.denoise, process, x, grid(process, n))).x
            off.append((made - end).square().mean().item())
        assert off[0] < share * off[1]


def test_what_was_learned_is_used_with_its_nodes_only():
    process = Process(VE(sigma_max=80.0))
    for n in LEARNED:
        rho = [node.rho for node in nodes(process, learned(process, n))]
        assert learned_at(rho) is LEARNED[n]
        assert learned_at([math.inf, *rho[1:]]) is LEARNED[n]  # as rectified flow begins
        assert learned_at([60.0, *rho[1:]]) is None
        assert learned_at([*rho[:-1], 0.01]) is None
        assert learned_at([*rho[:2], rho[2] * 1.01, *rho[3:]]) is None
        assert learned_at(rho[:2] + rho[3:]) is None
        assert learned_at([node.rho for node in nodes(process, fitted(process, n))]) is None


def test_the_tables_are_whole():
    for n, table in LEARNED.items():
        assert (len(table.levels), len(table.correct), len(table.predict), len(table.follow)) == (n - 1, n, n, n)
        assert [len(row) for row in table.correct] == [min(k, VALUES - 1) for k in range(n - 1)] + [0]
        assert [len(row) for row in table.predict] == [min(k, VALUES - 1) for k in range(n - 1)] + [0]


def test_the_mean_of_the_data_does_not_matter():
    process, x, ts = Process(VE()), 80 * gauss(1, 5, 3), rf_shift(Process(VE()), 5)
    ends = []
    for mean in (0.0, 0.8):
        data = GaussianMixture(f64(0.5, 0.5), f64([-0.5] * 3, [0.5] * 3) + mean, f64([0.1] * 3, [0.2] * 3))
        *_, final = trig_multistep(data.denoise(process), process, x + mean, ts)
        ends.append(final.x - mean)
    assert (ends[0] - ends[1]).abs().max() <= 1e-9


def test_other_orders_and_deviations_are_refused():
    process = Process(Flow())
    wrong: tuple[dict[str, Any], ...] = ({"order": 4}, {"sigma_data": 0.0})
    for options in wrong:
        with pytest.raises(UsageError, match="order 1, 2 or 3 and sigma_data above 0"):
            next(
                trig_multistep(
                    GaussianMixture(f64(1.0), f64([0.0]), f64([1.0])).denoise(process),
                    process,
                    torch.ones(1, 2),
                    rf_shift(process, 3),
                    **options,
                )
            )
