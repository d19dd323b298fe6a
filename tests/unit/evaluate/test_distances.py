"""Distances of distributions against numbers that are known exactly, and the comparison that refuses."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from torch import Tensor

from unfog.evaluate.comparison import Distance, compare
from unfog.evaluate.frechet import frechet, moments
from unfog.evaluate.kernel import kernel_distance
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal


def exactly(mean: list[float], covariance: list[list[float]], *, seed: int) -> Tensor:
    """Vectors with precisely that mean and that (unbiased) covariance."""
    x = normal([seed], (97, len(mean)), draw=Draw.TEST)[0].double()
    x = x - x.mean(dim=0)
    white = x @ torch.linalg.inv(torch.linalg.cholesky(x.T @ x / (len(x) - 1))).T
    return white @ torch.linalg.cholesky(torch.tensor(covariance, dtype=torch.float64)).T + torch.tensor(mean)


def test_frechet_of_two_normal_distributions_is_the_closed_form():
    """For two axes tr (A B)^(1/2) = sqrt(tr(A B) + 2 sqrt(det(A B))), whether or not A and B commute."""
    a, b = [[2.0, 0.6], [0.6, 1.0]], [[0.5, -0.3], [-0.3, 3.0]]
    one, other = exactly([1.0, -2.0], a, seed=1), exactly([0.5, 1.0], b, seed=2)
    product = torch.tensor(a) @ torch.tensor(b)
    cross = (product.trace() + 2 * product.det().sqrt()).sqrt().item()
    assert frechet(one, other) == pytest.approx(0.25 + 9.0 + 3.0 + 3.5 - 2 * cross, rel=1e-6)
    assert frechet(other, one) == pytest.approx(frechet(one, other), rel=1e-9)


def test_frechet_along_one_axis_is_that_of_means_and_deviations():
    one, other = exactly([3.0], [[4.0]], seed=3), exactly([1.0], [[0.25]], seed=4)
    assert frechet(one, other) == pytest.approx((3 - 1) ** 2 + (2 - 0.5) ** 2, rel=1e-6)
    assert frechet(one, one) == pytest.approx(0, abs=1e-9)


def test_frechet_of_fewer_vectors_than_axes_is_finite_and_of_one_vector_is_refused():
    x = normal([5], (3, 8), draw=Draw.TEST)[0]
    assert frechet(x, x + 1) == pytest.approx(8, rel=1e-5)
    with pytest.raises(ValueError, match="at least 2 vectors, got 1"):
        moments(x[:1])


def test_the_kernel_distance_is_unbiased():
    """Over all ways to split one population into halves its mean is exactly 0, and it is on both sides of it."""
    x = normal([6], (8, 5), draw=Draw.TEST)[0]
    values = []
    for half in combinations(range(8), 4):
        rest = [k for k in range(8) if k not in half]
        values.append(kernel_distance(x[list(half)], x[rest]))
    assert sum(values) / len(values) == pytest.approx(0, abs=1e-12)
    assert min(values) < 0 < max(values)


def test_the_kernel_distance_of_hand():
    """Two pairs on one axis: k(x, y) = (x y + 1)^3."""
    a, b = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [-1.0]])
    within, across = (0 + 1) ** 3 + (2 * -1 + 1) ** 3, (1 + 1 + 3**3 + 0) / 4
    assert kernel_distance(a, b) == pytest.approx(within - 2 * across)
    with pytest.raises(ValueError, match="of each kind, got 2 and 1"):
        kernel_distance(a, b[:1])


def test_equal_distributions_are_near_and_others_are_not():
    x = normal([7], (400, 16), draw=Draw.TEST)[0]
    same, moved = kernel_distance(x[:200], x[200:]), kernel_distance(x[:200], x[200:] + 0.5)
    assert abs(same) < 0.05 < moved


HERE = Distance("frechet_words", 0.5, 0.1, 500, "f" * 64, "r" * 64)


def test_alike_distances_compare():
    assert compare(HERE, replace(HERE, value=0.75)) == -0.25


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"n": 499}, "unlike sample counts do not compare: 500 and 499"),
        ({"reference": "s" * 64}, "unlike references"),
        ({"features": "e" * 64}, "unlike features"),
        ({"name": "kernel_words"}, "unlike measures do not compare: frechet_words and kernel_words"),
    ],
)
def test_unlike_distances_are_refused(change, says):
    with pytest.raises(UsageError, match=says):
        compare(HERE, replace(HERE, **change))
