"""What must hold for every registered schedule and for the forward process built on it."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.problems import INFINITY, at, f64, gauss, smooth_mixture
from torch import Tensor

from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Cosine, Flow, Schedule, Table, VPLinear, ZeroTerminalSNR
from unfog.util.errors import UsageError

ALL = pytest.mark.parametrize("schedule", [pytest.param(s, id=name) for name, s in SCHEDULES.items()])
INSIDE = torch.linspace(0.001, 0.999, 997, dtype=torch.float64)
VP = [name for name in SCHEDULES if name not in ("ve", "flow")]


@ALL
def test_ends(schedule: Schedule) -> None:
    alpha, sigma = schedule.alpha(f64(0.0, 1.0)), schedule.sigma(f64(0.0, 1.0))
    assert (alpha[0], sigma[0]) == (1, 0)
    assert 0 <= alpha[1] <= 1
    assert sigma[1] >= 0.99


@ALL
def test_snr_falls_monotonically(schedule: Schedule) -> None:
    lam = Process(schedule).lam(torch.linspace(0, 1, 1009, dtype=torch.float64))
    assert lam[0] == INFINITY
    assert (lam.diff() < 0).all()


@pytest.mark.parametrize("name", VP)
def test_variance_preserving(name: str) -> None:
    alpha, sigma = SCHEDULES[name].alpha(INSIDE), SCHEDULES[name].sigma(INSIDE)
    assert (alpha**2 + sigma**2 - 1).abs().max() <= 1e-15


@ALL
def test_derivatives_equal_autograd(schedule: Schedule) -> None:
    for value, slope in ((schedule.alpha, schedule.dalpha), (schedule.sigma, schedule.dsigma)):
        t = INSIDE.clone().requires_grad_()
        (exact,) = torch.autograd.grad((value(t) + 0 * t).sum(), t)
        assert ((exact - slope(INSIDE)).abs() / (1 + exact.abs())).max() <= 1e-13


@ALL
def test_time_at_inverts_lam(schedule: Schedule) -> None:
    process = Process(schedule)
    lowest = max(process.lam(f64(1.0)).item(), -6.0)
    lam = torch.linspace(lowest, 8.0, 499, dtype=torch.float64)
    assert (process.lam(process.time_at(lam)) - lam).abs().max() <= 1e-9
    t = torch.linspace(0.01, 0.99, 499, dtype=torch.float64)
    assert (process.time_at(process.lam(t)) - t).abs().max() <= 1e-12


@ALL
def test_time_at_stays_in_the_unit_interval(schedule: Schedule) -> None:
    assert schedule.time_at(f64(INFINITY, 60.0, -INFINITY)).tolist() == pytest.approx([0, 0, 1], abs=1e-3)
    assert schedule.time_at(f64(INFINITY, -INFINITY)).tolist() == [0, 1]


@ALL
def test_elementwise_on_any_shape_and_dtype(schedule: Schedule) -> None:
    t = f64([0.2, 0.5, 0.7], [0.9, 0.1, 0.3])
    for function in (schedule.alpha, schedule.sigma, schedule.dalpha, schedule.dsigma, schedule.time_at):
        whole = function(t)
        each = torch.stack([function(entry) for entry in t.flatten()]).reshape(2, 3)
        assert (whole - each).abs().max() <= 1e-14
        assert whole.dtype == torch.float64
        single = function(t.float())
        assert single.dtype == torch.float32
        assert (single - whole).abs().max() <= 2e-5 * whole.abs().max()


@ALL
def test_noising_in_two_hops_has_the_marginal_of_one(schedule: Schedule) -> None:
    process = Process(schedule)
    s = process.time_at(f64(INFINITY, 4.0, 1.0, 0.98, -1.0, INFINITY))
    t = process.time_at(f64(4.0, 1.0, 0.98, -INFINITY, -INFINITY, -INFINITY))
    kept, added = process.transition(s, t)
    assert (kept * process.alpha(s) - process.alpha(t)).abs().max() <= 1e-15
    variance = (kept * process.sigma(s)) ** 2 + added**2
    assert (variance / process.sigma(t) ** 2 - 1).abs().max() <= 1e-12
    x0, first, second = gauss(1, 6, 5), gauss(2, 6, 5), gauss(3, 6, 5)
    hopped = process.renoise(process.noise(x0, first, s), s, t, second)
    eps = process.eps(hopped, x0, t)
    expected = (kept * process.sigma(s))[:, None] * first + added[:, None] * second
    assert (eps - expected / process.sigma(t)[:, None]).abs().max() <= 1e-11


@ALL
def test_noising_in_two_hops_measured(schedule: Schedule) -> None:
    n = 40_000
    process, s, t = Process(schedule), at(0.3, 1), at(0.7, 1)
    x = process.renoise(process.noise(torch.full((1, n), 0.8), gauss(4, 1, n), s), s, t, gauss(5, 1, n))
    noise = process.eps(x.double(), torch.full((1, n), 0.8, dtype=torch.float64), t)
    assert abs(noise.mean().item()) <= 4 / math.sqrt(n)  # 4 standard errors
    assert abs(noise.var().item() - 1) <= 4 * math.sqrt(2 / n)


@ALL
def test_renoising_by_nothing_is_the_identity(schedule: Schedule) -> None:
    x, t = gauss(6, 3, 5), f64(0.0, 0.37, 0.99)
    assert torch.equal(Process(schedule).renoise(x, t, t, gauss(7, 3, 5)), x)


@ALL
def test_posterior_agrees_with_bayes(schedule: Schedule) -> None:
    """q(x_s | x_t, x0) is proportional to q(x_t | x_s) q(x_s | x0): precisions and weighted means add."""
    process = Process(schedule)
    s, t = f64(0.1, 0.45, 0.8), f64(0.3, 0.5, 0.97)
    x, x0 = gauss(8, 3, 7), gauss(9, 3, 7)
    kept, added = (c[:, None] for c in process.transition(s, t))
    sigma, alpha = process.sigma(s)[:, None], process.alpha(s)[:, None]
    variance = 1 / (kept**2 / added**2 + 1 / sigma**2)
    mean, std = process.posterior(x, x0, t, s)
    assert (std**2 / variance - 1).abs().max() <= 1e-11
    assert (mean - variance * (kept * x / added**2 + alpha * x0 / sigma**2)).abs().max() <= 1e-10


@ALL
def test_posterior_reaches_both_ends(schedule: Schedule) -> None:
    process, x, x0 = Process(schedule), gauss(8, 2, 7), gauss(9, 2, 7)
    mean, std = process.posterior(x, x0, at(1.0, 2), at(0.0, 2))
    assert torch.equal(mean, x0)
    assert not std.any()
    mean, std = process.posterior(x, x0, at(1.0, 2), at(0.6, 2))
    assert mean.isfinite().all()
    assert (std <= process.sigma(at(0.6, 1)).item()).all()


@ALL
def test_velocity_is_the_time_derivative_of_noising(schedule: Schedule) -> None:
    process, x0, eps = Process(schedule), gauss(10, 5, 1), gauss(11, 5, 1)
    t = f64(0.31, 0.43, 0.6, 0.85, 0.98).requires_grad_()
    x = process.noise(x0, eps, t)
    (slope,) = torch.autograd.grad(x.sum(), t)
    velocity = process.velocity(x.detach(), x0, t.detach())[:, 0]
    assert ((velocity - slope).abs() / (1 + slope.abs())).max() <= 1e-12


@ALL
def test_score_is_the_gradient_of_the_log_density(schedule: Schedule) -> None:
    process, mixture = Process(schedule), smooth_mixture()
    t = process.time_at(f64(4.0, 2.0, 0.5, -1.0, -INFINITY))
    x = (gauss(12, 5, 3) * process.sigma(t)[:, None]).requires_grad_()
    (gradient,) = torch.autograd.grad(log_density(process, x, t).sum(), x)
    score = process.score(x, mixture.denoise(process)(x, t), t)
    assert ((score - gradient).abs() / (1 + gradient.abs())).max() <= 1e-11


def log_density(process: Process, x: Tensor, t: Tensor) -> Tensor:
    """log q(x_t) of the smooth mixture, up to a constant of t."""
    mixture = smooth_mixture()
    alpha, sigma = process.alpha(t)[:, None, None], process.sigma(t)[:, None, None]
    spread = alpha**2 * mixture.covs + sigma**2
    each = -0.5 * ((x[:, None] - alpha * mixture.means) ** 2 / spread + spread.log()).sum(-1)
    return torch.logsumexp(mixture.weights.log() + each, dim=1)


@pytest.mark.parametrize("name", ["table_linear", "table_scaled_linear"])
def test_tables_match_the_textbook_chain_at_their_nodes(name: str) -> None:
    table = SCHEDULES[name]
    assert isinstance(table, Table)
    alpha_bar, product = [], 1.0
    for beta in table.betas:
        product *= 1 - beta
        alpha_bar.append(product)
    t = torch.arange(1, 1001, dtype=torch.float64) / 1000
    assert (table.alpha(t) ** 2 / f64(*alpha_bar) - 1).abs().max() <= 1e-12


def test_table_of_ho_et_al() -> None:
    table = Table.linear()
    assert (table.betas[0], table.betas[-1], len(table.betas)) == (1e-4, pytest.approx(0.02, abs=1e-17), 1000)
    assert table.alpha(f64(1.0)).item() ** 2 == pytest.approx(4.0358e-5, rel=1e-4)
    kept, added = Process(table).transition(f64(0.499), f64(0.5))  # one step of the chain: q(x_500 | x_499)
    beta = table.betas[499]
    assert kept.item() == pytest.approx(math.sqrt(1 - beta), rel=1e-12)
    assert added.item() == pytest.approx(math.sqrt(beta), rel=1e-10)


@pytest.mark.parametrize(
    "name", [n for n in SCHEDULES if n.startswith("zero_snr") or n in ("flow", "cosine", "sigmoid")]
)
def test_pure_noise_is_exactly_reached(name: str) -> None:
    t = torch.ones(3, 5, dtype=torch.float64)
    for times in (t, t[:, ::2], t.float()):
        assert not SCHEDULES[name].alpha(times).any()
        assert (SCHEDULES[name].sigma(times) == 1).all()


def test_zero_terminal_snr_keeps_the_shape_of_its_base() -> None:
    base = VPLinear()
    lowest = base.alpha(f64(1.0))
    shifted = (base.alpha(INSIDE) - lowest) / (1 - lowest)
    assert (ZeroTerminalSNR(base).alpha(INSIDE) - shifted).abs().max() <= 1e-14


def test_small_noise_keeps_its_digits() -> None:
    t = f64(1e-12)
    assert Flow().sigma(t).item() == 1e-12
    assert VPLinear().sigma(t).item() == pytest.approx(math.sqrt(1e-13), rel=1e-9)
    assert Cosine(offset=0).sigma(t).item() == pytest.approx(math.pi / 2 * 1e-12, rel=1e-12)
    assert Cosine(offset=0).dsigma(f64(0.0)).item() == pytest.approx(math.pi / 2)


@pytest.mark.parametrize("betas", [(), (0.1, 0.0), (0.1, 1.0), (float("nan"),)])
def test_a_table_refuses_impossible_betas(betas: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="strictly between 0 and 1"):
        Table(betas)
