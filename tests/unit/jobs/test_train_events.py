"""How often a training writes down how it goes."""

from __future__ import annotations

from unfog.jobs.train import LOG_STEPS, log_steps


def test_a_short_run_writes_at_least_a_hundred_lines_or_one_a_step_and_a_long_one_rarely():
    assert [log_steps(steps) for steps in (0, 1, 99, 188, 937, 5000, 10**6)] == [1, 1, 1, 1, 9, 50, LOG_STEPS]
