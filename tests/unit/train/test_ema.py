"""The power-function average: its width, its independence of the start, and the closed form of its weights."""

from __future__ import annotations

import math

import pytest
import torch

from unfog.train.ema import decay, gamma_of, update


@pytest.mark.parametrize(("sigma_rel", "gamma"), [(0.05, 16.97), (0.10, 6.94)])
def test_gamma_of_published_widths(sigma_rel: float, gamma: float) -> None:
    assert gamma_of(sigma_rel) == pytest.approx(gamma, abs=0.01)


def test_first_update_forgets_the_start_and_weights_sum_to_one() -> None:
    average = [torch.tensor([123.0])]
    for step in range(1, 400):
        update(average, [torch.tensor([5.0])], decay(step, 6.94))
        assert average[0].item() == pytest.approx(5.0, abs=1e-5)


def test_relative_width_matches_its_definition() -> None:
    gamma, n = gamma_of(0.1), 2000
    weight, profile = 1.0, [0.0] * (n + 1)
    for step in range(n, 0, -1):
        beta = decay(step, gamma)
        profile[step] = weight * (1 - beta)
        weight *= beta
    mean = sum(k * p for k, p in enumerate(profile)) / n
    spread = math.sqrt(sum((k / n - mean) ** 2 * p for k, p in enumerate(profile)))
    assert sum(profile) == pytest.approx(1.0, abs=1e-12)
    assert spread == pytest.approx(0.1, rel=0.01)
