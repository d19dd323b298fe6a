"""The worker processes: who works on what, whose turn is next, and what happens when one dies or hangs."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import statistics
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from unfog.config.ask import TrainAsk
from unfog.config.server import Server
from unfog.model.locate import Found
from unfog.server.hand import WORKER, Hand
from unfog.server.histogram import STEP_BUCKETS, Histogram
from unfog.server.ledger import FULL, Ledger
from unfog.server.line import Line
from unfog.server.outlook import Outlook, Pace, Rest, free_one
from unfog.server.processes import devices_of, threads_of
from unfog.server.record import Job, rounded
from unfog.server.training import Training
from unfog.server.wire import Message, b64
from unfog.util.devices import thread_count
from unfog.util.errors import DiskError

LOG = logging.getLogger("unfog.server")
LOADING_S = 600.0  # a large model from a slow disk
TIMES = 20  # of the usual step, after which one is taken to hang
LARGE = 4  # times what a step of a job should take, for those that are larger than usual
LONGEST_PAUSE_S = 10.0  # between two starts of a process that dies at once
CRASHED = {"code": "worker_crashed", "message": "the process that worked on it died", "retryable": True}


@dataclass
class Post:
    """A device and the process on it."""

    device: str
    hand: Hand
    threads: int
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    ready: bool = False
    loading: bool = False
    deaths: int = 0
    last_step: float | None = None
    steps: deque[float] = field(default_factory=lambda: deque[float](maxlen=64))
    loads: dict[str, asyncio.Future[str | None]] = field(default_factory=dict[str, "asyncio.Future[str | None]"])

    def rouse(self) -> None:
        """It gets something to do; until now nothing was expected of it, if it had nothing."""
        if not (self.jobs or self.loads):
            self.last_step, self.hand.last_progress = None, time.monotonic()

    def hangs(self, now: float, stuck_s: float, silent_s: float, pace: Pace) -> bool:
        """Whether nothing has come from it for too long."""
        usual = statistics.median(self.steps) if self.steps else 0.0
        largest = pace.of(max((job.turn for job in self.jobs.values()), default=0.0)) or 0.0
        patience = max(stuck_s, TIMES * usual, LARGE * largest)
        if self.loading or self.loads or not self.ready:
            patience = max(patience, LOADING_S)
        busy = bool(self.jobs or self.loads)
        return (busy and now - self.hand.last_progress > patience) or now - self.hand.last_sign > max(
            silent_s, LOADING_S if not self.ready else 0.0
        )


class Crew:
    """All processes of a server.

    Args:
        settings: of the server.
        ledger: takes down what happens.
    """

    def __init__(self, settings: Server, ledger: Ledger) -> None:
        self.settings, self.ledger = settings, ledger
        self.line, self.pace = Line(), Pace()
        self.training = Training(settings, ledger, self.orphan)
        self.training.next = lambda: self.later(self.pump())
        self.retries: list[str] = []
        """Jobs whose process died under them: each is tried again alone."""
        self.closing = False
        self.step_seconds = Histogram(STEP_BUCKETS)
        self.restarts = 0
        self.threads = thread_count(settings.threads)
        self.posts = [self._post(device) for device in devices_of(settings.device, self.threads)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._pumping = asyncio.Lock()

    def _post(self, device: str) -> Post:
        options = {
            "device": device,
            "threads": self.threads,
            "loaded": self.settings.engine.loaded,
            "preview_s": self.settings.engine.preview_s,
            "preview_side": self.settings.engine.preview_side,
        }
        holder = list[Post]()

        async def hear(message: Message, blob: bytes) -> None:
            await self.hear(holder[0], message, blob)

        async def gone() -> None:
            await self.gone(holder[0])

        holder.append(Post(device, Hand(WORKER, options, hear, gone), self.threads))
        return holder[0]

    async def start(self) -> None:
        """Start the processes; they say when they are ready."""
        for post in self.posts:
            await post.hand.start()

    @property
    def working(self) -> list[Job]:
        """The jobs that are being made, without trainings."""
        return [job for post in self.posts for job in post.jobs.values()]

    def later(self, work: Any) -> None:
        """Do something in the background, and keep it from being forgotten."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- giving work

    def enqueue(self, job: Job) -> None:
        """Let a job wait for its turn."""
        if isinstance(job.ask, TrainAsk):
            self.training.waiting.append(job.id)
        elif job.alone:
            self.retries.append(job.id)
        else:
            self.line.add(job.id, job.owner, job.work, job.turn)
        self.later(self.pump())

    def dequeue(self, job: Job) -> bool:
        """Take a job out that waits; whether it did."""
        for waiting in (self.training.waiting, self.retries):
            if job.id in waiting:
                waiting.remove(job.id)
                return True
        return self.line.remove(job.id)

    async def pump(self) -> None:
        """Give work to every process that can take more."""
        async with self._pumping:
            while not self.closing and (post := self.free()) is not None:
                name = self.retries.pop(0) if self.retries else self.line.take()
                job = self.ledger.live.get(name)
                if job is not None:
                    await self.give(post, job)
            if not self.closing:
                await self.training.pump()
            self.allot()

    def free(self) -> Post | None:
        """A process for the next job, if there are both; who is tried again alone waits for an idle one."""
        if not self.retries and not self.line.waiting:
            return None
        ready = [post for post in self.posts if post.ready]
        jobs = [list(post.jobs.values()) for post in ready]
        at = free_one(jobs, self.settings.engine.at_once, alone=bool(self.retries))
        return None if at is None else ready[at]

    def allot(self) -> None:
        """Tell the processes on the CPU how many threads each has, where that has changed."""
        together = [post for post in self.posts if post.device.startswith("cpu")]
        at_work = sum(bool(post.jobs or post.loads) for post in together) + self.training.on_a_cpu
        threads = threads_of(self.threads, at_work)
        for post in together:
            if post.threads != threads:
                post.threads = threads
                post.hand.say("share", threads=threads)
        self.training.share(threads)

    async def give(self, post: Post, job: Job) -> None:
        """Begin a job on a device."""
        post.rouse()
        job.hand = post.hand
        post.jobs[job.id] = job
        try:
            await self.ledger.begin(job)
        except sqlite3.Error:
            LOG.exception("job %s could not be begun", job.id)
            await self.end(post, job, FULL.model_dump())
            return
        if job.wish == "cancel":
            post.jobs.pop(job.id, None)
            await self.ledger.finish(job, "cancelled")
            return
        if job.id not in post.jobs:
            return  # its process died meanwhile, and ``orphan`` has it
        found = {} if job.found is None else {"model": job.found.id, "folder": str(job.found.folder)}
        out = self.ledger.store.root / "jobs" / job.id
        ask = job.ask.model_dump(mode="json")
        self.allot()
        post.hand.say("start", job=job.id, ask=ask, files=job.files, out=str(out), **found)

    async def load(self, found: Found) -> str | None:
        """Load a model everywhere and prove that it draws; what went wrong, if something did."""
        idle = [post for post in self.posts if found.id not in post.loads]
        if not all(post.hand.alive for post in idle):
            return "no process is there to load it; try again"
        for post in idle:
            post.rouse()
            post.loads[found.id] = asyncio.get_running_loop().create_future()
        self.allot()
        for post in idle:
            post.hand.say("load", model=found.id, name=found.name, folder=str(found.folder))
        waits = [post.loads[found.id] for post in self.posts]
        return next((said for said in await asyncio.gather(*waits) if said is not None), None)

    # ---- hearing

    async def hear(self, post: Post, message: Message, blob: bytes) -> None:
        """What a worker says."""
        what = message["say"]
        post.loading = what == "loading"
        if what == "ready":
            post.ready, post.deaths = True, 0
            await self.pump()
        elif what in ("loaded", "unloadable"):
            if "step_s" in message and not self.pace.work:
                self.pace.add(message["step_s"], 1.0)
            wait = post.loads.pop(message["model"], None)
            self.allot()
            if wait is not None and not wait.done():
                wait.set_result(message.get("message"))
        elif (job := post.jobs.get(message.get("job", ""))) is not None:
            await self.progress(post, job, message, blob)

    def unload(self, post: Post, name: str) -> None:
        """A process died while it loaded a model: that is the answer."""
        wait = post.loads.pop(name, None)
        if wait is not None and not wait.done():
            wait.set_result("the process that loaded it died")

    async def progress(self, post: Post, job: Job, message: Message, blob: bytes) -> None:
        """What a worker says of a job; a disk that refuses ends it."""
        try:
            match message["say"]:
                case "step":
                    self.step(post, job, message)
                case "preview":
                    data = {"mime": message["mime"], "b64": b64(blob)}
                    await self.ledger.tell(job, "preview", data)
                case "note":
                    await self.ledger.note(job, message["message"])
                case "image":
                    await self.ledger.keep(job, message, blob)
                case "done":
                    await self.end(post, job, message["result"], state="done")
                case "failed":
                    await self.end(post, job, {key: message[key] for key in ("code", "message", "retryable")})
                case "cancelled":
                    await self.end(post, job, None, state="cancelled")
                case other:
                    LOG.error("a worker said %r, which nobody understands", other)
        except (DiskError, sqlite3.Error):
            LOG.exception("job %s could not be stored", job.id)
            post.hand.say("cancel", job=job.id)
            await self.end(post, job, FULL.model_dump())

    def step(self, post: Post, job: Job, message: Message) -> None:
        """A step was made: how fast, and how long until the end."""
        now, i, n = time.monotonic(), message["i"], max(1, message["n"])
        share = min(1.0, i / n)
        if post.last_step is not None:
            self.pace.add(now - post.last_step, max(0.0, share - job.share) * job.work)
            post.steps.append(now - post.last_step)
            self.step_seconds.add(now - post.last_step)
        post.last_step, job.share = now, max(job.share, share)
        facts = {"i": i, "n": message["n"], "message": message["message"]}
        job.feed.tell(job.feed.next("step", facts | {"eta_s": rounded(self.eta(job))}))

    async def end(self, post: Post, job: Job, data: dict[str, Any] | None, *, state: Any = "failed") -> None:
        """A job has ended; another may begin."""
        post.jobs.pop(job.id, None)
        if not post.jobs:
            post.last_step = None
        if job.wish == "cancel" and state == "failed":
            state, data = "cancelled", None
        await self.ledger.finish(job, state, data)
        self.later(self.pump())

    # ---- how long

    def outlook(self, newcomer: Job | None = None) -> Outlook:
        """How it will go on, without trainings; as if ``newcomer`` had just come, if there is one."""
        live, new = self.ledger.live, newcomer
        again = [rest_of(live[name]) for name in self.retries if name in live]
        some = [] if new is None else [self.line.newcomer(new.id, new.owner, new.work, new.turn)]
        line = [Rest(one.job, one.work, one.turn) for one in self.line.order(*some)]
        running = [[rest_of(job) for job in post.jobs.values()] for post in self.posts]
        return Outlook(running, [*again, *line], self.settings.engine.at_once, self.pace)

    def eta(self, job: Job) -> float | None:
        """Seconds until a job that runs is done."""
        return self.outlook().eta(job.id)

    def places(self) -> dict[str, tuple[int, float | None]]:
        """Place and seconds until the end of every job that waits."""
        trainings = {name: (place, None) for place, name in enumerate(self.training.waiting)}
        return self.outlook().places() | trainings

    def place(self, job: Job) -> tuple[int, float | None]:
        """The same of a job that is about to wait."""
        if isinstance(job.ask, TrainAsk):
            return len(self.training.waiting), None
        return self.outlook(job).places()[job.id]

    # ---- ends of processes

    async def gone(self, post: Post) -> None:
        """A process has ended: its jobs are tried again, each alone, or fail; another process takes its place."""
        post.ready, post.loading, post.last_step = False, False, None
        orphans, post.jobs = list(post.jobs.values()), {}
        for name in list(post.loads):
            self.unload(post, name)
        for job in orphans:
            await self.orphan(job)
        self.allot()
        if self.closing or post.hand.stopping:
            return
        post.deaths += 1
        self.restarts += 1
        await self.replace(post)

    async def replace(self, post: Post) -> None:
        """Start a process again, also where the machine refuses one at first."""
        while True:
            await asyncio.sleep(min(LONGEST_PAUSE_S, 0.1 * 2 ** min(post.deaths, 10)))
            if self.closing:
                return
            try:
                await post.hand.start()
            except OSError:
                LOG.exception("a process for %s could not be started; it is tried again", post.device)
                post.deaths += 1
            else:
                post.threads = self.threads  # as its options say; what was said meanwhile, nobody heard
                return

    async def orphan(self, job: Job) -> None:
        """A job whose process has died."""
        job.hand = None
        if job.wish == "cancel":
            await self.ledger.finish(job, "cancelled")
        elif self.closing:
            job.state, job.attempts = "queued", max(0, job.attempts - 1)
            await self.put_back(job)
        elif job.attempts >= self.settings.engine.attempts:
            await self.ledger.finish(job, "failed", dict(CRASHED))
        else:
            job.state, job.alone, job.share = "queued", True, 0.0
            await self.put_back(job)
            if job.wish == "cancel":  # meanwhile
                await self.ledger.finish(job, "cancelled")
            else:
                self.enqueue(job)

    async def put_back(self, job: Job) -> None:
        """Store that a job waits again."""
        try:
            await self.ledger.tell(job, "queued", {"position": 0, "eta_s": None}, save=True)
        except sqlite3.Error:
            LOG.exception("job %s could not be stored", job.id)

    def watch(self) -> None:
        """End processes that hang; what follows is as if they had died."""
        now, engine = time.monotonic(), self.settings.engine
        for post in self.posts:
            if post.hand.process is not None and post.hangs(now, engine.stuck_s, engine.silent_s, self.pace):
                LOG.error("the worker %s makes no progress; it is replaced", post.hand.pid)
                post.hand.kill()
        self.training.watch(now)

    async def close(self) -> None:
        """End all processes; jobs that are still running wait for the next start of the server."""
        self.closing = True
        await self.training.close()
        for post in self.posts:
            try:
                await post.hand.stop()
            except Exception:
                LOG.exception("the process for %s did not end in order", post.device)


def rest_of(job: Job) -> Rest:
    """What is left of a job that runs, or is tried again."""
    return Rest(job.id, (1 - job.share) * job.work, job.turn, job.alone)
