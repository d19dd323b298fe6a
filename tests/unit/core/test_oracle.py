"""The exact denoisers, against integration by brute force and against each other."""

from __future__ import annotations

import pytest
import torch
from beartype.roar import BeartypeCallHintViolation
from tests.support.problems import INFINITY, at, f64, gauss, smooth_mixture, wide_mixture

from unfog.core.cond import Cond
from unfog.core.oracle import FiniteData, GaussianMixture, endpoint
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow, VPLinear
from unfog.util.errors import UsageError
from unfog.util.random import Draw, uniform


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_posterior_mean_by_quadrature(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    mixture = GaussianMixture(f64(0.6, 0.4), f64([-0.5], [0.8]), f64([0.04], [0.1]))
    x0 = torch.linspace(-4, 4, 40_001, dtype=torch.float64)
    prior = 0.6 * torch.exp(-((x0 + 0.5) ** 2) / 0.08) / 0.2 + 0.4 * torch.exp(-((x0 - 0.8) ** 2) / 0.2) / 0.1**0.5
    t = process.time_at(f64(2.0, 0.3, -1.0, -INFINITY))
    x = process.noise(f64([0.1], [-0.4], [0.9], [0.2]), gauss(1, 4, 1), t)
    alpha, sigma = process.alpha(t)[:, None], process.sigma(t)[:, None]
    density = prior * torch.exp(-((x - alpha * x0) ** 2) / (2 * sigma**2))
    wanted = (density * x0).sum(1) / density.sum(1)
    assert (mixture.denoise(process)(x, t)[:, 0] - wanted).abs().max() <= 1e-9


def test_full_covariances_are_rotated_diagonal_ones() -> None:
    process, mixture = Process(VPLinear()), smooth_mixture()
    turn, _ = torch.linalg.qr(gauss(2, 3, 3))
    turned = GaussianMixture(mixture.weights, mixture.means @ turn.T, turn @ torch.diag_embed(mixture.covs) @ turn.T)
    x, t = gauss(3, 5, 3), f64(0.05, 0.2, 0.5, 0.8, 1.0)
    assert (turned.denoise(process)(x @ turn.T, t) - mixture.denoise(process)(x, t) @ turn.T).abs().max() <= 1e-12


def test_points_are_components_without_spread() -> None:
    process, points = Process(Flow()), 0.7 * gauss(4, 11, 6)
    mixture = GaussianMixture(torch.ones(11, dtype=torch.float64), points, torch.zeros_like(points))
    x, t = gauss(5, 7, 2, 3), f64(0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
    found = FiniteData(points).denoise(process)(x, t)
    assert (found - mixture.denoise(process)(x, t)).abs().max() <= 1e-10
    assert (found[-1].flatten() - points.mean(0)).abs().max() <= 1e-14
    near = process.noise(points[[3]], gauss(6, 1, 6), at(0.01, 1))
    assert (FiniteData(points).denoise(process)(near, at(0.01, 1)) - points[[3]]).abs().max() <= 1e-12


def test_conditioning_on_a_class_is_the_mixture_of_its_components() -> None:
    process, mixture = Process(VPLinear()), wide_mixture()
    denoiser, x, t = mixture.conditional(process), gauss(7, 4, 30), f64(0.1, 0.4, 0.7, 1.0)
    for label in range(3):
        exact = mixture.only(label).denoise(process)(x, t)
        assert (denoiser(x, t, Cond(label=torch.full((4,), label))) - exact).abs().max() <= 1e-13
    assert mixture.null == 3
    anything = denoiser(x, t, Cond(label=torch.full((4,), 3)))
    assert torch.equal(anything, mixture.denoise(process)(x, t))
    each = denoiser(x, t, Cond(label=torch.tensor([0, 1, 2, 3])))
    assert torch.equal(each[3], anything[3])
    assert torch.equal(each[1], denoiser(x, t, Cond(label=torch.full((4,), 1)))[1])


def full_mixture() -> GaussianMixture:
    """The smooth mixture, each component turned in its own way."""
    mixture = smooth_mixture()
    turns = torch.linalg.qr(gauss(2, 3, 3, 3))[0]
    covs = turns @ torch.diag_embed(mixture.covs) @ turns.mT
    return GaussianMixture(mixture.weights * 7, mixture.means, covs, mixture.labels)


@pytest.mark.parametrize("schedule", ["vp_linear", "ve", "flow"])
def test_density_and_score(schedule: str) -> None:
    """The density against torch's, and its gradient against the denoiser (Tweedie)."""
    process, mixture = Process(SCHEDULES[schedule]), full_mixture()
    t = process.time_at(f64(2.0, 0.1, -1.0))
    x = process.noise(gauss(1, 3, 3), gauss(2, 3, 3), t).requires_grad_()
    found = mixture.log_density(process)(x, t)
    for i in range(3):
        alpha, sigma = process.alpha(t[i]), process.sigma(t[i])
        covs = alpha**2 * mixture.covs + sigma**2 * torch.eye(3, dtype=torch.float64)
        each = torch.distributions.MultivariateNormal(alpha * mixture.means, covs).log_prob(x[i])
        assert abs(found[i] - (each + (mixture.weights / mixture.weights.sum()).log()).logsumexp(0)) <= 1e-11
    (score,) = torch.autograd.grad(found.sum(), x)
    assert (score - process.score(x, mixture.denoise(process)(x, t), t)).abs().max() <= 1e-9


def test_jacobian_covariance_and_class() -> None:
    process, mixture = Process(VPLinear()), full_mixture()
    x, t = gauss(3, 4, 3), f64(0.05, 0.3, 0.6, 1.0)
    denoise = mixture.denoise(process)
    wanted = torch.stack(
        [torch.autograd.functional.jacobian(lambda x, i=i: denoise(x[None], t[i : i + 1])[0], x[i]) for i in range(4)]
    )
    assert (mixture.jacobian(process)(x, t) - wanted).abs().max() <= 1e-11
    first = mixture.covariance(process)(x, t)
    assert (first - first.mT).abs().max() <= 1e-15
    assert torch.linalg.eigvalsh(first).min() > 0
    flow = Process(Flow())
    mean = (mixture.weights[:, None] * mixture.means).sum(0) / mixture.weights.sum()
    apart = mixture.means - mean
    whole = (mixture.weights[:, None, None] * (mixture.covs + apart[:, :, None] * apart[:, None])).sum(0)
    pure = mixture.covariance(flow)(x[:1], at(1.0, 1))[0]
    assert (pure - whole / mixture.weights.sum()).abs().max() <= 1e-13
    classes = [mixture.log_class(process, k)(x, t).exp() for k in (0, 1)]
    assert (classes[0] + classes[1] - 1).abs().max() <= 1e-14
    parts = [m.log_density(process)(x, t) for m in (mixture.only(0), mixture)]
    assert (classes[0] - 0.5 * (parts[0] - parts[1]).exp()).abs().max() <= 1e-13  # class 0 has weight 0.5
    with pytest.raises(UsageError, match=r"the classes are 0\.\.1"):
        mixture.log_class(process, 2)


def test_samples_have_the_moments_of_the_mixture() -> None:
    mixture, n = smooth_mixture(), 40_000
    turn, _ = torch.linalg.qr(gauss(2, 3, 3))
    covs = turn @ torch.diag_embed(mixture.covs) @ turn.T
    full = GaussianMixture(10 * mixture.weights, mixture.means, covs)
    x = full.sample(uniform([5], (n,), draw=Draw.TEST)[0], gauss(8, n, 3))
    mean = (mixture.weights[:, None] * mixture.means).sum(0)
    spread = (mixture.weights[:, None, None] * (covs + mixture.means[:, :, None] * mixture.means[:, None])).sum(0)
    spread = spread - torch.outer(mean, mean)
    assert (x.mean(0) - mean).abs().max() <= 4 * (spread.diagonal().max() / n).sqrt()
    assert (x.T.cov() - spread).abs().max() <= 4 * spread.diagonal().max() * (2 / n) ** 0.5


def test_reference_integration_against_the_closed_form_of_a_gaussian() -> None:
    """One Gaussian: every coordinate keeps its quantile, so it is scaled with the marginal's deviation."""
    process = Process(VPLinear())
    mean, variance = f64(0.4, -0.7), f64(0.3, 0.05)
    denoise = GaussianMixture(f64(1.0), mean[None], variance[None]).denoise(process)
    t, s = 0.9, 0.03
    (alpha_t, alpha_s), (sigma_t, sigma_s) = process.alpha(f64(t, s)), process.sigma(f64(t, s))
    x = gauss(9, 7, 2)
    ratio = ((alpha_s**2 * variance + sigma_s**2) / (alpha_t**2 * variance + sigma_t**2)).sqrt()
    wanted = alpha_s * mean + ratio * (x - alpha_t * mean)
    errors = [(endpoint(denoise, process, x, t, s, steps=n) - wanted).abs().max().item() for n in (20, 40, 80)]
    assert errors[2] <= 1e-6
    assert errors[0] / errors[1] >= 2**3.7  # fourth order
    assert errors[1] / errors[2] >= 2**3.7


@pytest.mark.parametrize(
    "parts",
    [
        (f64(1.0), f64([0.0, 1.0], [1.0, 0.0]), f64([1.0, 1.0], [1.0, 1.0])),
        (f64(1.0, 1.0), f64([0.0, 1.0], [1.0, 0.0]), f64([1.0], [1.0])),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: tuple[torch.Tensor, ...]) -> None:
    with pytest.raises((UsageError, BeartypeCallHintViolation)):
        GaussianMixture(*parts)


def test_labels_that_are_missing() -> None:
    process, plain = Process(Flow()), GaussianMixture(f64(1.0), f64([0.0]), f64([1.0]))
    with pytest.raises(UsageError, match="no labels"):
        plain.conditional(process)
    with pytest.raises(UsageError, match="cond has none"):
        wide_mixture().conditional(process)(gauss(1, 2, 30), at(0.5, 2), Cond())
    with pytest.raises(UsageError, match=r"the classes are 0\.\.2"):
        wide_mixture().only(3)
