"""What must hold for every registered sampler; adding one to SAMPLERS enrols it here."""

from __future__ import annotations

import math
from collections.abc import Generator
from functools import cache
from itertools import pairwise

import pytest
import torch
from tests.support.problems import at, f64, gauss, nodes_at, smooth_mixture, start, wide_mixture
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.grid import GRIDS, rf_shift, uniform
from unfog.core.oracle import FiniteData, GaussianMixture, endpoint
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, VE, Flow, Table, VPLinear
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.errors import UsageError
from unfog.util.random import Draw, Noise

ALL = pytest.mark.parametrize("name", SAMPLERS)
DETERMINISTIC = pytest.mark.parametrize("name", [n for n, s in SAMPLERS.items() if not s.stochastic])
STOCHASTIC = pytest.mark.parametrize("name", [n for n, s in SAMPLERS.items() if s.stochastic])


def source(b: int, *shape: int) -> Noise:
    return Noise(tuple(range(100, 100 + b)), shape, dtype=torch.float64)


class Counting:
    """A denoiser that counts its calls and checks what it is given."""

    def __init__(self, denoise: Denoise) -> None:
        self.denoise, self.calls = denoise, 0

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        self.calls += 1
        assert t.shape == x.shape[:1]
        assert not torch.is_grad_enabled()
        return self.denoise(x, t)


@cache
def reference() -> tuple[Tensor, Tensor]:
    """Start at lam = -2.5 and exact end at lam = 4 of seven trajectories on the flow schedule."""
    process = Process(Flow())
    t, s = process.time_at(f64(-2.5, 4.0)).tolist()
    x = gauss(3, 7, 3) * t
    return x, endpoint(smooth_mixture().denoise(process), process, x, t, s, steps=150)


@DETERMINISTIC
def test_measured_order(name: str) -> None:
    """Error at the end against a fourth-order reference, at 40, 80 and 160 equal steps of lam."""
    process = Process(Flow())
    denoise = smooth_mixture().denoise(process)
    x, exact = reference()
    errors = []
    for n in (40, 80, 160):
        ts = nodes_at(process, torch.linspace(-2.5, 4.0, n + 1, dtype=torch.float64), to_zero=False)
        errors.append((last(SAMPLERS[name].run(denoise, process, x, ts)).x - exact).square().mean().sqrt().item())
    slopes = [math.log2(a / b) for a, b in pairwise(errors)]
    assert min(slopes) >= SAMPLERS[name].order - 0.1
    assert errors[-1] <= 5 * 160.0 ** -SAMPLERS[name].order


@DETERMINISTIC
def test_same_endpoint_on_every_schedule(name: str) -> None:
    """At equal noise-to-signal ratios the schedule is only a change of variables."""
    lams = torch.cat([torch.linspace(-2.5, 1.0, 8, dtype=torch.float64), f64(1.3, 2.2, 3.5)])
    picture, ends = gauss(4, 5, 2, 3, 5), []
    for schedule in SCHEDULES.values():
        process = Process(schedule)
        ts = nodes_at(process, lams, to_zero=True)
        x = process.alpha(ts[:1])[0] * math.exp(2.5) * picture
        ends.append(last(SAMPLERS[name].run(wide_mixture().denoise(process), process, x, ts)).x)
    assert max((end - ends[0]).abs().max().item() for end in ends) <= 1e-9


@ALL
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_from_pure_noise_to_no_noise(name: str, schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    denoise = wide_mixture().denoise(process)
    for n, grid in ((1, uniform), (2, rf_shift), (6, uniform)):
        steps = list(SAMPLERS[name].run(denoise, process, start(process, 3, 30), grid(process, n), noise=source(3, 30)))
        assert [step.index for step in steps] == list(range(n))
        assert (steps[0].t, steps[-1].s) == (1, 0)
        assert all(a.s == b.t for a, b in pairwise(steps))
        assert torch.equal(steps[-1].x, steps[-1].x0)
        assert steps[-1].x.abs().max() <= (6 if n >= 6 else 1e3)  # Heun is not made for two steps


@ALL
@pytest.mark.parametrize("grid", GRIDS)
def test_every_grid_ends_near_the_data(name: str, grid: str) -> None:
    process = Process(Flow())
    points = 0.5 * gauss(5, 11, 30)
    ts = GRIDS[grid](process, 20)
    denoise = FiniteData(points).denoise(process)
    x = last(SAMPLERS[name].run(denoise, process, start(process, 7, 30), ts, noise=source(7, 30))).x
    distance = torch.cdist(x, points).min(1).values
    assert distance.max() <= 1e-6


@ALL
@pytest.mark.parametrize("shape", [(2, 15), (2, 3, 5), (1, 2, 5, 3)])
def test_alone_equals_in_a_batch(name: str, shape: tuple[int, ...]) -> None:
    """Waves, pictures and clips; bitwise."""
    process = Process(VPLinear())
    denoise, ts = wide_mixture().denoise(process), rf_shift(process, 6)
    x, noise = start(process, 5, *shape), source(5, *shape)
    together = last(SAMPLERS[name].run(denoise, process, x, ts, noise=noise)).x
    assert together.shape == (5, *shape)
    for i in (0, 3):
        own = Noise(noise.seeds[i : i + 1], shape, dtype=torch.float64)
        assert torch.equal(last(SAMPLERS[name].run(denoise, process, x[i : i + 1], ts, noise=own)).x[0], together[i])


@ALL
def test_repeated_nodes_change_nothing(name: str) -> None:
    process = Process(Flow())
    denoise, x = wide_mixture().denoise(process), start(process, 3, 30)
    once, twice = f64(1.0, 0.6, 0.2, 0.0), f64(1.0, 1.0, 0.6, 0.6, 0.6, 0.2, 0.0, 0.0)
    runs = [last(SAMPLERS[name].run(denoise, process, x, ts, noise=source(3, 30))) for ts in (once, twice)]
    assert torch.equal(runs[0].x, runs[1].x)


@ALL
def test_the_callers_tensors_are_left_alone(name: str) -> None:
    process = Process(Flow())
    x, ts = start(process, 3, 30), rf_shift(process, 5)
    before = x.clone(), ts.clone()
    seen = []
    for step in SAMPLERS[name].run(wide_mixture().denoise(process), process, x, ts, noise=source(3, 30)):
        assert torch.is_grad_enabled()  # only the sampler runs without gradients
        seen.append((step, step.x.clone(), step.x0.clone()))
    assert torch.equal(x, before[0])
    assert torch.equal(ts, before[1])
    assert all(torch.equal(step.x, was) and torch.equal(step.x0, clean) for step, was, clean in seen)


@ALL
def test_closing_midway_stops_the_work(name: str) -> None:
    process = Process(Flow())
    denoise = Counting(wide_mixture().denoise(process))
    run = SAMPLERS[name].run(denoise, process, start(process, 3, 30), rf_shift(process, 9), noise=source(3, 30))
    next(run)
    next(run)
    calls = denoise.calls
    assert calls <= 2 * SAMPLERS[name].calls_per_step
    assert isinstance(run, Generator)
    run.close()
    assert next(run, None) is None
    assert denoise.calls == calls


@ALL
def test_declared_cost(name: str) -> None:
    process, sampler = Process(VPLinear()), SAMPLERS[name]
    denoise, ts = Counting(wide_mixture().denoise(process)), rf_shift(process, 9)
    for _ in sampler.run(denoise, process, start(process, 2, 30), ts, noise=source(2, 30)):
        pass
    assert denoise.calls == 9 * sampler.calls_per_step - (sampler.calls_per_step - 1)  # the last step ends at sigma = 0


@ALL
def test_single_precision_follows_double(name: str) -> None:
    process = Process(Flow())
    denoise, ts = wide_mixture().denoise(process), rf_shift(process, 8)
    x = start(process, 3, 30)
    exact = last(SAMPLERS[name].run(denoise, process, x, ts, noise=source(3, 30))).x
    single = last(SAMPLERS[name].run(denoise, process, x.float(), ts, noise=source(3, 30))).x
    assert single.dtype == torch.float32
    assert (single - exact).abs().max() <= 1e-4


@pytest.mark.parametrize(
    "ts", [f64(1.0), f64(0.5, 0.5), f64(0.2, 0.7, 0.0), f64(1.2, 0.5, 0.0), f64(1.0, -0.1), f64(1.0, math.nan)]
)
@ALL
def test_a_grid_that_is_none_is_refused(name: str, ts: Tensor) -> None:
    process = Process(Flow())
    run = SAMPLERS[name].run(wide_mixture().denoise(process), process, start(process, 3, 30), ts, noise=source(3, 30))
    with pytest.raises(UsageError, match="must decrease"):
        next(run)


def response(name: str, process: Process, mean: float, variance: float, n: int) -> tuple[float, float]:
    """Exact mean and variance at the end of ``n`` steps on Gaussian data, where every sampler is linear in its noises.

    Row 0 starts at the mean with no noise; each further row adds one unit of the noise of one draw. The variance is the
    sum of the squared differences.
    """
    denoise = GaussianMixture(f64(1.0), f64([mean]), f64([[variance]])).denoise(process)
    alpha, sigma = process.alpha(f64(1.0)), process.sigma(f64(1.0))
    impulses = torch.eye(n + 2, dtype=torch.float64)[..., None]
    x = alpha * mean + (alpha**2 * variance + sigma**2).sqrt() * impulses[1]
    run = SAMPLERS[name].run(denoise, process, x, rf_shift(process, n), noise=lambda step, _: impulses[2 + step])
    final = last(run).x[:, 0]
    return final[0].item(), (final[1:] - final[0]).square().sum().item()


@ALL
@pytest.mark.parametrize("process", [Process(Flow()), Process(VPLinear()), Process(VE())], ids=["flow", "vp", "ve"])
def test_mean_and_variance_of_a_gaussian(name: str, process: Process) -> None:
    """The mean is exact, the variance approaches that of the data at the declared order."""
    found = [response(name, process, 0.7, 0.09, n) for n in (30, 90)]
    assert max(abs(mean - 0.7) for mean, _ in found) <= 1e-10
    errors = [abs(variance / 0.09 - 1) for _, variance in found]
    assert errors[1] <= 0.08
    assert errors[1] <= errors[0] * 3.0 ** (0.15 - SAMPLERS[name].order)


@STOCHASTIC
def test_mean_and_variance_measured(name: str) -> None:
    """20000 samples of a Gaussian in 40 steps, within 4 standard errors of what the sampler's responses say."""
    process, n, mean, variance = Process(VPLinear()), 20_000, -0.4, 0.25
    denoise = GaussianMixture(f64(1.0), f64([mean]), f64([[variance]])).denoise(process)
    _, expected = response(name, process, mean, variance, 40)
    alpha, sigma = process.alpha(f64(1.0)), process.sigma(f64(1.0))
    x = alpha * mean + (alpha**2 * variance + sigma**2).sqrt() * gauss(49, n, 1)
    noise: dict[int, Tensor] = {}
    draw = lambda step, _: noise.setdefault(step, gauss(50 + step, n, 1))  # noqa: E731
    x = last(SAMPLERS[name].run(denoise, process, x, rf_shift(process, 40), noise=draw)).x
    assert abs(x.mean().item() - mean) <= 4 * math.sqrt(variance / n)
    assert abs(x.var().item() / expected - 1) <= 4 * math.sqrt(2 / n)
    assert abs(expected / variance - 1) <= 0.15
    assert sorted(noise) == list(range(39))  # none in the step to sigma = 0


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
        noise = Noise(seeds, (30,), dtype=torch.float64)
        return last(SAMPLERS[name].run(denoise, process, x, ts, noise=noise)).x

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

    last(SAMPLERS["ddpm"].run(watch, process, gauss(6, 1, 3), uniform(process, 50), noise=source(1, 3)))
    assert seen == list(range(50, 0, -1))


def test_draws_come_from_the_step_stream() -> None:
    asked: list[tuple[int, Draw]] = []

    def noise(step: int, draw: Draw) -> Tensor:
        asked.append((step, draw))
        return gauss(step, 2, 3)

    process = Process(Flow())
    for name, sampler in SAMPLERS.items():
        asked.clear()
        last(sampler.run(smooth_mixture().denoise(process), process, gauss(7, 2, 3), rf_shift(process, 4), noise=noise))
        assert asked == ([(i, Draw.STEP) for i in range(3)] if sampler.stochastic else []), name


def test_times_reach_the_denoiser_once_per_sample() -> None:
    process, seen = Process(Flow()), []

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        seen.append(t)
        return torch.zeros_like(x)

    last(SAMPLERS["euler"].run(denoise, process, gauss(8, 5, 3), f64(1.0, 0.5, 0.0)))
    assert torch.equal(torch.stack(seen), torch.stack([at(1.0, 5), at(0.5, 5)]))
