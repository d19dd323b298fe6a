"""Restoring against exact posteriors: every method as good as known before, the default within its bounds.

A quick form of benchmarks/inverse.py.
"""

from __future__ import annotations

from functools import cache

import pytest
import torch
from tests.support.problems import f64, gauss

from unfog.core.process import Process
from unfog.core.schedule import Flow
from unfog.evaluate.inverse import BEFORE, EXACT, SEED, Inverse, Row, inverse, judged, posterior, row
from unfog.tasks.restore import DEFAULT, RESTORERS, restored
from unfog.util.errors import UsageError
from unfog.util.random import Noise

PROBLEMS, SAMPLES = 4, 200
CHANCE = 0.05  # what a bias of so few samples may show by chance


@cache
def made() -> tuple[Inverse, ...]:
    return tuple(inverse(SEED + k) for k in range(PROBLEMS))


@cache
def found(method: str) -> Row:
    return row(method, made(), n=SAMPLES)


def test_the_posterior_is_bayes():
    """log p(x0) + log p(y | x0) - log p(x0 | y) is the same for every x0."""
    each, process = made()[0], Process(Flow())
    assert each.problem.covs is not None
    prior = posterior(each.problem, torch.zeros(8, dtype=torch.float64), f64(*[0.0] * 8), 1.0)  # nothing is seen
    x, clean = 0.3 * gauss(1, 50, 8), torch.zeros(50, dtype=torch.float64)
    likelihood = -0.5 * ((x - each.measurement.y)[:, :2] / each.measurement.sigma_y).square().sum(1)
    evidence = prior.log_density(process)(x, clean) + likelihood - each.after.log_density(process)(x, clean)
    assert evidence.max() - evidence.min() <= 1e-8
    assert torch.allclose(prior.weights, each.problem.weights)


def test_the_ruler_measures_nothing_in_exact_samples():
    """And what is wrong in wrong ones: shifted, wide, and all of one mode."""
    for each in made():
        exact = judged(each, each.draws(2000, seed=10**6))
        assert exact.modes <= 0.03
        assert exact.means.abs().max() <= 0.1
        assert abs(exact.spread - 1) <= 0.03
        best = int(each.after.weights.argmax())
        deviations = each.after.covs[best].diagonal().sqrt()
        alone = each.after.means[best] + deviations * (0.5 + 0.5 * gauss(2, 2000, 8))
        off = judged(each, alone)
        assert (off.means - 0.5).abs().median() <= 0.1
        assert abs(off.spread - 0.5) <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("method", BEFORE)
def test_no_worse_than_known_before(method: str):
    """Modes, bias and spread of 100 steps, beside what was found on one such mixture."""
    modes, bias, spread = BEFORE[method]
    mine = found(method)
    assert mine.modes <= modes
    assert mine.bias <= bias + CHANCE
    assert abs(mine.spread - 1) <= abs(spread - 1) + CHANCE


@pytest.mark.slow
def test_the_default_is_calibrated():
    """Noisy measurements, 100 steps: bias within 0.1 deviations, spread within 10 %."""
    default = row(DEFAULT, made()[:2], n=SAMPLES)  # all of them in the slow form
    assert default.bias <= 0.1
    assert abs(default.spread - 1) <= 0.1
    assert default.modes <= 0.3


@pytest.mark.slow
def test_steps_alone_cost_nothing():
    """With the posterior's own denoiser; the default on all problems; and a bias can be missed."""
    exact, default = found(EXACT), found(DEFAULT)
    assert default.bias <= 0.1
    assert abs(default.spread - 1) <= 0.05
    assert exact.bias <= CHANCE
    assert abs(exact.spread - 1) <= 0.05
    assert exact.modes <= 0.05
    assert found("ddnm_plus").bias > 0.1


def test_every_method_alone_as_in_a_batch_and_unknown_ones_are_named():
    each = made()[0]
    process, x = each.problem.process, each.problem.start(3)
    ts = process.time_at(f64(-4.0, -1.0, 0.5, 2.0, 20.0))
    for method in RESTORERS:
        ends = []
        for seeds in ((0, 1, 2), (1,)):
            noise = Noise(seeds, (8,), dtype=torch.float64)
            rows = x[list(seeds)]
            run = restored(each.problem.denoise, process, rows, ts, each.measurement, noise=noise, method=method)
            ends.append([step.x for step in run])
        assert len(ends[0]) == len(ends[1]) == 4
        assert (ends[0][-1][1] - ends[1][-1][0]).abs().max() <= 1e-9
    with pytest.raises(UsageError, match="ddnm"):
        restored(each.problem.denoise, process, x, ts, each.measurement, noise=noise, method="dnm")
