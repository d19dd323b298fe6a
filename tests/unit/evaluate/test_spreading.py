"""How samples lie: numbers that are known beforehand."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.problems import f64

from unfog.evaluate.problems import points, ring
from unfog.evaluate.spreading import Ruler

N = 2000


def test_exact_samples_reach_the_floor():
    problem = ring()
    found = Ruler(problem, problem.draws(N))(problem.draws(N, seed=10**6))
    assert found.spread == pytest.approx(1, abs=4 * 0.5 / math.sqrt(N))  # r^2/2 has mean 1 and deviation 1
    assert found.outliers <= 0.003
    assert found.modes <= 0.5 * 8 * 2 * math.sqrt(7 / 64 / N)
    assert 0 < found.distance <= 0.06


def test_too_narrow_too_wide_and_a_lost_mode_are_seen():
    problem = ring()
    x = problem.draws(N)
    ruler, mode = Ruler(problem, x), torch.cdist(x, problem.means).argmin(1)
    centre = problem.means[mode]
    exact, narrow = ruler(x), ruler(centre + 0.5 * (x - centre))
    assert exact.distance == 0
    assert exact.spread is not None
    assert narrow.spread == pytest.approx(0.5 * exact.spread)
    assert narrow.modes == exact.modes
    assert ruler(centre + 6 * 0.05 * f64(1.0, 0.0)).outliers == 1
    lost = x.clone()
    lost[mode == 3] = problem.means[4]
    share = (mode == 3).double().mean().item()
    more = (mode == 4).double().mean().item() + share - 1 / 8
    assert ruler(lost).modes >= max(1 / 8, more) - 1e-12


def test_a_shift_is_its_length_over_the_root_of_the_dimensions():
    problem = points("few", 3, n=7, d=6)
    x, shift = problem.draws(N), torch.full((6,), 0.3, dtype=torch.float64)
    ruler = Ruler(problem, x)
    found = ruler(x + shift)
    assert found.distance == pytest.approx((ruler.slices.T @ shift).square().mean().sqrt().item())
    assert found.distance == pytest.approx(0.3, rel=0.4)
    assert found.spread is None
    assert (ruler(x).outliers, found.outliers) == (0, 1)
