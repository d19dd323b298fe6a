"""Likelihood by the probability flow and by the variational bound, against densities that are known."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.models import awake_model
from tests.support.problems import f64, gauss, smooth_mixture

from unfog.core.oracle import GaussianMixture
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Cosine, VPLinear
from unfog.evaluate.likelihood import (
    PIXEL,
    bits_per_dim,
    dequantise,
    log_likelihood,
    signs,
    variational_bound,
)
from unfog.evaluate.likelihood import _log_bin as log_bin  # pyright: ignore[reportPrivateUsage]
from unfog.evaluate.likelihood import _trace as trace  # pyright: ignore[reportPrivateUsage]
from unfog.util.errors import UsageError
from unfog.util.random import Draw, Noise, uniform


def turned_mixture() -> GaussianMixture:
    mixture = smooth_mixture()
    turns = torch.linalg.qr(gauss(2, 3, 3, 3))[0]
    covs = turns @ torch.diag_embed(mixture.covs) @ turns.mT
    return GaussianMixture(mixture.weights, mixture.means, covs, mixture.labels)


def drawn(mixture: GaussianMixture, n: int) -> torch.Tensor:
    return mixture.sample(uniform([5], (n,), draw=Draw.TEST)[0], gauss(8, n, 3))


@pytest.mark.parametrize(
    ("schedule", "each"), [("cosine", 1e-3), ("flow", 1e-3), ("vp_linear", 1.3e-3), ("ve", 2.5e-3)]
)
def test_a_mixture_by_the_flow(schedule: str, each: float) -> None:
    """1e-3 nats per number is asked for; one sample is less exact where the schedule ends with some picture left."""
    process, mixture = Process(SCHEDULES[schedule]), turned_mixture()
    x0 = drawn(mixture, 50)
    exact = mixture.log_density(process)(x0, torch.zeros(50, dtype=torch.float64))
    error = (log_likelihood(mixture.denoise(process), process, x0, steps=25) - exact) / 3
    assert error.abs().max() <= each
    assert abs(error.mean()) <= 6e-4


def test_the_estimated_trace() -> None:
    """Exact where the Jacobian is diagonal; else without bias."""
    process = Process(VPLinear())
    straight = GaussianMixture(f64(1.0), gauss(1, 1, 6), f64([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    x0 = gauss(2, 3, 2, 3)
    both = [
        log_likelihood(straight.denoise(process), process, x0, steps=5, probes=probes)
        for probes in (None, signs([1, 2, 3], (2, 3), 1))
    ]
    assert (both[0] - both[1]).abs().max() <= 1e-12
    mixture, n = turned_mixture(), 400
    one = drawn(mixture, 7)[3:4]
    exact = log_likelihood(mixture.denoise(process), process, one, steps=10)
    probes = signs(range(n), (3,), 2)
    each = log_likelihood(mixture.denoise(process), process, one.expand(n, 3), steps=10, probes=probes)
    error = each.std() / math.sqrt(n)
    assert 1e-3 <= error <= 0.1
    assert abs(each.mean() - exact[0]) <= 3 * error


def test_signs() -> None:
    v = signs([4, 5], (3, 701), 2)
    assert set(v.flatten().tolist()) == {-1.0, 1.0}
    assert abs(v.mean()) <= 4 / math.sqrt(v.numel())
    assert torch.equal(signs([5], (3, 701), 2)[:, 0], v[:, 1])
    assert not torch.equal(v[0], v[1])


def test_fourth_order() -> None:
    process, mixture = Process(VPLinear()), turned_mixture()
    x0 = drawn(mixture, 9)
    run = {n: log_likelihood(mixture.denoise(process), process, x0, steps=n) for n in (12, 24, 72)}
    errors = [(run[n] - run[72]).abs().max() for n in (12, 24)]
    assert errors[0] / errors[1] >= 2**3.5
    assert errors[1] <= 1e-3


def test_the_bound_is_above_and_closes() -> None:
    """Mean over 1000 samples; what a chain of n steps loses goes with 1/n: two of them tell the limit, 0."""
    process, mixture, n = Process(Cosine()), turned_mixture(), 1000
    x0 = drawn(mixture, n)
    exact = -mixture.log_density(process)(x0, torch.zeros(n, dtype=torch.float64))
    gaps = list[torch.Tensor]()
    for steps in (40, 120):
        ts = process.time_at(torch.linspace(-5.0, 5.0, steps + 1, dtype=torch.float64))
        noise = Noise(tuple(range(n)), (3,), dtype=torch.float64)
        gaps.append((variational_bound(mixture.denoise(process), process, x0, ts, noise) - exact) / 3)
    assert 0.2 <= gaps[1].mean() < 0.45 * gaps[0].mean()
    limit = (3 * gaps[1] - gaps[0]) / 2
    assert abs(limit.mean()) <= 0.05 + 2 * limit.std() / math.sqrt(n)


def test_probabilities_of_quantised_values_add_up() -> None:
    values = (torch.arange(256, dtype=torch.float64) / 127.5 - 1)[:, None]
    for mean, deviation in ((0.1, 0.3), (-0.97, 0.02), (1.3, 0.01), (0.0, 1e-4)):
        logs = log_bin(values, torch.full_like(values, mean), deviation, PIXEL)
        assert logs.isfinite().all() or deviation < 1e-3
        assert abs(logs.logsumexp(0)) <= 1e-9
    middle = log_bin(f64([0.25]), f64([0.1]), 0.3, PIXEL) - math.log(PIXEL)
    assert abs(middle - torch.distributions.Normal(0.1, 0.3).log_prob(torch.tensor(0.25))) <= 1e-4


def test_the_bound_of_quantised_values_is_the_density_times_the_width() -> None:
    """Where the last deviation is much larger than the width."""
    process, mixture = Process(Cosine()), turned_mixture()
    x0, ts = 0.3 * drawn(mixture, 20), process.time_at(torch.linspace(-5.0, 3.0, 9, dtype=torch.float64))
    noise, denoise = Noise(tuple(range(20)), (3,), dtype=torch.float64), mixture.denoise(process)
    density, mass = (variational_bound(denoise, process, x0, ts, noise, width=w) for w in (None, 1e-4))
    inside = x0.abs().amax(1) < 0.99
    assert inside.sum() >= 15
    assert (mass - density + 3 * math.log(1e-4))[inside].abs().max() <= 1e-4


def test_bits_and_dequantisation() -> None:
    flat = f64(-12 * math.log(2 + PIXEL))  # 12 numbers, evenly spread over all 256 steps
    assert abs(bits_per_dim(flat, 12)[0] - 8) <= 1e-12
    assert abs(bits_per_dim(f64(-math.log(2)), 1, None)[0] - 1) <= 1e-15
    pixels = (torch.arange(5 * 301).reshape(5, 301) % 256) / 127.5 - 1
    spread = dequantise(pixels, [1, 2, 3, 4, 5])
    assert (spread - pixels).abs().max() <= PIXEL / 2
    assert ((spread - pixels) / PIXEL).std() == pytest.approx(12**-0.5, rel=0.03)
    assert torch.equal(dequantise(pixels[2:3], [3]), spread[2:3])


def test_wrong_arguments() -> None:
    process, x0 = Process(VPLinear()), gauss(1, 2, 3)
    for range_, steps in (((2.0, 2.0), 5), ((-1.0, 2.0), 0)):
        with pytest.raises(UsageError, match="lam_low < lam_high"):
            log_likelihood(lambda x, _: x, process, x0, lam_range=range_, steps=steps)
    with pytest.raises(UsageError, match="2 nodes"):
        variational_bound(lambda x, _: x, process, x0, f64(0.5, 0.0), Noise((1, 2), (3,)))


def test_the_trace_of_a_real_network() -> None:
    """Against a difference quotient; gradients stay off outside."""
    model = awake_model()
    t, y, v = torch.tensor([0.4, 0.7]), gauss(7, 2, 3, 16, 16).float(), signs([1, 2], (3, 16, 16), 1).float()
    bound = model.denoiser.bind(model.condition(["a red circle"]))
    with torch.no_grad():
        clean, found = trace(lambda x: bound(x, t), y, v)
        wanted = (v[0] * (bound(y + 1e-2 * v[0], t) - bound(y - 1e-2 * v[0], t)) / 2e-2).flatten(1).sum(1)
        assert not torch.is_grad_enabled()
    assert not clean.requires_grad
    assert ((found - wanted) / wanted).abs().max() <= 0.01
