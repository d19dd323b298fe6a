"""Counts of values up to bounds, as Prometheus wants them."""

from __future__ import annotations

JOB_BUCKETS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
STEP_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Histogram:
    """Counts of values up to each bound."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds, self.counts, self.sum, self.count = bounds, [0] * len(bounds), 0.0, 0

    def add(self, value: float) -> None:
        """One more."""
        self.sum += value
        self.count += 1
        for k, bound in enumerate(self.bounds):
            if value <= bound:
                self.counts[k] += 1

    def lines(self, name: str) -> list[str]:
        """As text."""
        rows = [f'{name}_bucket{{le="{bound:g}"}} {n}' for bound, n in zip(self.bounds, self.counts, strict=True)]
        return [
            *rows,
            f'{name}_bucket{{le="+Inf"}} {self.count}',
            f"{name}_sum {self.sum:g}",
            f"{name}_count {self.count}",
        ]
