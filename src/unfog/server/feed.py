"""The events of one job while it is remembered: those that were, and a way to wait for the next.

Every reader goes at its own speed over one shared list. Of previews only the last is kept, so a slow reader misses some
and nobody's memory grows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from unfog.server.states import JobEvent

MOST = 6000  # events of a job in memory; steps are left out first
PATIENT = frozenset({"step", "preview"})  # nobody sees whether they come a moment later
ENDS = frozenset({"done", "error", "cancelled"})
LEAP = 2**32  # events that one server tells of a job, at most; 2^20 restarts later a number is still exact everywhere


class Feed:
    """What a job told so far.

    Args:
        past: stored events, in order.
        goes_on: more will be told, though not all that was told is stored: numbers go on beyond all of it.
    """

    def __init__(self, past: list[JobEvent] | None = None, *, goes_on: bool = False) -> None:
        self.events = list(past or ())
        self.preview: JobEvent | None = None
        self.last = (self.events[-1].id if self.events else 0) + (LEAP if goes_on else 0)
        self.unsaved: list[JobEvent] = []
        """Steps, which are stored with the next event that matters."""
        self.stopped = False
        self._changed = asyncio.Event()
        self._urgent = asyncio.Event()

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1].type in ENDS

    def next(self, kind: str, data: dict[str, Any]) -> JobEvent:
        """The event that comes next; it is not told yet."""
        self.last += 1
        return JobEvent(self.last, kind, data)

    def tell(self, event: JobEvent) -> None:
        """Show an event to all who follow."""
        if event.type == "preview":
            self.preview = event
        else:
            self.events.append(event)
            if event.type in ("step", "record"):
                self.unsaved.append(event)
            if len(self.events) > MOST:
                self.events = [e for k, e in enumerate(self.events) if e.type != "step" or k % 2]
        self.wake(urgent=event.type not in PATIENT)

    def to_save(self) -> list[JobEvent]:
        """Steps that are not stored yet; they count as stored from now on."""
        steps, self.unsaved = self.unsaved, []
        return steps

    def wake(self, *, urgent: bool = True) -> None:
        """Let all who follow look again, also those who wait for more at once."""
        self._changed.set()
        self._changed = asyncio.Event()
        if urgent:
            self._urgent.set()
            self._urgent = asyncio.Event()

    def stop(self) -> None:
        """Let all who follow go, though the job has not ended."""
        self.stopped = True
        self.wake()

    async def follow(self, after: int = 0) -> AsyncIterator[JobEvent]:
        """Every event later than ``after``, then those to come; ends after the last one of the job."""
        async for events in self.batches(after):
            for event in events:
                yield event

    async def batches(self, after: int = 0, hold_s: float = 0.0) -> AsyncIterator[list[JobEvent]]:
        """The same, as many at once as there are.

        Args:
            after: number of the last event that is known.
            hold_s: steps and previews wait for others of their kind until the last batch is so long ago.
        """
        seen, due = after, 0.0
        while True:
            changed, urgent = self._changed, self._urgent
            last = self.ended or self.stopped  # more may be told while these are read
            fresh = [event for event in self.since(seen) if event.id > seen]
            if self.preview is not None and self.preview.id > seen and not self.ended:
                fresh = sorted([*fresh, self.preview], key=lambda event: event.id)
            if fresh and not last and (rest := due - time.monotonic()) > 0 and all(e.type in PATIENT for e in fresh):
                with suppress(TimeoutError):
                    await asyncio.wait_for(urgent.wait(), rest)
                continue
            if fresh:
                seen = fresh[-1].id
                yield fresh
                due = time.monotonic() + hold_s
            if last:
                return
            if not fresh:
                await changed.wait()

    def since(self, seen: int) -> list[JobEvent]:
        """The events later than ``seen``; the list is searched from its end."""
        at = len(self.events)
        while at and self.events[at - 1].id > seen:
            at -= 1
        return self.events[at:]
