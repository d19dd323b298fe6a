"""The numbers of a fogging picture are those of the process."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import get_args

import pytest
import torch

from unfog.config.explain import ScheduleName
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES
from unfog.explain.fog import BIN, BINS, chain, colourful, density, leap, levels, normal_density, times
from unfog.explain.forward import MOST_FRAMES, STRIP, spread, told_apart, watch
from unfog.util.random import Draw, Noise

SHAPE = (3, 53, 61)
N = math.prod(SHAPE)
VP = Process(SCHEDULES["vp_linear"])


def picture() -> torch.Tensor:
    """Two thirds dark, one third bright: nothing like a bell."""
    x = torch.full(SHAPE, -0.8)
    x[:, ::3] = 0.7
    x[0] += 0.2
    return x


def noise(seed: int):
    draw = Noise((seed,), SHAPE)
    return lambda k: draw(k, Draw.FOG)[0]


def test_every_schedule_can_be_asked_for():
    assert set(get_args(ScheduleName)) == set(SCHEDULES)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_betas_make_the_schedule(name):
    """sigma_k^2 = (alpha_k/alpha_{k-1})^2 sigma_{k-1}^2 + beta_k, whatever the schedule."""
    rows = levels(Process(SCHEDULES[name]), times(13))
    assert (rows[0].t, rows[0].beta, rows[-1].t) == (0, 0, 1)
    for a, b in pairwise(rows):
        assert b.sigma**2 == pytest.approx((b.alpha / a.alpha) ** 2 * a.sigma**2 + b.beta, rel=1e-9, abs=1e-12)
        if rows[-1].reach == 1 and name != "flow":
            assert b.beta == pytest.approx(1 - (b.alpha / a.alpha) ** 2, abs=1e-9)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_the_last_state_is_the_bell_of_the_schedule(name):
    """Mean and variance of what is shown are predicted from the picture's, whatever the schedule."""
    x0 = picture()
    fog = run(Process(SCHEDULES[name]), x0, steps=9)
    m, v = x0.double().mean().item(), x0.double().var(correction=0).item()
    for frame in (*fog.frames, fog.leap, fog.met):
        mean, variance = frame.level.bell(m, v)
        assert frame.mean == pytest.approx(mean, abs=5 * math.sqrt(max(variance, 1e-9) / N))
        assert frame.variance == pytest.approx(variance, rel=7 * math.sqrt(2 / N), abs=1e-6)
    assert fog.frames[-1].variance == pytest.approx(
        fog.frames[-1].level.sigma ** 2 / fog.frames[-1].level.reach ** 2, rel=0.1
    )


def run(process, x0, *, steps, seed=5, places=((0, 0),)):
    watching = watch(process, x0, steps=steps, seed=seed, places=list(places))
    while True:
        try:
            next(watching)
        except StopIteration as end:
            return end.value


def test_increments_have_the_variance_of_the_transition():
    """x_k - (alpha_k/alpha_{k-1}) x_{k-1} is N(0, beta_k), new in every step and of every neighbour."""
    rows = levels(VP, times(7))
    states = list(chain(VP, picture(), times(7), noise(3)))
    pushes = [b - s.alpha / r.alpha * a for a, b, r, s in zip(states, states[1:], rows, rows[1:], strict=False)]
    for push, row in zip(pushes, rows[1:], strict=True):
        assert push.double().mean().item() == pytest.approx(0, abs=5 * math.sqrt(row.beta / N))
        assert push.double().var().item() == pytest.approx(row.beta, rel=7 * math.sqrt(2 / N))
    together = torch.corrcoef(torch.stack([*(p.flatten() for p in pushes), pushes[0].roll(1, 2).flatten()]))
    assert (together - torch.eye(8)).abs().max() < 5 / math.sqrt(N)


def test_the_followed_pixels_are_those_of_the_chain():
    places = [(4, 9), (50, 0)]
    fog = run(VP, picture(), steps=7, seed=3, places=places)
    for state, x in zip(fog.walk, chain(VP, picture(), times(7), noise(3)), strict=True):
        for number, (row, column) in enumerate(places):
            assert torch.equal(state[number], x[:, row, column])


def test_the_leap_is_the_marginal():
    x0 = picture()
    rest = leap(VP, x0, 0.3, noise(1)(0)) - VP.alpha(torch.tensor(0.3)) * x0
    assert rest.double().var().item() == pytest.approx(
        VP.sigma(torch.tensor(0.3)).item() ** 2, rel=7 * math.sqrt(2 / N)
    )


def test_the_reddest_pixel_is_followed_first():
    x = torch.zeros(3, 30, 40)
    x[:, 10:15, 20:25] = torch.tensor([1.0, -1, -1])[:, None, None]  # red
    x[:, 3, 3] = torch.tensor([1.0, -1, -1])  # a speck as red
    x[:, 20:25, 5:10] = torch.tensor([-1.0, 1, 1])[:, None, None]  # cyan, as far from red as can be
    first, second, third = colourful(x, 3)
    assert 11 <= first[0] <= 13
    assert 21 <= first[1] <= 23
    assert 21 <= second[0] <= 23
    assert 6 <= second[1] <= 8
    assert x[:, third[0], third[1]].tolist() == [0, 0, 0]
    assert colourful(torch.zeros(3, 5, 5), 3) == [(0, 0)]


def test_histogram_and_bell_have_area_one():
    edges = [(k - BINS / 2) * BIN for k in range(BINS + 1)]
    assert sum(normal_density(0.3, 0.4, edges)) * BIN == pytest.approx(1, abs=1e-6)
    assert sum(density(picture())) * BIN == pytest.approx(1)
    inside = density(torch.tensor([0.0, 0.0, 100.0, -100.0]))
    assert sum(inside) * BIN == pytest.approx(0.5)


def test_what_is_shown_of_a_long_chain():
    assert spread(3, 20) == [0, 1, 2, 3]
    assert spread(100, 4) == [0, 25, 50, 75, 100]
    rows = levels(VP, times(1000))
    steps = told_apart(rows)
    angles = [math.atan2(rows[k].sigma, rows[k].alpha) for k in steps]
    gaps = [b - a for a, b in pairwise(angles)]
    assert len(steps) == STRIP + 1
    assert max(gaps) - min(gaps) < 0.02
    fog = run(VP, picture()[:, :8, :8], steps=97)
    shown = [frame.level.step for frame in fog.frames]
    assert set(told_apart(fog.levels)) <= set(shown)
    assert len(shown) <= MOST_FRAMES + STRIP
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (0, 97)
    assert fog.met.level is fog.leap.level
    assert abs(fog.met.level.decibels) < 1
