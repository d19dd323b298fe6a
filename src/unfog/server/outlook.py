"""How long: when each job will begin and end, played through as turns are given.

A device advances up to m jobs together, one step of each a round (``worker.py``), and the next in line takes the place
of whoever ends (``crew.py``). A job of t steps is thus done after t rounds, and a round takes one step of everyone
there. Where all steps are equally large, a job whose rest is r ends beside rests r_i after

    r + sum_i min(r_i, r),

so a short job is soon done beside a long one. Jobs that are yet to come are not foreseen. Work is counted as
``jobs/cost.py`` counts it; ``Pace`` says what a unit of it takes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

FORGET = 0.97  # share of the past that still counts after one more step
LONGEST_RETRY_S = 120  # clients that wait as they are told give up on more
AHEAD = 2  # lines: so far places are promised, the later ones as far apart as those of this line in the mean
NOTHING = 1e-6  # of a step


@dataclass
class Pace:
    """Seconds per unit of work on one device, over the last steps; ``None`` before the first."""

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


@dataclass(frozen=True)
class Rest:
    """What is left of a job."""

    job: str
    work: float
    turn: float = 1.0
    """Work of one step."""
    alone: bool = False
    """It has a device to itself."""


class Span(NamedTuple):
    """When a job begins and ends, in work of one device from now on."""

    job: str
    begin: float
    end: float


@dataclass
class Going:
    """A job that is played through."""

    rest: Rest
    begin: float
    steps: float

    @property
    def alone(self) -> bool:
        return self.rest.alone


class Maybe(Protocol):
    """Whatever may be alone on its device."""

    @property
    def alone(self) -> bool: ...


def free_one(devices: Sequence[Sequence[Maybe]], at_once: int, *, alone: bool) -> int | None:
    """The device that takes the next job: the one with the fewest, if there is room for one more.

    Args:
        devices: the jobs on each.
        at_once: jobs that a device advances together.
        alone: whether the next one wants a device to itself.
    """
    for at in sorted(range(len(devices)), key=lambda at: len(devices[at])):
        if len(devices[at]) < (1 if alone or any(one.alone for one in devices[at]) else at_once):
            return at
    return None


def spans(running: Sequence[Sequence[Rest]], waiting: Iterable[Rest], at_once: int) -> Iterator[Span]:
    """Beginning and end of every job, in the order of the ends.

    Args:
        running: the rests on each device.
        waiting: those that begin later, in their order.
        at_once: jobs that a device advances together.
    """
    now, line = 0.0, deque(waiting)
    devices = [[Going(rest, now, rest.work / rest.turn) for rest in device] for device in running]
    while True:
        while line and (at := free_one(devices, at_once, alone=line[0].alone)) is not None:
            rest = line.popleft()
            devices[at].append(Going(rest, now, rest.work / rest.turn))
        rounds = [(device, sum(one.rest.turn for one in device)) for device in devices if device]
        if not rounds:
            return
        passed = min(min(one.steps for one in device) * turns for device, turns in rounds)
        now += passed
        for device, turns in rounds:
            for one in device:
                one.steps -= passed / turns
            for one in [one for one in device if one.steps <= NOTHING]:
                device.remove(one)
                yield Span(one.rest.job, one.begin, now)


@dataclass(frozen=True)
class Outlook:
    """All jobs of a server that run or wait, and how they will go on.

    Args:
        running: the rests on each device.
        waiting: in the order in which they begin.
        at_once: jobs that a device advances together.
        pace: of a device.
    """

    running: Sequence[Sequence[Rest]]
    waiting: Sequence[Rest]
    at_once: int
    pace: Pace

    def spans(self, *more: Rest) -> Iterator[Span]:
        """Of all of them, and of some that are last in line."""
        return spans(self.running, (*self.waiting, *more), self.at_once)

    def eta(self, job: str) -> float | None:
        """Seconds until a job is done; ``None``: nobody knows yet, or it is none of these."""
        return next((self.pace.of(one.end) for one in self.spans() if one.job == job), None)

    def places(self) -> dict[str, tuple[int, float | None]]:
        """Place in line and seconds until the end, of every job that waits."""
        ends = {one.job: one.end for one in self.spans()}
        return {rest.job: (place, self.pace.of(ends[rest.job])) for place, rest in enumerate(self.waiting)}

    def ends(self) -> list[float]:
        """Seconds until each next job ends, as far as that can be told: whenever one does, a place in line is free."""
        return [seconds for one in self.spans() if (seconds := self.pace.of(one.end)) is not None]

    def wait(self) -> float:
        """Seconds until one more job would begin, if it were the last in line; 0 as long as nobody knows."""
        begin = next(one.begin for one in self.spans(Rest("", 0.0)) if one.job == "")
        return self.pace.of(begin) or 0.0


@dataclass
class Promises:
    """When those who are refused may come again: one after another, as places become free.

    If all were told the same moment, most of them would come in vain, and the answers to them would take the time that
    the work needs.
    """

    given: list[float] = field(default_factory=list[float])
    """The moments that were promised and have not come."""

    def next(self, now: float, ends: Sequence[float]) -> int:
        """Whole seconds until one more may come, at most ``LONGEST_RETRY_S``.

        Args:
            now: this moment, in seconds of any clock that only goes forward.
            ends: seconds until each next place becomes free, in order; those promised before get the first ones.
                Whoever finds none left, ``AHEAD`` lines of them, comes with the last one; none at all: a second.
        """
        self.given = [moment for moment in self.given if moment > now]
        place, last = len(self.given), AHEAD * len(ends) - 1
        wait = min(LONGEST_RETRY_S, moment_of(min(place, last), ends)) if ends else 1.0
        if place <= last:
            self.given.append(now + wait)
        return max(1, math.ceil(round(wait, 3)))


def moment_of(place: int, ends: Sequence[float]) -> float:
    """Seconds until a place becomes free, of those that are foreseen (counted from 0) or come after them."""
    return ends[place] if place < len(ends) else ends[-1] * (place + 1) / len(ends)
