"""What individual samplers must equal: each other, their published form, or lower order at the ends."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from tests.support.problems import f64, gauss, nodes_at, smooth_mixture, start, wide_mixture
from torch import Tensor

from unfog.core.grid import log_snr, rf_shift, uniform
from unfog.core.oracle import GaussianMixture, endpoint
from unfog.core.process import Process
from unfog.core.schedule import VE, Flow, Schedule, Table, VPLinear
from unfog.samplers.ddim import ddim
from unfog.samplers.ddpm import ddpm, large, small
from unfog.samplers.dpmpp_2m import dpmpp_2m
from unfog.samplers.euler import euler
from unfog.samplers.euler_ancestral import euler_ancestral
from unfog.samplers.heun import heun
from unfog.samplers.step import last
from unfog.samplers.unipc import unipc
from unfog.util.errors import UsageError
from unfog.util.random import Noise

SCHEDULES = pytest.mark.parametrize(
    "schedule", [Flow(), VPLinear(), VE(), Table.linear()], ids=["flow", "vp", "ve", "table"]
)
NOISE = Noise((1, 2, 3), (30,), dtype=torch.float64)


@SCHEDULES
def test_eta_zero_is_deterministic_and_euler(schedule: Schedule) -> None:
    process = Process(schedule)
    denoise, x, ts = wide_mixture().denoise(process), start(process, 3, 30), rf_shift(process, 7)
    plain = last(ddim(denoise, process, x, ts)).x
    assert torch.equal(last(ddim(denoise, process, x, ts, eta=0.0, noise=NOISE)).x, plain)
    assert torch.equal(last(euler_ancestral(denoise, process, x, ts, eta=0.0)).x, plain)
    assert torch.equal(last(euler(denoise, process, x, ts)).x, plain)
    nearly = last(ddim(denoise, process, x, ts, eta=1e-9, noise=NOISE)).x
    assert 0 < (nearly - plain).abs().max() <= 1e-6


@SCHEDULES
def test_eta_one_is_ddpm_and_ancestral(schedule: Schedule) -> None:
    process = Process(schedule)
    denoise, x, ts = wide_mixture().denoise(process), start(process, 3, 30), rf_shift(process, 7)
    chain = last(ddpm(denoise, process, x, ts, variance=small, noise=NOISE)).x
    assert (last(ddim(denoise, process, x, ts, eta=1.0, noise=NOISE)).x - chain).abs().max() <= 1e-11
    assert (last(euler_ancestral(denoise, process, x, ts, noise=NOISE)).x - chain).abs().max() <= 1e-11


def test_eta_is_the_published_amount_of_noise() -> None:
    """Song et al. 2021, eq. 16, on two nodes of a table."""
    process = Process(Table.linear())
    t, s = f64(0.8), f64(0.6)
    bar_t, bar_s = process.alpha(t).item() ** 2, process.alpha(s).item() ** 2
    for eta in (0.3, 1.0):
        spread = eta * math.sqrt((1 - bar_s) / (1 - bar_t)) * math.sqrt(1 - bar_t / bar_s)
        x, x0, z = gauss(1, 2, 3), gauss(2, 2, 3), gauss(3, 2, 3)
        eps = (x - math.sqrt(bar_t) * x0) / math.sqrt(1 - bar_t)
        wanted = math.sqrt(bar_s) * x0 + math.sqrt(1 - bar_s - spread**2) * eps + spread * z
        found = last(ddim(lambda *_, x0=x0: x0, process, x, torch.cat([t, s]), eta=eta, noise=lambda *_, z=z: z)).x
        assert (found - wanted).abs().max() <= 1e-12


def test_k_diffusion_noise_is_capped() -> None:
    """With a large eta the whole of x_s - x0 is fresh noise: sigma_up = sigma'."""
    process, x0, z = Process(VE()), gauss(2, 2, 3), gauss(3, 2, 3)
    ts = nodes_at(process, f64(-2.0, -1.0), to_zero=False)
    found = last(euler_ancestral(lambda *_: x0, process, gauss(1, 2, 3), ts, eta=50.0, noise=lambda *_: z)).x
    assert (found - (x0 + math.e * z)).abs().max() <= 1e-12


@pytest.mark.parametrize("eta", [-0.1, float("nan")])
def test_negative_eta_is_refused(eta: float) -> None:
    process = Process(Flow())
    with pytest.raises(UsageError, match="eta must be 0"):
        next(ddim(smooth_mixture().denoise(process), process, gauss(1, 2, 3), f64(1.0, 0.0), eta=eta, noise=NOISE))
    with pytest.raises(UsageError, match="'ddim' draws noise"):
        next(ddim(smooth_mixture().denoise(process), process, gauss(1, 2, 3), f64(1.0, 0.5, 0.0), eta=0.5))


def test_the_two_variances_of_the_chain() -> None:
    """On the textbook chain: beta_t, and beta_t (1 - bar_s)/(1 - bar_t)."""
    table = Table.linear()
    process, t, s = Process(table), f64(0.5), f64(0.499)
    beta, bar_t, bar_s = table.betas[499], process.alpha(t).item() ** 2, process.alpha(s).item() ** 2
    assert large(process, t, s).item() == pytest.approx(beta, rel=1e-9)
    assert small(process, t, s).item() == pytest.approx(beta * (1 - bar_s) / (1 - bar_t), rel=1e-9)


def test_each_variance_is_exact_for_its_kind_of_data() -> None:
    """Unit Gaussian data on a VP process: with the large variance every marginal stays exactly unit."""
    process, n = Process(VPLinear()), 12
    denoise = GaussianMixture(f64(1.0), f64([0.0]), f64([[1.0]])).denoise(process)
    impulses = torch.eye(n + 1, dtype=torch.float64)[..., None]
    spread = {}
    for variance in (small, large):
        steps = ddpm(
            denoise,
            process,
            impulses[0],
            uniform(process, n),
            variance=variance,
            noise=lambda step, _: impulses[1 + step],
        )
        spread[variance] = [step.x.square().sum().item() for step in steps]
    assert max(abs(value - 1) for value in spread[large][:-1]) <= 1e-12
    assert min(spread[small]) < 0.95
    point = GaussianMixture(f64(1.0), f64([0.3]), f64([[0.0]])).denoise(process)
    for step in ddpm(
        point,
        process,
        0.3 * process.alpha(f64(1.0)) + impulses[0],
        uniform(process, n),
        noise=lambda i, _: impulses[1 + i],
    ):
        found = (step.x - 0.3 * process.alpha(f64(step.s))).square().sum().item()
        start_share = (1 / process.sigma(f64(1.0)).item()) ** 2
        assert found == pytest.approx(process.sigma(f64(step.s)).item() ** 2, abs=abs(start_share - 1) + 1e-12)


def test_heun_is_algorithm_1_of_karras_et_al() -> None:
    process = Process(VE())
    denoise = smooth_mixture().denoise(process)
    ts = log_snr(process, 9)
    x = wanted = start(process, 5, 3)
    sigmas = process.sigma(ts).tolist()
    for (a, b), (t, s) in zip(pairwise(sigmas), pairwise(ts.tolist()), strict=True):
        d = (wanted - denoise(wanted, torch.full((5,), t, dtype=torch.float64))) / a
        y = wanted + (b - a) * d
        if b > 0:
            slope = (y - denoise(y, torch.full((5,), s, dtype=torch.float64))) / b
            y = wanted + (b - a) * (d + slope) / 2
        wanted = y
    assert (last(heun(denoise, process, x, ts)).x - wanted).abs().max() <= 1e-11


def test_dpmpp_2m_is_algorithm_2_of_lu_et_al() -> None:
    process = Process(VPLinear())
    denoise = smooth_mixture().denoise(process)
    ts = log_snr(process, 9)
    x = wanted = start(process, 5, 3)
    lam, alpha, sigma = process.lam(ts).tolist(), process.alpha(ts).tolist(), process.sigma(ts).tolist()
    before: list[Tensor] = []
    for i in range(9):
        now = denoise(wanted, ts[i].expand(5))
        h = lam[i + 1] - lam[i]
        estimate = now
        if 0 < i < 8:
            r = (lam[i] - lam[i - 1]) / h
            estimate = (1 + 1 / (2 * r)) * now - 1 / (2 * r) * before[-1]
        before.append(now)
        wanted = sigma[i + 1] / sigma[i] * wanted - alpha[i + 1] * math.expm1(-h) * estimate
    assert (last(dpmpp_2m(denoise, process, x, ts)).x - wanted).abs().max() <= 1e-11


@SCHEDULES
@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_unipc_without_corrector_is_dpmpp_2m(schedule: Schedule, n: int) -> None:
    process = Process(schedule)
    denoise, x, ts = wide_mixture().denoise(process), start(process, 3, 30), rf_shift(process, n)
    both = [last(unipc(denoise, process, x, ts, corrector=False)).x, last(dpmpp_2m(denoise, process, x, ts)).x]
    assert (both[0] - both[1]).abs().max() <= 1e-12


@SCHEDULES
def test_multistep_ends_are_first_order(schedule: Schedule) -> None:
    """In two steps there is no middle: the predictors are Euler; the last step of UniPC is never corrected."""
    process = Process(schedule)
    denoise, x, ts = wide_mixture().denoise(process), start(process, 3, 30), rf_shift(process, 2)
    plain = last(euler(denoise, process, x, ts)).x
    assert (last(dpmpp_2m(denoise, process, x, ts)).x - plain).abs().max() <= 1e-12
    for order in (1, 2, 3):
        assert (last(unipc(denoise, process, x, ts, order=order, corrector=False)).x - plain).abs().max() <= 1e-12
    steps = list(unipc(denoise, process, x, rf_shift(process, 5)))
    assert torch.equal(steps[-1].x, steps[-1].x0)


def test_a_long_last_step_does_not_explode() -> None:
    """Rectified-flow nodes end with a long step in lam; extrapolating across it would lose everything."""
    process, mixture = Process(Flow()), smooth_mixture()
    denoise, x = mixture.denoise(process), start(process, 7, 3)
    t, s = process.time_at(f64(-4.0, 9.0)).tolist()
    near = x * t
    exact = endpoint(denoise, process, near, t, s, steps=300)
    ts = torch.cat([f64(t), torch.linspace(t, 0, 13, dtype=torch.float64)[1:]])
    for run in (dpmpp_2m(denoise, process, near, ts), *(unipc(denoise, process, near, ts, order=k) for k in (1, 2, 3))):
        assert (last(run).x - exact).square().mean().sqrt() <= 0.1


def test_orders_of_unipc() -> None:
    """With the corrector, order q converges at least as q + 1 until the first-order ends dominate."""
    process = Process(Flow())
    denoise = smooth_mixture().denoise(process)
    t, s = process.time_at(f64(-2.5, 4.0)).tolist()
    x = gauss(3, 7, 3) * t
    exact = endpoint(denoise, process, x, t, s, steps=150)
    slopes, final = [], []
    for order in (1, 2, 3):
        errors = []
        for n in (20, 40, 80):
            ts = nodes_at(process, torch.linspace(-2.5, 4.0, n + 1, dtype=torch.float64), to_zero=False)
            errors.append((last(unipc(denoise, process, x, ts, order=order)).x - exact).square().mean().sqrt().item())
        slopes.append(math.log2(errors[0] / errors[1]))
        final.append(errors[-1])
    assert slopes[0] >= 1.9
    assert min(slopes[1:]) >= 2.9
    assert final[0] > 10 * final[1] > 30 * final[2]


@pytest.mark.parametrize("order", [0, 5])
def test_other_orders_are_refused(order: int) -> None:
    process = Process(Flow())
    with pytest.raises(UsageError, match="order 1, 2, 3 or 4"):
        next(unipc(smooth_mixture().denoise(process), process, gauss(1, 2, 3), f64(1.0, 0.0), order=order))


def test_last_of_a_used_up_sampler_says_so() -> None:
    process = Process(Flow())
    run = euler(smooth_mixture().denoise(process), process, gauss(1, 2, 3), f64(1.0, 0.0))
    assert last(run).index == 0
    with pytest.raises(ValueError, match="took no step"):
        last(run)
