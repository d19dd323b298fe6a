"""The learning rate over a run."""

from __future__ import annotations

import pytest

from unfog.config.train import OptimiserConfig
from unfog.train.optimise import rate

CONFIG = OptimiserConfig(lr=2e-3, warmup_images=1000, decay_from=0.5)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [(0, 2e-3 / 1001), (499, 2e-3 * 500 / 1001), (1000, 2e-3), (50_000, 2e-3), (75_000, 1e-3), (100_000, 0)],
)
def test_warmup_plateau_decay(seen: int, expected: float) -> None:
    assert rate(CONFIG, seen, 100_000) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_warmup_is_at_most_a_tenth_of_the_run() -> None:
    assert rate(CONFIG, 100, 1000) == pytest.approx(2e-3)
