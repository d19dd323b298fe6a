"""Where a picture enters the reverse process: exactly the strength that was asked, and as many steps as are said."""

from __future__ import annotations

import math

import pytest
import torch

from unfog.core.grid import GRIDS
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow
from unfog.core.strength import entered_at, noise_share, steps_of
from unfog.util.errors import UsageError

ALL = pytest.mark.parametrize("schedule", SCHEDULES)


@ALL
def test_everything_at_one_and_nothing_at_zero(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    for n in (1, 2, 7):
        ts = GRIDS["rf_shift"](process, n)
        assert torch.equal(entered_at(process, ts, 1.0), ts)
        assert entered_at(process, ts, 0.0).tolist() == [0.0]


@ALL
def test_between_two_nodes_the_share_of_noise_is_linear(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    ts = GRIDS["rf_shift"](process, 5)
    u = noise_share(process, ts)
    for position in (0.25, 1.5, 3.125, 4.75):
        rest = entered_at(process, ts, 1 - position / 5)
        first, part = int(position), position % 1
        wanted = (1 - part) * u[first] + part * u[first + 1]
        assert (noise_share(process, rest[:1]) - wanted).abs().item() <= 1e-9
        assert torch.equal(rest[1:], ts[first + 1 :])
        assert rest[0] > rest[1]


def test_on_a_uniform_grid_of_the_flow_strength_is_time() -> None:
    process = Process(Flow())
    for n in (1, 3, 10, 50):
        ts = GRIDS["uniform"](process, n)
        for strength in (0.01, 1 / 3, 0.6, 0.999):
            assert entered_at(process, ts, strength)[0].item() == pytest.approx(strength, abs=1e-12)


def test_a_position_that_rounding_moves_off_a_node_is_the_node() -> None:
    process = Process(Flow())
    ts = GRIDS["uniform"](process, 10)
    for k in range(11):
        assert torch.equal(entered_at(process, ts, k / 10), ts[10 - k :])
        assert torch.equal(entered_at(process, ts, math.nextafter(k / 10, 0.5)), ts[10 - k :])


def test_as_many_steps_as_are_said() -> None:
    process = Process(Flow())
    strengths = [k / 97 for k in range(98)] + [k / 20 for k in range(21)] + [1e-12, 1e-7, 0.3, 0.6, 0.7, 0.9]
    for n in (1, 2, 3, 7, 10, 20, 29, 50, 1000):
        ts = GRIDS["uniform"](process, n)
        for strength in strengths:
            found = len(entered_at(process, ts, strength)) - 1
            assert found == steps_of(strength, n), (strength, n)
            assert found in {math.ceil(strength * n), round(strength * n)}


@pytest.mark.parametrize("strength", [-0.01, 1.01, math.nan, math.inf])
def test_what_is_no_strength(strength: float) -> None:
    process = Process(Flow())
    with pytest.raises(UsageError, match="strength must be within 0"):
        entered_at(process, GRIDS["uniform"](process, 4), strength)
