"""Problems with known answers: the answers are right."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.problems import f64, gauss

from unfog.core.oracle import FiniteData, GaussianMixture, endpoint
from unfog.evaluate.problems import PROBLEMS, PROCESS, falling, mixture, mixture_problem, points, problems
from unfog.util.errors import UsageError


def test_the_end_of_a_gaussian_is_known():
    """x0 = m + sqrt(v / (v + 80^2)) (x - m) along every axis."""
    mean, variance = f64(0.3, -0.2, 0.1), f64(0.25, 0.04, 1.0)
    problem = mixture_problem("one", f64(1.0), mean[None], torch.diag(variance)[None])
    x = problem.start(7)
    exact = mean + (variance / (variance + 80.0**2)).sqrt() * (x - mean)
    assert (problem.exact(x) - exact).abs().max() <= 1e-6


def test_the_end_agrees_with_another_integrator():
    problem = mixture("small", 5, k=3, d=4)
    x = problem.start(5)
    last = PROCESS.time_at(f64(-math.log(1e-5)))
    near = endpoint(problem.denoise, PROCESS, x, 1.0, last.item(), steps=300)
    assert (problem.exact(x) - problem.denoise(near, last.expand(5))).abs().max() <= 2e-5


def test_every_start_ends_on_a_point():
    problem = points("few", 3, n=7, d=5)
    x = problem.start(11)
    assert torch.cdist(problem.exact(x), problem.means).min(1).values.max() <= 1e-9
    t = PROCESS.time_at(f64(0.5)).expand(11)
    assert torch.equal(problem.denoise(x / 80, t), FiniteData(problem.means).denoise(PROCESS)(x / 80, t))


def test_all_components_at_once_are_what_the_oracle_says():
    problem = mixture("small", 5, k=3, d=4)
    assert problem.covs is not None
    oracle = GaussianMixture(problem.weights, problem.means, problem.covs).denoise(PROCESS)
    for lam in (-4.0, -1.0, 0.5, 3.0):
        x, t = 2 * gauss(1, 6, 4), PROCESS.time_at(f64(lam)).expand(6)
        assert (problem.denoise(x, t) - oracle(x, t)).abs().max() <= 1e-12


def test_exact_draws_have_the_mean_and_covariance_of_the_distribution():
    problem, n = mixture("small", 5, k=3, d=4), 4000
    assert problem.covs is not None
    x, share = problem.draws(n), problem.weights
    mean = share @ problem.means
    outer = (problem.means - mean)[:, :, None] * (problem.means - mean)[:, None]
    cov = (share[:, None, None] * (problem.covs + outer)).sum(0)
    assert ((x.mean(0) - mean).abs() <= 4 * (cov.diagonal() / n).sqrt()).all()
    assert (x.T.cov() - cov).abs().max() <= 0.1 * cov.diagonal().max()
    few = points("few", 3, n=7, d=5)
    counted = torch.cdist(few.draws(n), few.means).argmin(1).bincount() / n
    assert (counted - 1 / 7).abs().max() <= 4 * math.sqrt(6 / 49 / n)


def test_they_are_of_the_sizes_they_are_said_to_be():
    assert [p.d for p in problems()] == [2, 64, 48]
    assert [len(p.means) for p in problems()] == [8, 12, 200]
    hd = PROBLEMS["hd"]()
    assert hd.covs is not None
    whole = hd.covs.diagonal(dim1=1, dim2=2).mean() + hd.means.square().mean()
    assert whole.sqrt().item() == pytest.approx(0.5, rel=0.05)
    assert falling(4, 1.0).tolist() == pytest.approx([1.92, 0.96, 0.64, 0.48])


def test_starts_are_a_function_of_their_seed():
    problem = PROBLEMS["ring"]()
    assert torch.equal(problem.start(5, 7)[2:], problem.start(3, 9))
    assert torch.equal(PROBLEMS["data"]().means, PROBLEMS["data"]().means)
    with pytest.raises(UsageError, match="unknown problem 'rings'; did you mean 'ring'"):
        problems(["rings"])
