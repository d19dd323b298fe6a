"""What must hold for every registered sampler; adding one to SAMPLERS enrols it here."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import pytest
import torch
from tests.support.noises import Cheap, Seeded, cheap, response
from tests.support.problems import at, f64, gauss, nodes_at, smooth_mixture, start, two_humps, wide_mixture
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.grid import GRIDS, SIGMA_MIN, log_snr, rf_shift, uniform
from unfog.core.oracle import FiniteData, GaussianMixture, endpoint
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, VE, Flow, Table, VPLinear
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.errors import UsageError
from unfog.util.random import Draw

ALL = pytest.mark.parametrize("name", SAMPLERS)
DETERMINISTIC = pytest.mark.parametrize("name", [n for n, s in SAMPLERS.items() if not s.stochastic])
SOLVERS = pytest.mark.parametrize("name", [n for n, s in SAMPLERS.items() if not s.stochastic and not s.controlled])
STOCHASTIC = pytest.mark.parametrize("name", [n for n, s in SAMPLERS.items() if s.stochastic])
IN_TURN = pytest.mark.parametrize(
    "schedules", [3, pytest.param(len(SCHEDULES), marks=pytest.mark.slow)], ids=["in turn", "all"]
)
OF_ANY_DENOISER = [n for n, s in SAMPLERS.items() if s.order > 0]
COUNTS = ((1, 2, 3, 4, 5, 8, 13, 20), pytest.param((37, 100), marks=pytest.mark.slow))

T = TypeVar("T")


def turns(registry: Mapping[str, T], name: str, n: int) -> list[T]:
    """``n`` of a registry for one sampler, so that samplers one after another have them all, each many times."""
    values, first = list(registry.values()), list(SAMPLERS).index(name)
    return [values[(first + k) % len(values)] for k in range(n)]


class Counting:
    """A denoiser that counts its calls and checks what it is given."""

    def __init__(self, denoise: Denoise) -> None:
        self.denoise, self.calls = denoise, 0

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        self.calls += 1
        assert t.shape == x.shape[:1]
        assert not torch.is_grad_enabled()
        return self.denoise(x, t)


def most_calls(name: str, steps: int) -> float:
    """What the facts allow: a step to sigma = 0 is one call."""
    calls = SAMPLERS[name].calls(steps)
    return math.inf if calls is None else calls


LOW, HIGH = -5.5, 6.2  # sigma/alpha from 245 to 0.002: at its ends D hardly changes, so first-order ends do not show


@cache
def reference() -> tuple[Tensor, Tensor]:
    """Start and exact end of seven trajectories on the flow schedule."""
    process = Process(Flow())
    t, s = process.time_at(f64(LOW, HIGH)).tolist()
    x = gauss(3, 7, 3) * t
    return x, endpoint(two_humps(process), process, x, t, s, steps=600)


def error(name: str, n: int, **options: Any) -> float:
    process, (x, exact) = Process(Flow()), reference()
    ts = nodes_at(process, torch.linspace(LOW, HIGH, n + 1, dtype=torch.float64), to_zero=False)
    run = SAMPLERS[name].run(two_humps(process), process, x, ts, **options)
    return (last(run).x - exact).square().mean().sqrt().item()


@SOLVERS
def test_measured_order(name: str) -> None:
    """Error at the end against a fourth-order reference, at 60 q and 120 q equal steps of lam for order q."""
    order = SAMPLERS[name].order
    errors = [error(name, n * order) for n in (60, 120)]
    assert order - 0.15 <= math.log2(errors[0] / errors[1]) <= order + 0.6
    assert errors[1] <= 20 * (16.0 * order) ** -order


@pytest.mark.parametrize("name", [n for n, s in SAMPLERS.items() if s.controlled])
def test_tolerance_is_met(name: str) -> None:
    """The error follows the tolerance, whatever the number of nodes."""
    errors = [error(name, 1, rtol=tol, atol=tol) for tol in (1e-3, 1e-5)]
    assert all(found <= 3 * tol for found, tol in zip(errors, (1e-3, 1e-5), strict=True))
    assert error(name, 9, rtol=1e-5, atol=1e-5) <= 1e-4


@ALL
@IN_TURN
def test_same_end_on_every_schedule(name: str, schedules: int) -> None:
    """At equal noise-to-signal ratios the schedule is only a change of variables."""
    lams = torch.cat([torch.linspace(-2.5, 1.0, 5, dtype=torch.float64), f64(1.3, 2.2, 3.5)])
    picture, ends, off = gauss(4, 5, 2, 3, 5), [], 0.0
    for schedule in (Flow(), *turns(SCHEDULES, name, schedules)):
        process = Process(schedule)
        ts = nodes_at(process, lams, to_zero=True)
        off = max(off, (process.lam(ts[:-1]) - lams).abs().max().item())
        x = process.alpha(ts[:1])[0] * math.exp(2.5) * picture
        run = SAMPLERS[name].run(wide_mixture().denoise(process), process, x, ts, noise=cheap(5, 2, 3, 5))
        ends.append(last(run).x)
    # Rounding moves lam by 2e-13 at most, and a Brownian path (times sigma/alpha <= e^2.5) by four deviations of that.
    assert off <= 2e-13
    bound = 4 * math.exp(2.5) * math.sqrt(2 * off) if SAMPLERS[name].brownian else 1e-9
    assert max((end - ends[0]).abs().max().item() for end in ends) <= bound


@ALL
@IN_TURN
def test_from_pure_noise_to_no_noise_on_every_schedule(name: str, schedules: int) -> None:
    for schedule in turns(SCHEDULES, name, schedules):
        process = Process(schedule)
        denoise, x = two_humps(process), start(process, 2, 3)
        for n, grid in ((1, uniform), (2, rf_shift), (6, uniform)):
            steps = list(SAMPLERS[name].run(denoise, process, x, grid(process, n), noise=cheap(2, 3)))
            assert [step.index for step in steps] == list(range(n))
            assert (steps[0].t, steps[-1].s) == (1, 0)
            assert all(a.s == b.t for a, b in pairwise(steps))
            assert torch.equal(steps[-1].x, steps[-1].x0)
            assert steps[-1].x.abs().max() <= (6 if n >= 6 else 1e3)  # Heun is not made for two steps


@ALL
@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_any_number_of_steps(name: str, counts: tuple[int, ...]) -> None:
    """Finite, near the data once there are some steps, and no more calls than the facts say."""
    process = Process(Flow())
    for n in counts:
        denoise, noise = Counting(two_humps(process)), cheap(2, 3)
        x = last(SAMPLERS[name].run(denoise, process, start(process, 2, 3), rf_shift(process, n), noise=noise)).x
        assert x.isfinite().all(), n
        assert x.abs().max() <= (4 if n >= 13 else 1e3), n
        assert n <= denoise.calls <= most_calls(name, n), n


@ALL
def test_every_grid_ends_near_the_data(name: str) -> None:
    """Each sampler on four grids in turn; `make check` has all of them."""
    process = Process(Flow())
    points = 0.5 * gauss(5, 11, 30)
    denoise = FiniteData(points).denoise(process)
    for grid in turns(GRIDS, name, 4):
        x = last(SAMPLERS[name].run(denoise, process, start(process, 7, 30), grid(process, 20), noise=cheap(7, 30))).x
        assert torch.cdist(x, points).min(1).values.max() <= 1e-6


@ALL
def test_alone_equals_in_a_batch(name: str) -> None:
    """Waves, pictures and clips; bitwise."""
    process = Process(VPLinear())
    denoise, ts = wide_mixture().denoise(process), rf_shift(process, 6)
    for shape in ((2, 15), (2, 3, 5), (1, 2, 5, 3)):
        x = start(process, 5, *shape)
        together = last(SAMPLERS[name].run(denoise, process, x, ts, noise=cheap(5, *shape))).x
        assert together.shape == (5, *shape)
        for i in (0, 3):
            own = last(SAMPLERS[name].run(denoise, process, x[i : i + 1], ts, noise=Cheap((i,), *shape))).x
            assert torch.equal(own[0], together[i])


@ALL
def test_repeated_nodes_change_nothing(name: str) -> None:
    process = Process(Flow())
    denoise, x = wide_mixture().denoise(process), start(process, 3, 30)
    once, twice = f64(1.0, 0.6, 0.2, 0.0), f64(1.0, 1.0, 0.6, 0.6, 0.6, 0.2, 0.0, 0.0)
    runs = [last(SAMPLERS[name].run(denoise, process, x, ts, noise=cheap(3, 30))) for ts in (once, twice)]
    assert torch.equal(runs[0].x, runs[1].x)


@ALL
def test_the_callers_tensors_are_left_alone(name: str) -> None:
    process = Process(Flow())
    x, ts = start(process, 3, 30), rf_shift(process, 5)
    before = x.clone(), ts.clone()
    seen = []
    for step in SAMPLERS[name].run(wide_mixture().denoise(process), process, x, ts, noise=cheap(3, 30)):
        assert torch.is_grad_enabled()  # only the sampler runs without gradients
        seen.append((step, step.x.clone(), step.x0.clone()))
    assert torch.equal(x, before[0])
    assert torch.equal(ts, before[1])
    assert all(torch.equal(step.x, was) and torch.equal(step.x0, clean) for step, was, clean in seen)


@ALL
def test_closing_midway_stops_the_work(name: str) -> None:
    process = Process(Flow())
    denoise = Counting(wide_mixture().denoise(process))
    run = SAMPLERS[name].run(denoise, process, start(process, 3, 30), rf_shift(process, 9), noise=cheap(3, 30))
    next(run)
    next(run)
    calls = denoise.calls
    sampler = SAMPLERS[name]
    if sampler.calls_per_step is not None:
        assert calls <= 2 * sampler.calls_per_step + sampler.extra_calls
    assert isinstance(run, Generator)
    run.close()
    assert next(run, None) is None
    assert denoise.calls == calls


@ALL
def test_declared_cost(name: str) -> None:
    process = Process(VPLinear())
    denoise, ts = Counting(wide_mixture().denoise(process)), rf_shift(process, 9)
    last(SAMPLERS[name].run(denoise, process, start(process, 2, 30), ts, noise=cheap(2, 30)))
    assert denoise.calls == most_calls(name, 9) or (SAMPLERS[name].calls_per_step is None and denoise.calls > 9)


@ALL
def test_steps_within_a_number_of_evaluations(name: str) -> None:
    sampler = SAMPLERS[name]
    for calls in range(3, 12):
        steps = sampler.steps_within(calls)
        if steps is None:
            assert sampler.calls(5) is None
            continue
        spent, more = sampler.calls(steps), sampler.calls(steps + 1)
        assert spent is not None
        assert more is not None
        assert spent <= calls < more


@ALL
def test_single_precision_follows_double(name: str) -> None:
    process = Process(Flow())
    denoise, ts = wide_mixture().denoise(process), rf_shift(process, 8)
    x = start(process, 3, 30)
    exact = last(SAMPLERS[name].run(denoise, process, x, ts, noise=cheap(3, 30))).x
    single = last(SAMPLERS[name].run(denoise, process, x.float(), ts, noise=cheap(3, 30))).x
    assert single.dtype == torch.float32
    assert (single - exact).abs().max() <= 1e-4


@ALL
def test_a_grid_that_is_none_is_refused(name: str) -> None:
    process = Process(Flow())
    x, denoise = start(process, 3, 30), wide_mixture().denoise(process)
    for ts in ((1.0,), (0.5, 0.5), (0.2, 0.7, 0.0), (1.2, 0.5, 0.0), (1.0, -0.1), (1.0, math.nan)):
        run = SAMPLERS[name].run(denoise, process, x, f64(*ts), noise=cheap(3, 30))
        with pytest.raises(UsageError, match="must decrease"):
            next(run)


LINEAR = pytest.mark.parametrize("name", [n for n in OF_ANY_DENOISER if not SAMPLERS[n].controlled])


@LINEAR
def test_mean_and_variance_of_a_gaussian(name: str) -> None:
    """The mean is exact, the variance approaches that of the data at the declared order (at most second: the ends)."""
    process, order = Process(Flow()), min(SAMPLERS[name].order, 2)
    found = [response(SAMPLERS[name].run, process, 0.7, 0.09, rf_shift(process, n)) for n in (30, 90)]
    assert max(abs(mean - 0.7) for mean, _ in found) <= 1e-10
    exact = 0.09**2 / (0.09 + SIGMA_MIN**2)  # what the last step, from sigma_min, makes of the marginal there
    errors = [abs(variance / exact - 1) for _, variance in found]
    assert errors[1] <= (0.08 if order == 1 else 0.02)
    assert errors[1] <= errors[0] * 3.0 ** ((0.25 if SAMPLERS[name].stochastic else 0.15) - order)


@pytest.mark.slow
@LINEAR
def test_mean_and_variance_do_not_depend_on_the_schedule(name: str) -> None:
    """Except for how much noise the start has."""
    found = []
    for process in (Process(Flow()), Process(VPLinear()), Process(VE())):
        mean, variance = response(SAMPLERS[name].run, process, 0.7, 0.09, rf_shift(process, 25))
        assert abs(mean - 0.7) <= 1e-10
        found.append(variance / 0.09)
    assert max(found) - min(found) <= 0.02


def well_apart() -> GaussianMixture:
    """Three separate components in the plane, with full covariances."""
    covs = f64([[0.02, 0.01], [0.01, 0.03]], [[0.03, 0.0], [0.0, 0.01]], [[0.01, -0.005], [-0.005, 0.02]])
    return GaussianMixture(f64(0.5, 0.3, 0.2), f64([-1.0, 0.5], [1.0, 0.8], [0.2, -1.1]), covs)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in OF_ANY_DENOISER if SAMPLERS[n].stochastic])
def test_a_mixture_is_reproduced(name: str) -> None:
    """Mode weights, means and covariances after 200 steps, within 4 standard errors of the sampling."""
    process, mixture, n = Process(VPLinear()), well_apart(), 1000
    x = Seeded(n, 2)(999, Draw.INITIAL) * process.sigma(f64(1.0))
    ts = rf_shift(process, 200)
    x = last(SAMPLERS[name].run(mixture.denoise(process), process, x, ts, noise=Seeded(n, 2))).x
    mode = torch.cdist(x, mixture.means).argmin(1)
    for k, weight in enumerate(mixture.weights.tolist()):
        mine, cov = x[mode == k], mixture.covs[k]
        assert abs(len(mine) / n - weight) <= 4 * math.sqrt(weight * (1 - weight) / n)
        spread = cov.diagonal()
        assert ((mine.mean(0) - mixture.means[k]).abs() <= 4 * (spread / len(mine)).sqrt()).all()
        wrong = (spread[:, None] * spread[None] + cov**2) / len(mine)  # variance of a covariance (Wishart)
        assert ((mine.T.cov() - cov).abs() <= 4 * wrong.sqrt()).all()


@pytest.mark.parametrize("name", [n for n, s in SAMPLERS.items() if s.brownian])
def test_more_steps_follow_the_same_path(name: str) -> None:
    """The same seed with twice the steps ends nearer and nearer to the same place."""
    process, noise = Process(Flow()), Seeded(400, 3)
    denoise, x = smooth_mixture().denoise(process), start(process, 400, 3)
    ends = [last(SAMPLERS[name].run(denoise, process, x, log_snr(process, n), noise=noise)).x for n in (25, 50, 100)]
    gaps = [(a - b).square().mean().sqrt().item() for a, b in pairwise(ends)]
    assert gaps[1] <= 0.75 * gaps[0]
    assert gaps[1] <= 0.1


@STOCHASTIC
def test_noise_is_asked_for_when_missing(name: str) -> None:
    process = Process(Flow())
    run = SAMPLERS[name].run(wide_mixture().denoise(process), process, start(process, 3, 30), rf_shift(process, 3))
    with pytest.raises(UsageError, match=f"{name}.* pass noise"):
        next(run)


@STOCHASTIC
def test_same_seed_same_sample_other_seed_other_sample(name: str) -> None:
    process = Process(Flow())
    denoise, x, ts = wide_mixture().denoise(process), start(process, 2, 30), rf_shift(process, 7)

    def run(*seeds: int) -> Tensor:
        return last(SAMPLERS[name].run(denoise, process, x, ts, noise=Cheap(seeds, 30))).x

    assert torch.equal(run(1, 2), run(1, 2))
    assert torch.equal(run(1, 2)[0], run(1, 3)[0])
    assert (run(1, 2)[1] - run(1, 3)[1]).abs().max() >= 0.01


def test_a_table_is_walked_as_its_chain() -> None:
    """n uniform steps on a table of n betas visit exactly the times of the discrete chain."""
    process = Process(Table.linear(50, 0.001, 0.2))
    seen = []
    denoise = smooth_mixture().denoise(process)

    def watch(x: Tensor, t: Tensor) -> Tensor:
        seen.append(round(t[0].item() * 50, 9))
        return denoise(x, t)

    last(SAMPLERS["ddpm"].run(watch, process, gauss(6, 1, 3), uniform(process, 50), noise=cheap(1, 3)))
    assert seen == list(range(50, 0, -1))


@ALL
def test_draws_come_from_their_streams(name: str) -> None:
    """One per step and none in the step to sigma = 0; a path is addressed by its tree, repetitions by their number."""
    process, noise, sampler = Process(Flow()), cheap(2, 3), SAMPLERS[name]
    x, ts = gauss(7, 2, 3), rf_shift(process, 9)
    last(sampler.run(smooth_mixture().denoise(process), process, x, ts, noise=noise))
    asked = set(noise.asked)
    assert bool(asked) == sampler.stochastic
    if sampler.brownian:
        assert {draw for _, draw in asked} == {Draw.PATH}
    elif name == "restart":
        assert noise.asked == [(0, Draw.CHURN)]
    elif sampler.stochastic:
        assert noise.asked == [(i, Draw.STEP) for i in range(8)]


def test_times_reach_the_denoiser_once_per_sample() -> None:
    process, seen = Process(Flow()), []

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        seen.append(t)
        return torch.zeros_like(x)

    last(SAMPLERS["euler"].run(denoise, process, gauss(8, 5, 3), f64(1.0, 0.5, 0.0)))
    assert torch.equal(torch.stack(seen), torch.stack([at(1.0, 5), at(0.5, 5)]))
