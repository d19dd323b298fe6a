"""The jobs that wait, in fair order, and how long they will wait.

Start-time fair queueing (Goyal, Vin, Cheng 1996): a job of an owner who has nothing in the queue gets the start tag V,
the tag of the job begun last; each further job of the same owner begins where the one before ends,

    S = max(V, F of the owner's job before),   F = S + work,

and the smallest S goes first. Who asks for a hundred pictures waits for them alone; who asks for one gets it soon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FORGET = 0.97  # share of the past that still counts after one more step
LONGEST_RETRY_S = 120  # clients that wait as they are told give up on more


@dataclass
class Waiting:
    """One job in the queue."""

    job: str
    owner: str
    work: float
    number: int
    start: float = 0.0

    @property
    def finish(self) -> float:
        return self.start + self.work


@dataclass
class Line:
    """The queue."""

    waiting: dict[str, Waiting] = field(default_factory=dict[str, Waiting])
    virtual: float = 0.0
    number: int = 0

    def __len__(self) -> int:
        return len(self.waiting)

    def add(self, job: str, owner: str, work: float) -> None:
        """Put a job behind the others of its owner."""
        mine = [one.finish for one in self.waiting.values() if one.owner == owner]
        self.number += 1
        self.waiting[job] = Waiting(job, owner, max(work, 1.0), self.number, max([self.virtual, *mine]))

    def order(self) -> list[Waiting]:
        """All that wait, the next one first."""
        return sorted(self.waiting.values(), key=lambda one: (one.start, one.number))

    def take(self) -> str:
        """The job whose turn it is; it waits no longer."""
        one = self.order()[0]
        del self.waiting[one.job]
        self.virtual = max(self.virtual, one.start)
        return one.job

    def remove(self, job: str) -> bool:
        """Take a job out, whose turn it is not; the later ones of its owner move up."""
        gone = self.waiting.pop(job, None)
        if gone is None:
            return False
        at = gone.start
        for one in self.order():
            if one.owner == gone.owner and one.number > gone.number:
                one.start, at = at, at + one.work
        return True


@dataclass
class Pace:
    """Seconds per unit of work, over the last steps; ``None`` before the first."""

    seconds: float = 0.0
    work: float = 0.0

    def add(self, seconds: float, work: float) -> None:
        """Some work was done in some time."""
        if work <= 0 or seconds < 0:
            return
        self.seconds = self.seconds * FORGET + seconds
        self.work = self.work * FORGET + work

    @property
    def per_unit(self) -> float | None:
        return self.seconds / self.work if self.work else None

    def of(self, work: float) -> float | None:
        """How long some work takes."""
        return None if self.per_unit is None else work * self.per_unit


@dataclass
class Promises:
    """When those who are refused may come again: one after another, as fast as places become free.

    If all were told the same moment, most of them would come in vain, and the answers to them would take the time that
    the work needs.
    """

    last: float = 0.0
    """The moment promised last."""

    def next(self, now: float, each_s: float, all_s: float) -> int:
        """Whole seconds until one more may come, at most ``LONGEST_RETRY_S``.

        Args:
            now: this moment, in seconds of any clock that only goes forward.
            each_s: seconds between two places that become free.
            all_s: seconds until all is done that waits now; nobody is sent away for longer.
        """
        self.last = min(max(self.last, now) + each_s, now + max(each_s, all_s))
        return max(1, min(LONGEST_RETRY_S, math.ceil(round(self.last - now, 3))))
