"""What must hold for every parameterization on every schedule."""

from __future__ import annotations

import pytest
import torch
from tests.support.problems import at, f64, gauss
from torch import Tensor

from unfog.core.head import EDM, HEADS, target, to_x0
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES

NAMES = pytest.mark.parametrize("name", HEADS)
ON = pytest.mark.parametrize("schedule", SCHEDULES)
LEVELS = (1e-6, 0.01, 0.3, 0.7, 0.99)
PURE_NOISE = [name for name, s in SCHEDULES.items() if not s.alpha(f64(1.0)).any()]


def round_trip(name: str, schedule: str, t: Tensor) -> Tensor:
    process, head = Process(SCHEDULES[schedule]), HEADS[name]
    x0, eps = gauss(1, len(t), 3, 5), gauss(2, len(t), 3, 5)
    out = target(head, process.schedule, x0, eps, t)
    return (to_x0(head, process.schedule, process.noise(x0, eps, t), out, t) - x0).abs().max()


@NAMES
@ON
def test_target_and_back(name: str, schedule: str) -> None:
    assert round_trip(name, schedule, f64(*LEVELS)) <= 1e-10


@pytest.mark.parametrize("name", ["x0", "v", "edm"])
@ON
def test_pure_noise_is_an_ordinary_case(name: str, schedule: str) -> None:
    for t in (1 - 1e-9, 1.0):
        assert round_trip(name, schedule, at(t, 2)) <= 1e-12


@pytest.mark.parametrize("schedule", [name for name, s in SCHEDULES.items() if s.dalpha(f64(1.0)).isfinite().all()])
def test_velocity_at_pure_noise(schedule: str) -> None:
    """Wherever the velocity itself is finite; on Sigmoid alpha leaves 0 vertically."""
    for t in (1 - 1e-9, 1.0):
        assert round_trip("velocity", schedule, at(t, 2)) <= 1e-12


@pytest.mark.parametrize("name", ["eps", "score"])
@pytest.mark.parametrize("schedule", PURE_NOISE)
def test_noise_alone_does_not_determine_the_picture(name: str, schedule: str) -> None:
    assert not round_trip(name, schedule, at(1.0, 2)).isfinite()


@NAMES
@ON
def test_without_noise_the_answer_is_x(name: str, schedule: str) -> None:
    x, out = gauss(3, 2, 7), gauss(4, 2, 7)
    assert torch.equal(to_x0(HEADS[name], SCHEDULES[schedule], x, out, at(0.0, 2)), x)


@NAMES
@ON
def test_an_error_of_the_network_becomes_a_finite_error(name: str, schedule: str) -> None:
    """x0 is affine in the output with slope -sigma/(b alpha - sigma a): checked against autograd."""
    head, s, t = HEADS[name], SCHEDULES[schedule], f64(0.2, 0.6)
    a, b = head.coefficients(s, t)
    slope = -s.sigma(t) / (b * s.alpha(t) - s.sigma(t) * a)
    x, out = gauss(5, 2, 3), gauss(6, 2, 3).requires_grad_()
    (gradient,) = torch.autograd.grad(to_x0(head, s, x, out, t).sum(), out)
    assert ((gradient / slope[:, None]) - 1).abs().max() <= 1e-12


@ON
def test_edm_has_unit_targets_and_is_the_published_preconditioning(schedule: str) -> None:
    s, t, d = SCHEDULES[schedule], f64(0.05, 0.4, 0.95), 0.37
    a, b = EDM(d).coefficients(s, t)
    assert ((a * d) ** 2 + b**2 - 1).abs().max() <= 1e-14  # unit variance for data of deviation d
    noise = s.sigma(t) / s.alpha(t)  # EDM's sigma; its x is x_t/alpha
    c_skip, c_out = d**2 / (noise**2 + d**2), noise * d / (noise**2 + d**2).sqrt()
    x, out = gauss(7, 3, 5), gauss(8, 3, 5)
    expected = c_skip[:, None] * x / s.alpha(t)[:, None] + c_out[:, None] * out
    assert (to_x0(EDM(d), s, x, out, t) - expected).abs().max() <= 1e-12


def test_flow_velocity_is_eps_minus_x0() -> None:
    x0, eps = gauss(9, 2, 3), gauss(10, 2, 3)
    assert torch.equal(target(HEADS["velocity"], SCHEDULES["flow"], x0, eps, f64(0.3, 0.8)), eps - x0)


@NAMES
def test_single_precision_stays_single(name: str) -> None:
    x, out = gauss(11, 2, 3).float(), gauss(12, 2, 3).float()
    found = to_x0(HEADS[name], SCHEDULES["flow"], x, out, f64(0.3, 0.8))
    exact = to_x0(HEADS[name], SCHEDULES["flow"], x.double(), out.double(), f64(0.3, 0.8))
    assert found.dtype == torch.float32
    assert (found - exact).abs().max() <= 1e-5
