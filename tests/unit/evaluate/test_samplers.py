"""Samplers held against exact solutions: numbers that are known beforehand."""

from __future__ import annotations

import pytest

from unfog.evaluate.problems import mixture
from unfog.evaluate.samplers import default, measured, order, setup
from unfog.samplers import SAMPLERS


@pytest.fixture(scope="module")
def small():
    return setup(mixture("small", 5, k=3, d=6), 16)


@pytest.fixture(scope="module")
def other():
    return setup(mixture("other", 77, k=8, d=32), 48)


@pytest.mark.parametrize(("name", "expected"), [("euler", 1.0), ("heun", 2.0)])
def test_measured_order(name, expected):
    found = order(name)
    assert found is not None
    assert found == pytest.approx(expected, abs=0.12)


def test_no_order_where_there_is_none():
    assert [order(name) for name in ("ddpm", "adaptive", "lcm")] == [None, None, None]


def test_rows_rank_samplers_as_they_are(small):
    rows = {name: measured(small, name, "log_snr", 20) for name in ("euler", "dpmpp_2m", "unipc", "heun")}
    errors = {name: row.error for name, row in rows.items() if row is not None and row.error is not None}
    assert errors["unipc"] < 0.8 * errors["dpmpp_2m"]
    assert errors["dpmpp_2m"] < 0.5 * errors["euler"]
    assert rows["heun"] is not None
    assert (rows["heun"].steps, rows["heun"].calls) == (10, 19)


def test_budgets_are_kept(small):
    assert measured(small, "plms", "karras", 1) is None  # it needs two
    row = measured(small, "euler_ancestral", "karras", 5)
    assert row is not None
    assert (row.error, row.calls) == (None, 5)
    again = measured(small, "euler_ancestral", "karras", 5)
    assert again == row  # noise is a function of its seed


def test_many_steps_reach_the_floor_of_what_is_measured(small):
    row = measured(small, "unipc", "log_snr", 200)
    assert row is not None
    assert row.error is not None
    assert row.error <= 1e-3
    assert row.spreading.modes == small.floor.modes
    assert row.spreading.distance == pytest.approx(small.floor.distance, abs=1e-3)


def test_the_default_spends_what_it_is_given():
    for budget in (1, 5, 20):
        sampler, grid = default(budget)
        assert SAMPLERS[sampler].calls(budget) == budget
        assert grid == "learned"


@pytest.mark.parametrize("budget", [5, 8, 12])
def test_the_default_follows_the_flow_more_closely_than_the_usual(other, budget):
    """On a mixture that is neither fitted to nor compared on."""
    usual = [measured(other, "unipc", grid, budget) for grid in ("karras", "log_snr", "rf_shift")]
    best = min(row.error for row in usual if row is not None and row.error is not None)
    row = measured(other, *default(budget), budget)
    assert row is not None
    assert row.error is not None
    assert row.error <= 0.8 * best
