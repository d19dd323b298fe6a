"""The jobs that wait, in fair order; how long they will wait is in ``outlook.py``.

Start-time fair queueing (Goyal, Vin, Cheng 1996): a job of an owner who has nothing in the queue gets the start tag V,
the tag of the job begun last; each further job of the same owner begins where the one before ends,

    S = max(V, F of the owner's job before),   F = S + work,

and the smallest S goes first. Who asks for a hundred pictures waits for them alone; who asks for one gets it soon.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Waiting:
    """One job in the queue."""

    job: str
    owner: str
    work: float
    number: int
    start: float = 0.0
    turn: float = 1.0
    """Work of one step."""

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

    def newcomer(self, job: str, owner: str, work: float, turn: float = 1.0) -> Waiting:
        """A job as it would wait if it came now, behind the others of its owner."""
        mine = [one.finish for one in self.waiting.values() if one.owner == owner]
        return Waiting(job, owner, max(work, 1.0), self.number + 1, max([self.virtual, *mine]), turn)

    def add(self, job: str, owner: str, work: float, turn: float = 1.0) -> None:
        """Put a job behind the others of its owner."""
        self.waiting[job] = self.newcomer(job, owner, work, turn)
        self.number += 1

    def order(self, *more: Waiting) -> list[Waiting]:
        """All that wait, and some that might, the next one first."""
        return sorted((*self.waiting.values(), *more), key=lambda one: (one.start, one.number))

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
