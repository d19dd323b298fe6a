"""What is looked after while a server runs: every second those who wait and those who hang, every hour the chores."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable

from unfog.config.server import Engine
from unfog.server import chores
from unfog.server.crew import Crew
from unfog.server.ledger import Ledger
from unfog.server.record import rounded

LOG = logging.getLogger("unfog.server")
TICK_S = 1.0
LATE_S = 5.0  # a tick so late says that this process did not run, and nothing about the others
EXPIRED = {"code": "expired", "message": "it waited too long", "retryable": True}


class Rounds:
    """The two tasks in the background.

    Args:
        settings: of the engine.
        crew, ledger: what is looked after.
        warm: called every second; loads the default model if it is not loaded.
    """

    def __init__(self, settings: Engine, crew: Crew, ledger: Ledger, warm: Callable[[], None]) -> None:
        self.settings, self.crew, self.ledger, self.warm = settings, crew, ledger, warm
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self.tasks = [asyncio.create_task(self.beat(), name="heart"), asyncio.create_task(self.tidy(), name="chores")]

    def stop(self) -> None:
        """End."""
        for task in self.tasks:
            task.cancel()

    async def beat(self) -> None:
        """Once a second: whoever waits too long, hangs, or could not be stored."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            try:
                if now - last < TICK_S + LATE_S:
                    self.crew.watch()
                self.warm()
                await self.expire(now)
                self.positions()
                await self.ledger.save_the_rest()
            except Exception:
                LOG.exception("the watch over the jobs met an error; it goes on")
            last = time.monotonic()

    async def tidy(self) -> None:
        """Once an hour: what is old goes."""
        while True:
            try:
                await chores.tidy(self.ledger.store, self.settings, set(self.ledger.live))
            except (OSError, sqlite3.Error):
                LOG.exception("some chores could not be done; they are tried again")
            await asyncio.sleep(chores.EVERY_S)

    async def expire(self, now: float) -> None:
        """Give up jobs that have waited too long; by a clock that nobody can set."""
        for name in list(self.crew.line.waiting):
            job = self.ledger.live.get(name)
            if job is not None and now - job.since > self.settings.wait_s and self.crew.dequeue(job):
                await self.ledger.finish(job, "expired", dict(EXPIRED))

    def positions(self) -> None:
        """Tell those who wait how many are before them, when that has changed."""
        for name, (place, eta) in self.crew.places().items():
            job = self.ledger.live.get(name)
            if job is not None and job.position != place:
                job.position = place
                facts = {"position": place, "eta_s": rounded(eta)}
                job.feed.tell(job.feed.next("queued", facts))
