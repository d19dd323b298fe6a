"""Where the time of a training run goes, and its mean loss since the last log line."""

from __future__ import annotations

from dataclasses import dataclass, field

from unfog.train.loop import Record


@dataclass
class Clock:
    """Where the time of a session went, in seconds."""

    data: float = 0.0
    compute: float = 0.0
    other: float = 0.0
    images: int = 0

    def add(self, record: Record, images: int) -> None:
        self.data += record.data_s
        self.compute += record.compute_s
        self.other += record.other_s
        self.images += images

    @property
    def total(self) -> float:
        return self.data + self.compute + self.other

    def facts(self) -> dict[str, float]:
        """Speed and the share of time outside forward, backward and optimiser."""
        total = max(self.total, 1e-9)
        return {
            "images_per_second": round(self.images / total, 2),
            "seconds": round(total, 2),
            "share_outside_compute": round(1 - self.compute / total, 4),
            "share_data": round(self.data / total, 4),
        }


@dataclass
class Window:
    """Mean loss since the last log line; saved with a checkpoint, so a resumed run logs the same numbers."""

    losses: float = 0.0
    steps: int = 0
    clock: Clock = field(default_factory=Clock)
