"""The multistep method in the angle of TrigFlow: what it integrates exactly."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from tests.support.problems import f64, gauss, start

from unfog.core.grid import rf_shift
from unfog.core.oracle import GaussianMixture
from unfog.core.process import Process
from unfog.core.schedule import VE, Flow
from unfog.samplers.trig_multistep import trig_multistep, weights
from unfog.util.errors import UsageError

FUNCTIONS = (  # with their integrals
    (math.sin, lambda v: -math.cos(v)),
    (math.cos, math.sin),
    (lambda v: v**0, lambda v: v),
    (lambda v: v, lambda v: v**2 / 2),
)


@pytest.mark.parametrize("h", [0.4, 1e-3])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_functions_it_is_made_for_are_integrated_exactly(n, h):
    angles = (
        [1.2, *(1.2 + h * k for k in (1.0, 1.3, -1.0))][:n] if n < 3 else [1.2, 1.2 + h, 1.2 + 1.7 * h, 1.2 - h][:n]
    )
    end = 1.2 - h
    for f, integral in FUNCTIONS[:n]:
        found = sum(w * f(a) for w, a in zip(weights(1.2, end, angles), angles, strict=True))
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
