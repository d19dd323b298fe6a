"""DDIM and back: on an exact denoiser the round trip gives the picture again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from tests.support.problems import f64, smooth_mixture, two_humps
from torch import Tensor

from unfog.core.grid import GRIDS
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow
from unfog.samplers.ddim import ddim
from unfog.samplers.inversion import ITERATIONS, TOLERANCE, ddim_inversion
from unfog.samplers.step import Step, last


def there(
    process: Process, x: Tensor, ts: Tensor, *, iterations: int = ITERATIONS, tolerance: float = 1e-12
) -> list[Step]:
    denoise = two_humps(process)
    return list(ddim_inversion(denoise, process, x, ts, iterations=iterations, tolerance=tolerance))


def pictures() -> Tensor:
    """Likely numbers of two humps."""
    return f64([0.7, -0.6, 0.2, -1.1, 0.9, 0.0])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_way_back_is_the_way_there(schedule: str) -> None:
    """All nodes, from alpha = 0 where the schedule has it."""
    process = Process(SCHEDULES[schedule])
    ts, x = GRIDS["rf_shift"](process, 30), pictures()
    up = there(process, x, ts, iterations=60)
    down = list(ddim(two_humps(process), process, up[-1].x, ts))
    assert [step.s for step in up] == [step.t for step in reversed(down)]
    assert [step.t for step in up] == [step.s for step in reversed(down)]
    assert (down[-1].x - x).abs().max() <= 1e-9 * process.sigma(ts[:1]).item()
    for one, other in zip(up[:-1], reversed(down[:-1]), strict=True):
        assert (one.x - other.x).abs().max() <= 1e-9 * process.sigma(ts[:1]).item()


@pytest.mark.parametrize("schedule", ["flow", "vp_linear"])
def test_the_usual_iterations_are_enough_and_one_is_not(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    denoise, ts = smooth_mixture().denoise(process), GRIDS["rf_shift"](process, 50)
    x = smooth_mixture().means + 0.1

    def error(iterations: int, tolerance: float) -> float:
        up = last(ddim_inversion(denoise, process, x, ts, iterations=iterations, tolerance=tolerance)).x
        return (last(ddim(denoise, process, up, ts)).x - x).abs().max().item()

    assert error(ITERATIONS, 1e-12) <= 1e-6
    assert error(ITERATIONS, TOLERANCE) <= 1e-4
    assert error(1, 0.0) >= 1e-3


def test_fewer_evaluations_where_a_step_is_solved_sooner() -> None:
    process, calls = Process(Flow()), list[float]()
    exact = two_humps(process)

    def counting(x: Tensor, t: Tensor) -> Tensor:
        calls.append(float(t[0]))
        return exact(x, t)

    ts = GRIDS["uniform"](process, 30)
    spent: list[int] = []
    for tolerance in (1e-2, 1e-5, 0.0):
        calls.clear()
        list(ddim_inversion(counting, process, pictures(), ts, tolerance=tolerance))
        spent.append(len(calls))
        assert set(calls) == set(ts[:-1].tolist())  # never at a clean picture, where eps has no meaning
    assert 1.2 * spent[0] < spent[1] < 0.8 * spent[2]
    assert spent[2] <= ITERATIONS * 30


def linear(slope: float) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda x, _: slope * x


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("schedule", ["flow", "vp_linear", "ve"])
def test_few_steps_stay_finite(schedule: str, steps: int) -> None:
    """The first step leaves a picture without noise, however far it goes."""
    process = Process(SCHEDULES[schedule])
    ts = GRIDS["uniform"](process, steps)
    found = there(process, pictures(), ts)
    assert len(found) == steps
    assert all(step.x.isfinite().all() for step in found)
    assert [(step.t, step.s) for step in found] == [(low, high) for low, high in pairwise(reversed(ts.tolist()))]


def test_one_step_by_hand() -> None:
    """D = x/2 on the flow: x_s = (s/t) x_t + ((1 - s) - (1 - t) s/t) x_t/2."""
    process = Process(Flow())
    x = torch.tensor([[0.8, -0.4]], dtype=torch.float64)
    for t, s in ((0.4, 0.3), (0.9, 0.8), (0.3, 0.0)):
        ts = torch.tensor([t, s], dtype=torch.float64)
        (step,) = ddim_inversion(linear(0.5), process, x, ts, iterations=100, tolerance=1e-15)
        factor = s / t + ((1 - s) - (1 - t) * s / t) / 2
        assert (step.x - x / factor).abs().max() <= 1e-12
        assert (step.x0 - step.x / 2).abs().max() <= 1e-12
