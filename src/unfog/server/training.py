"""Trainings: one at a time, each in a process of its own, which saves and ends when it is asked to."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from unfog.config.ask import TrainAsk
from unfog.config.server import Server
from unfog.server.hand import TRAINER, Hand
from unfog.server.ledger import FULL, Ledger
from unfog.server.processes import named
from unfog.server.record import Job, ask_text
from unfog.server.states import Problem
from unfog.server.wire import Message, b64
from unfog.util.devices import thread_count

LOG = logging.getLogger("unfog.server")
UNBEGUN = Problem(code="worker_crashed", message="its process could not be started", retryable=True)
SAVE_S = 120.0  # within which a training that was asked to stop must have saved


@dataclass
class Run:
    """The training that runs, and when it must have ended, if it was asked to."""

    job: Job
    hand: Hand
    device: str
    threads: int
    deadline: float | None = None


class Training:
    """The trainings of a server.

    Args:
        settings: of the server.
        ledger: takes down what happens.
        orphan: what becomes of a job whose process has died.
    """

    def __init__(self, settings: Server, ledger: Ledger, orphan: Callable[[Job], Awaitable[None]]) -> None:
        self.settings, self.ledger, self.orphan = settings, ledger, orphan
        self.waiting: list[str] = []
        self.run: Run | None = None
        self.next: Callable[[], None] = lambda: None
        """Told when another may begin."""

    async def pump(self) -> None:
        """Begin the next one, if none runs."""
        if self.run is None and self.waiting:
            await self.begin(self.ledger.live[self.waiting.pop(0)])

    async def begin(self, job: Job) -> None:
        """Begin or continue a training."""
        assert isinstance(job.ask, TrainAsk)
        out = folder_of(self.ledger.store.root, job.owner, job.ask.name)
        options = {"ask": ask_text(job.ask), "data": job.files["data"], "job": job.id, "out": str(out)}
        device, threads = named(self.settings.device)[0], thread_count(self.settings.threads)
        options |= {"device": device, "threads": threads}
        hand = Hand(TRAINER, options, partial(self.hear, job), partial(self.gone, job))
        self.run, job.hand = Run(job, hand, device, threads), hand
        try:
            await self.ledger.begin(job)
            await hand.start()
        except (sqlite3.Error, OSError) as error:
            LOG.exception("the training %s could not be begun", job.id)
            self.run, why = None, UNBEGUN if isinstance(error, OSError) else FULL
            if job.wish == "cancel":
                await self.ledger.finish(job, "cancelled")
            else:
                await self.ledger.finish(job, "failed", why.model_dump())
            self.next()
            return
        if job.wish is not None:
            self.stop(job)

    @property
    def on_a_cpu(self) -> bool:
        """Whether one runs that shares the threads of the CPU with those who paint."""
        return self.run is not None and self.run.device.startswith("cpu")

    def share(self, threads: int) -> None:
        """Tell one on the CPU how many threads it has, if that has changed; one that only begins is told later."""
        if self.run is not None and self.on_a_cpu and self.run.hand.alive and self.run.threads != threads:
            self.run.threads = threads
            self.run.hand.say("share", threads=threads)

    async def hear(self, job: Job, message: Message, blob: bytes) -> None:
        """What a training says."""
        match message["say"]:
            case "step":
                job.feed.tell(job.feed.next("step", {key: message[key] for key in ("i", "n", "message", "eta_s")}))
            case "record":
                await self.ledger.tell(job, "record", message["record"], save=True)
            case "preview":
                await self.ledger.tell(job, "preview", {"mime": message["mime"], "b64": b64(blob)})
            case "note":
                await self.ledger.note(job, message["message"])
            case "done":
                await self.ledger.finish(job, "done", message["result"])
            case "failed":
                data = {key: message[key] for key in ("code", "message", "retryable")}
                await self.ledger.finish(job, "failed", data)
            case _:
                pass

    async def gone(self, job: Job) -> None:
        """The process has ended: done, failed, or because somebody wished it."""
        self.run, job.hand = None, None
        try:
            if not job.final:
                await self.left(job)
        finally:
            self.next()

    async def left(self, job: Job) -> None:
        """A training whose process ended before it was done."""
        if job.wish == "cancel":
            await self.ledger.finish(job, "cancelled")
        elif job.wish == "pause":
            job.state, job.wish = "paused", None
            await self.ledger.tell(job, "note", {"message": "paused; what was learned is saved"}, save=True)
        else:
            await self.orphan(job)

    def stop(self, job: Job) -> bool:
        """Ask a training that runs to save and end, once: a second signal would not let it save. Whether it runs."""
        if self.run is None or self.run.job is not job:
            return False
        if self.run.deadline is None and self.run.hand.alive:  # one that only begins is told when it has begun
            self.run.deadline = time.monotonic() + SAVE_S
            self.run.hand.terminate()
        return True

    def watch(self, now: float) -> None:
        """End one that was asked to and does not."""
        if self.run is not None and self.run.deadline is not None and now > self.run.deadline:
            self.run.hand.kill()

    async def close(self) -> None:
        """Let the one that runs save, and end."""
        if self.run is None or self.run.hand.reading is None:
            return
        self.run.hand.stopping = True
        reading = self.run.hand.reading
        self.stop(self.run.job)
        try:
            await asyncio.wait_for(asyncio.shield(reading), SAVE_S)
        except TimeoutError:
            await self.run.hand.stop()


def folder_of(root: Path, owner: str, name: str) -> Path:
    """Where the run of a training is."""
    return root / "training" / owner / name
