"""The adapter between a raw network and everything else: units, null predictions, weights and densities."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoiser
from unfog.core.head import EDM, HEADS, target
from unfog.core.probe import Probe
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow
from unfog.core.weighting import LogNormal, MinSNR, Uncertainty, Uniform, unit
from unfog.util.random import Draw, normal, uniform


class Fixed(nn.Module):
    """A network that returns a given tensor and keeps what it was shown."""

    def __init__(self, out: Tensor) -> None:
        super().__init__()
        self.out, self.seen = out, list[Tensor]()

    def forward(self, x: Tensor, level: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        self.seen += [x, level]
        return self.out


def numbers(index: int, *shape: int) -> Tensor:
    return normal([11], shape, draw=Draw.TEST, index=[index])[0]


@pytest.mark.parametrize("head", HEADS)
def test_a_perfect_network_returns_x0_and_has_no_loss(head: str) -> None:
    process, t = Process(Flow()), torch.tensor([0.2, 0.5, 0.9])
    x0, eps = numbers(1, 3, 2, 5, 7), numbers(2, 3, 2, 5, 7)
    out = target(HEADS[head], process.schedule, x0, eps, t)
    denoiser = Denoiser(Fixed(out), HEADS[head], process, weight=unit, sigma_data=0.5)
    torch.testing.assert_close(denoiser(process.noise(x0, eps, t), t, Cond()), x0, rtol=1e-4, atol=1e-4)
    assert denoiser.loss(x0, t, eps, Cond()).max().item() < 1e-8


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_input_has_unit_variance_at_every_noise_level(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    t = torch.tensor([0.02, 0.3, 0.7, 1.0])
    x0, eps = 0.5 * numbers(3, 4, 3, 61, 53), numbers(4, 4, 3, 61, 53)
    net = Fixed(torch.zeros_like(x0))
    denoiser = Denoiser(net, EDM(0.5), process, weight=unit, sigma_data=0.5)
    denoiser(process.noise(x0, eps, t), t, Cond())
    torch.testing.assert_close(net.seen[0].flatten(1).std(1), torch.ones(4), rtol=0, atol=0.03)
    assert net.seen[1].min().item() >= -5
    assert net.seen[1].max().item() <= 7


def test_a_silent_network_on_the_edm_head_gives_the_wiener_estimate() -> None:
    process, t, d = Process(Flow()), torch.tensor([0.3, 0.6]), 0.4
    x = numbers(5, 2, 3, 5, 7)
    denoiser = Denoiser(Fixed(torch.zeros_like(x)), EDM(d), process, weight=unit, sigma_data=d)
    alpha, sigma = 1 - t, t
    gain = (alpha * d**2 / (alpha**2 * d**2 + sigma**2)).reshape(2, 1, 1, 1)
    torch.testing.assert_close(denoiser(x, t, Cond()), gain * x)


def test_log_normal_density_has_its_moments_on_every_schedule() -> None:
    u = uniform([1], (20_001,), draw=Draw.TEST)[0]
    for schedule in (Flow(), SCHEDULES["cosine"]):
        process = Process(schedule)
        lam = process.lam(LogNormal(-0.6, 1.4).time(u, process))
        assert lam.mean().item() == pytest.approx(0.6, abs=0.05)
        assert lam.std().item() == pytest.approx(1.4, abs=0.05)
    assert torch.equal(Uniform().time(u, Process(Flow())), u)


def test_min_snr_weights_agree_on_the_error_of_x0() -> None:
    lam = torch.tensor([-2.0, 0.0, 0.5, 2.0], dtype=torch.float64)
    snr, weight = torch.exp(2 * lam), MinSNR(5.0)
    on_x0 = weight(lam, HEADS["x0"])
    assert on_x0.tolist() == pytest.approx([math.exp(-4), 1.0, math.e, 5.0])
    torch.testing.assert_close(weight(lam, HEADS["eps"]) * snr, on_x0)
    torch.testing.assert_close(weight(lam, HEADS["v"]) * (snr + 1), on_x0)
    with pytest.raises(ValueError, match="min-SNR weighting is defined for"):
        weight(lam, HEADS["edm"])


def test_uncertainty_is_minimal_at_the_logarithm_of_the_error() -> None:
    head, process = EDM(0.5), Process(Flow())
    x0, eps, t = numbers(6, 4, 2, 5, 7), numbers(7, 4, 2, 5, 7), torch.full((4,), 0.5)
    u = Uncertainty()
    nn.init.zeros_(u.linear.weight)
    denoiser = Denoiser(Fixed(torch.zeros_like(x0)), head, process, weight=unit, sigma_data=0.5, uncertainty=u)
    error = denoiser.error(x0, t, eps, Cond()).mean().item()
    losses = {}
    for shift in (-0.2, 0.0, 0.2):
        nn.init.constant_(u.linear.bias, math.log(error) + shift)
        losses[shift] = denoiser.loss(x0, t, eps, Cond()).mean().item()
    assert losses[0.0] == pytest.approx(1 + math.log(error), abs=1e-5)
    assert losses[0.0] < min(losses[-0.2], losses[0.2])


def test_cond_rows() -> None:
    a = Cond(tokens=numbers(8, 1, 5, 3), mask=torch.ones(1, 5, dtype=torch.bool))
    both = Cond.cat([a.expand(2), a])
    assert both.batch == 3
    assert both.tokens is not None
    assert torch.equal(both.tokens[2], both.tokens[0])
    with pytest.raises(ValueError, match="different fields"):
        Cond.cat([a, Cond(pooled=numbers(9, 1, 3))])
    with pytest.raises(ValueError, match="cannot expand"):
        both.expand(2)
