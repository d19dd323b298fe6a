"""What the server tells about jobs, and why it may refuse one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from unfog.config.ask import AnyAsk, AnySeed, Ask
from unfog.config.base import Config

State = Literal["queued", "running", "paused", "done", "failed", "cancelled", "expired"]
"""``paused`` is a training that was asked to wait; all others are as everywhere."""
FINAL = frozenset({"done", "failed", "cancelled", "expired"})
ENDS = {"done": "done", "failed": "error", "cancelled": "cancelled", "expired": "error"}
"""The event that tells each of them."""


class Problem(Config):
    """Why a job failed. ``code`` is for programs, ``message`` for people; trying again may help if ``retryable``."""

    code: str
    message: str
    retryable: bool = False


class JobState(Config):
    """A job as it is now. Times are UTC, ISO 8601; ``eta_s`` until it is done, as far as can be told."""

    id: str
    task: str
    state: State
    position: int | None = None
    """Of a queued one: how many jobs are before it."""
    eta_s: float | None = None
    created: str
    started: str | None = None
    finished: str | None = None
    seeds: tuple[AnySeed, ...] = ()
    pictures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: Problem | None = None
    ask: Ask

    @property
    def final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True)
class JobEvent:
    """One thing that a job told; ``id`` increases within the job."""

    id: int
    type: str
    data: dict[str, Any]


class FileState(Config):
    """An upload that was accepted."""

    id: str
    sha256: str
    width: int
    height: int
    bytes: int


class NotFoundError(LookupError):
    """There is nothing of that id, or it is somebody else's."""


class FullError(RuntimeError):
    """No more work is taken for now."""

    def __init__(self, retry_after_s: int, message: str) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DrainingError(RuntimeError):
    """The server is about to stop."""


def seeds_of(ask: AnyAsk) -> tuple[int, ...]:
    """The seeds of the pictures of an ask that has some."""
    fields = ask.model_dump(include={"n", "seed", "seeds", "request"})
    if fields.get("seeds") is not None:
        return tuple(int(seed) for seed in fields["seeds"])
    seed = fields.get("seed", (fields.get("request") or {}).get("seed"))
    return () if seed is None else tuple((int(seed) + k) % 2**64 for k in range(fields.get("n", 1)))
