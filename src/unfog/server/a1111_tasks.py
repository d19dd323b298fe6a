"""Which requests of A1111 clients are running, and how far: what ``progress``, ``interrupt`` and ``skip`` are about.

    progress      0.01 + job_no / job_count + sampling_step / sampling_steps / job_count, at most 1
    eta_relative  elapsed / progress - elapsed

There the whole program has one state. Here everyone has their own, and a client sees nothing of others.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from unfog.server.a1111_answers import TIMESTAMP

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
REMEMBERED = 32  # finished tasks of everybody, for clients that ask a moment late
FIRST = 0.01  # progress of what has only begun


@dataclass
class Task:
    """One request. ``steps`` are those of a picture; times are seconds of a clock that never goes back."""

    id: str
    owner: str
    pictures: int
    submitted_at: float
    created: datetime
    job: str | None = None
    """The engine's id of what runs for it now."""
    running: bool = False
    begun_at: float | None = None
    done: int = 0
    step: int = 0
    steps: int = 0
    preview: bytes | None = None
    previews: int = 0
    text: str | None = None
    ended: bool = False
    stop: Literal["interrupt", "skip"] | None = None

    def advance(self, i: int, n: int, message: str | None) -> None:
        """Step ``i`` of ``n`` steps of all pictures that are left."""
        left = max(1, self.pictures - self.done)
        self.steps = max(1, n // left) if not self.steps else self.steps
        self.step = min(self.steps, i % self.steps or self.steps)
        self.text = message

    def show(self, picture: bytes) -> None:
        """How it looks meanwhile."""
        self.preview, self.previews = picture, self.previews + 1

    def finish_picture(self) -> None:
        """One more is finished."""
        self.done, self.step, self.preview = self.done + 1, 0, None

    def progress(self) -> float:
        """By the formula above."""
        if not self.running or self.ended:
            return 0.0
        part = self.step / self.steps if self.steps else 0.0
        return min(1.0, FIRST + (self.done + part) / self.pictures)

    def eta_s(self, now: float) -> float:
        """How many seconds are left, if it goes on as it did."""
        progress = self.progress()
        elapsed = now - (self.begun_at or now)
        return max(0.0, elapsed / progress - elapsed) if progress else 0.0


@dataclass
class Tasks:
    """The tasks of everyone, oldest first."""

    live: list[Task] = field(default_factory=list[Task])
    past: deque[Task] = field(default_factory=lambda: deque[Task](maxlen=REMEMBERED))

    def add(self, task: Task) -> None:
        self.live.append(task)

    def end(self, task: Task) -> None:
        """It is answered, however it ended."""
        task.ended = True
        self.live.remove(task)
        self.past.append(task)

    def of(self, owner: str) -> Iterator[Task]:
        """Those of one client that are not finished."""
        return (task for task in self.live if task.owner == owner)

    def current(self, owner: str) -> Task | None:
        """The one that runs, or waits in front."""
        mine = list(self.of(owner))
        return next((task for task in mine if task.running), mine[0] if mine else None)

    def named(self, owner: str, name: str) -> Task | None:
        """The latest of this name, finished or not."""
        known = [*self.past, *self.live]
        return next((task for task in reversed(known) if task.owner == owner and task.id == name), None)


def new_id(kind: str) -> str:
    """As their page makes them."""
    return f"task({kind}-{''.join(secrets.choice(LETTERS) for _ in range(7))})"


def progress_answer(task: Task | None, now: float, image: str | None) -> dict[str, Any]:
    """The answer of ``/sdapi/v1/progress``; ``image`` is the preview in base64."""
    waiting = None if task is None or task.ended else task.id
    if task is None or task.ended or not task.running:
        return IDLE | {"current_task": waiting}
    return {
        "progress": task.progress(),
        "eta_relative": task.eta_s(now),
        "state": {
            "skipped": task.stop == "skip",
            "interrupted": task.stop == "interrupt",
            "stopping_generation": False,
            "job": f"Batch {task.done + 1} out of {task.pictures}",
            "job_count": task.pictures,
            "job_timestamp": task.created.strftime(TIMESTAMP),
            "job_no": task.done,
            "sampling_step": task.step,
            "sampling_steps": task.steps,
        },
        "current_image": image,
        "textinfo": task.text,
        "current_task": waiting,
    }


def internal_answer(task: Task | None, now: float, seen: int, image: str | None) -> dict[str, Any]:
    """The answer of ``/internal/progress``; ``image`` is the preview as a ``data:`` URL, unless it was ``seen``."""
    if task is None:
        return {"active": False, "queued": False, "completed": False, **NOTHING, "textinfo": "Waiting..."}
    active, queued = task.running and not task.ended, not task.running and not task.ended
    if not active:
        told = "In queue..." if queued else "Waiting..."
        return {"active": False, "queued": queued, "completed": task.ended, **NOTHING, "textinfo": told}
    fresh = image is not None and task.previews != seen
    return {
        "active": True,
        "queued": False,
        "completed": False,
        "progress": task.progress(),
        "eta": task.eta_s(now),
        "live_preview": image if fresh else None,
        "id_live_preview": task.previews if fresh else seen,
        "textinfo": task.text,
    }


NOTHING: dict[str, Any] = {"progress": None, "eta": None, "live_preview": None, "id_live_preview": -1}
IDLE: dict[str, Any] = {
    "progress": 0.0,
    "eta_relative": 0.0,
    "state": {
        "skipped": False,
        "interrupted": False,
        "stopping_generation": False,
        "job": "",
        "job_count": 0,
        "job_timestamp": "0",
        "job_no": 0,
        "sampling_step": 0,
        "sampling_steps": 0,
    },
    "current_image": None,
    "textinfo": None,
    "current_task": None,
}
