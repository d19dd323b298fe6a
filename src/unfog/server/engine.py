"""The engine: takes asks, has them made, tells how it goes. Routes and adapters know only this.

    submit -> queue (line.py) -> a worker process (crew.py) -> events and pictures (ledger.py) -> done

All of it runs on one event loop; what computes is in other processes, what writes the database on another thread.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from unfog.config.ask import AnyAsk, EditAsk, ExplainAsk, TrainAsk
from unfog.config.model import ModelConfig
from unfog.config.server import Server
from unfog.jobs.asked import ids_of, needs_model, seeded, settled, train_request
from unfog.jobs.cost import cost, steps_in
from unfog.jobs.plan import drafted
from unfog.model.locate import Found
from unfog.server import gallery, record, uploads
from unfog.server.catalogue import Catalogue
from unfog.server.crew import Crew
from unfog.server.feed import Feed
from unfog.server.ledger import RESTARTED, Ledger, read_picture
from unfog.server.limits import check_area, check_cost, check_limits
from unfog.server.outlook import LONGEST_RETRY_S, Promises
from unfog.server.policy import Policy
from unfog.server.record import Job, ask_text
from unfog.server.roots import Roots
from unfog.server.rounds import Rounds
from unfog.server.states import DrainingError, FileState, FullError, JobEvent, JobState
from unfog.server.store import Store, new_id
from unfog.server.training import folder_of
from unfog.server.words import Words
from unfog.util.errors import UsageError

LOG = logging.getLogger("unfog.server")
AGAIN_S = 10.0  # until a default model that could not be loaded is tried again
TRAININGS = 16  # that wait at most
FULL_DISK = "the server cannot write its files now; try again later"


class Engine:
    """One server without its HTTP.

    Args:
        settings: see ``config/server.py``.
        root: the data folder.

    Raises:
        LockedError: another server uses it. DataError: it is of a newer version. ModelError: a model is missing.
    """

    def __init__(self, settings: Server, root: Path) -> None:
        self.settings = settings
        self.catalogue = Catalogue(settings.models, root / "training")
        self.roots = Roots(settings.roots)
        self.policy = Policy(settings.refused)
        self.store = Store(root)
        self.ledger = Ledger(self.store, new_id())
        self.crew = Crew(settings, self.ledger)
        self.words = Words()
        self.draining = False
        self.loaded: set[str] = set()
        """Names of models that were proved to draw."""
        self._keys: dict[tuple[str, str], asyncio.Lock] = {}
        self.checking = asyncio.Lock()
        """One check of training data at a time."""
        self._coming = 0
        self._promises = Promises()
        self._warming = False
        self._rounds = Rounds(settings.engine, self.crew, self.ledger, self._warm)

    # ---- life

    async def start(self) -> None:
        """Take up what the last server left, start the processes and load the default model in the background."""
        if not self.store.clean:
            await gallery.rebuild(self.store)
        for job in record.open_jobs(self.store):
            await self._recover(job)
        await self.ledger.fail_unknown()
        await self.crew.start()
        self._warm()
        self._rounds.start()

    async def _recover(self, job: Job) -> None:
        """A job that the last server did not end: it waits again, or has failed if it was begun too often."""
        self.ledger.live[job.id] = job
        tried = job.attempts >= self.settings.engine.attempts and not isinstance(job.ask, TrainAsk)
        if job.state == "running" and tried:
            await self.ledger.finish(job, "failed", RESTARTED.model_dump())
            return
        try:
            await self._prepare(job)
        except (UsageError, ValueError) as error:
            LOG.warning("job %s cannot be continued: %s", job.id, error)
            await self.ledger.finish(
                job, "failed", {"code": "invalid_request", "message": "it cannot be continued", "retryable": False}
            )
            return
        if job.state == "running":
            job.state = "queued"
            await self.ledger.save(job)
        if job.state == "queued":
            self.crew.enqueue(job)

    def _warm(self) -> None:
        """Load the default model, unless that was done or is being done."""
        name = self.catalogue.default
        if name not in self.loaded and not self._warming and not self.draining:
            self._warming = True
            self.crew.later(self._load(name))

    async def _load(self, name: str) -> None:
        try:
            if (wrong := await self.crew.load(self.catalogue.models[name])) is None:
                self.loaded.add(name)
            else:
                LOG.error("the default model %s cannot be used: %s", name, wrong)
                await asyncio.sleep(AGAIN_S)
        finally:
            self._warming = False

    @property
    def ready(self) -> bool:
        """Whether a job would be begun at once, if nothing else were there."""
        return not self.draining and self.catalogue.default in self.loaded and any(p.ready for p in self.crew.posts)

    async def drain(self) -> None:
        """Take nothing more, let running jobs finish for a while, put the others back, and let all readers go."""
        if self.draining:
            return
        self.draining = True
        self.crew.closing = True  # nothing new is begun
        if self.crew.training.run is not None:
            self.crew.training.stop(self.crew.training.run.job)
        end = time.monotonic() + self.settings.engine.drain_s
        while self.crew.working and time.monotonic() < end:  # noqa: ASYNC110  (it may end in four ways)
            await asyncio.sleep(0.05)
        for job in list(self.ledger.live.values()):
            job.feed.stop()

    async def close(self) -> None:
        """End all processes and the database."""
        self._rounds.stop()
        await self.crew.close()
        await self.ledger.save_the_rest()
        self.store.close()

    # ---- jobs

    async def submit(self, ask: AnyAsk, *, owner: str, key: str | None = None) -> JobState:
        """Take an ask.

        Args:
            ask: what is wanted; seeds that are not said are drawn here.
            owner: who asks.
            key: the same key of the same owner means the same job, for a day.

        Raises:
            UsageError, DataError: it cannot be fulfilled. FullError: not now. DrainingError: not any more.
        """
        if self.draining:
            raise DrainingError("the server is about to stop")
        if key is not None and not 1 <= len(key) <= 255:
            raise UsageError("an idempotency key has 1 to 255 characters")
        taking = asyncio.create_task(self._submit(ask, owner, None) if key is None else self._keyed(ask, owner, key))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:  # who asked has gone; half a job is none, and nobody waits for a whole one
            if key is None:
                self.crew.later(self._withdraw(taking, owner))
            raise

    async def _withdraw(self, taking: asyncio.Task[JobState], owner: str) -> None:
        """Cancel a job as soon as it is taken."""
        with suppress(Exception):  # it was refused, which nobody waits to hear
            await self.cancel((await taking).id, owner)

    async def _keyed(self, ask: AnyAsk, owner: str, key: str) -> JobState:
        """The job that was asked for before with this key, or a new one."""
        lock = self._keys.setdefault((owner, key), asyncio.Lock())
        try:
            async with lock:
                return self._again(ask, owner, key) or await self._submit(ask, owner, key)
        finally:
            if not lock.locked():
                self._keys.pop((owner, key), None)

    def _again(self, ask: AnyAsk, owner: str, key: str) -> JobState | None:
        """The job that was asked for before with this key."""
        row = self.store.row("SELECT job, ask FROM keys WHERE owner = ? AND key = ?", owner, key)
        if row is None:
            return None
        if row["ask"] != ask_text(ask):
            raise UsageError("this idempotency key was used for another request; use a new one")
        return self.job(row["job"], owner)

    async def _submit(self, ask: AnyAsk, owner: str, key: str | None) -> JobState:
        check_limits(ask, self.settings.limits)
        self._check_room()
        self._coming += 1
        try:
            job = Job(new_id(), owner, seeded(ask), 1.0)
            await self._prepare(job)
            if isinstance(job.ask, TrainAsk):
                self._check_training(job)
            job.position, eta_s = self.crew.place(job)
            await self.ledger.add(job, None if key is None else (key, ask_text(ask)), time.time(), eta_s)
        except sqlite3.Error as error:
            LOG.exception("a job could not be stored")
            raise FullError(60, FULL_DISK) from error
        finally:
            self._coming -= 1
        self.crew.enqueue(job)
        return self.job(job.id, owner)

    async def _prepare(self, job: Job) -> None:
        """Find model and pictures of a job and check that it can be fulfilled, before any work."""
        ask, trained = job.ask, 1
        self.policy.check(ask)
        if isinstance(ask, TrainAsk):
            data = await asyncio.to_thread(self.roots.data, ask.folder, enabled=self.settings.training)
            await asyncio.to_thread(drafted, train_request(ask, data))
            job.files = {"data": data}
            return
        named = None if not needs_model(ask) else self.catalogue.of_ask(ask, job.owner, chosen=job.model)
        if named is not None and self.policy.wanted is not None:
            self.policy.check(ask, (await asyncio.to_thread(self.words.reader, named)).reading)
        job.files = {name: str(uploads.path_of(self.store, name, job.owner)) for name in ids_of(ask)}
        size = None
        if isinstance(ask, EditAsk):
            size = uploads.sides_of(self.store, ask.inputs.picture, job.owner)
            check_area(ask.way, size, self.settings.limits)
        job.found, manifest = named, None if named is None else named.manifest
        if manifest is not None and isinstance(manifest.model, ModelConfig):
            trained = manifest.model.picture.size
        files = {name: Path(path) for name, path in job.files.items()}
        heavy = bool(files) and not isinstance(ask, ExplainAsk)
        request = await asyncio.to_thread(settled, ask, manifest, files) if heavy else settled(ask, manifest, files)
        job.work = max(1.0, cost(request, trained, size))
        job.turn = job.work / max(1, steps_in(request, trained, size))
        check_cost(job.work, self.crew.pace, self.settings.limits)

    def _check_room(self) -> None:
        """Raises FullError when too many wait, or for too long."""
        engine, outlook = self.settings.engine, self.crew.outlook()
        if len(self.crew.line) + self._coming >= engine.queue or outlook.wait() > engine.queue_s:
            again = self._promises.next(time.monotonic(), outlook.ends())
            raise FullError(again, "the queue is full; try again later")

    def _check_training(self, job: Job) -> None:
        assert isinstance(job.ask, TrainAsk)
        if len(self.crew.training.waiting) >= TRAININGS:
            raise FullError(LONGEST_RETRY_S, f"{TRAININGS} trainings wait already; try again later")
        run = folder_of(self.store.root, job.owner, job.ask.name)
        others = [one for one in self.ledger.live.values() if one is not job and one.owner == job.owner]
        if job.ask.name in {one.ask.name for one in others if isinstance(one.ask, TrainAsk)}:
            raise UsageError(f"a training called {job.ask.name} is not finished; choose another name")
        if not job.ask.resume and run.exists():
            raise UsageError(f"there is a run called {job.ask.name}; choose another name, or resume it")
        if job.ask.name in self.catalogue.models:
            raise UsageError(f"{job.ask.name} is a model of this server; choose another name")

    def job(self, id: str, owner: str) -> JobState:  # noqa: A002  (the contract's word)
        """How a job is.

        Raises:
            LookupError: this owner has none of that id.
        """
        found = self.ledger.find(id, owner)
        if found is None:
            return self.ledger.stored(id, owner)
        if found.state == "running":
            return found.state_now(eta_s=self.crew.eta(found))
        place, eta = self.crew.places().get(id, (None, None)) if found.state == "queued" else (None, None)
        return found.state_now(place, eta)

    async def cancel(self, id: str, owner: str) -> JobState:  # noqa: A002
        """End a job, within one step if it runs; finished pictures stay. Again and again is as good as once.

        Raises:
            LookupError: this owner has none of that id.
        """
        job = self.ledger.find(id, owner)
        if job is None or job.final:
            return self.job(id, owner)
        first, job.wish = job.wish != "cancel", "cancel"
        if self.crew.dequeue(job) or job.state == "paused":
            await self.ledger.finish(job, "cancelled")
        elif isinstance(job.ask, TrainAsk):
            self.crew.training.stop(job)
        elif first and job.hand is not None:
            job.hand.say("cancel", job=id)
        return self.job(id, owner)

    async def pause(self, id: str, owner: str) -> JobState:  # noqa: A002
        """Let a training save and wait.

        Raises:
            LookupError: this owner has none of that id. UsageError: it is no training.
        """
        job = self._training(id, owner)
        if job is None:
            return self.job(id, owner)
        if self.crew.dequeue(job):
            job.state = "paused"
            await self.ledger.tell(job, "note", {"message": "paused before it began"}, save=True)
        elif job.state == "running" and job.wish is None:
            job.wish = "pause"
            self.crew.training.stop(job)
        return self.job(id, owner)

    async def resume(self, id: str, owner: str) -> JobState:  # noqa: A002
        """Let a training that was paused go on.

        Raises:
            LookupError: this owner has none of that id. UsageError: it is no training, or it has ended.
        """
        job = self._training(id, owner)
        if job is None:
            raise UsageError("this training has ended; ask for it again with resume set")
        if job.state == "paused":
            job.state, job.attempts = "queued", 0
            await self.ledger.tell(
                job, "queued", {"position": len(self.crew.training.waiting), "eta_s": None}, save=True
            )
            self.crew.enqueue(job)
        return self.job(id, owner)

    def _training(self, id: str, owner: str) -> Job | None:  # noqa: A002
        job = self.ledger.find(id, owner)
        ask = self.job(id, owner).ask if job is None else job.ask
        if not isinstance(ask, TrainAsk):
            raise UsageError("only a training can be paused; cancel other jobs")
        return job

    def events(self, id: str, owner: str, after: int = 0) -> AsyncIterator[JobEvent]:  # noqa: A002
        """What a job told later than the event ``after``, then what it tells; ends with the job, or the server.

        Raises:
            LookupError: this owner has none of that id; at once.
        """
        return self.ledger.feed(id, owner).follow(after)

    def feed(self, id: str, owner: str) -> Feed:  # noqa: A002
        """The same, to look at.

        Raises:
            LookupError: this owner has none of that id.
        """
        return self.ledger.feed(id, owner)

    # ---- pictures, uploads, models

    async def picture(self, id: str, owner: str) -> bytes:  # noqa: A002
        """The file of a picture: PNG with its recipe.

        Raises:
            LookupError: this owner has none of that id.
        """
        trashed = gallery.row(self.store, owner, id)["trashed"] is not None
        return await asyncio.to_thread(read_picture, self.store.root, owner, id, trashed=trashed)

    async def add_file(self, data: bytes, owner: str) -> FileState:
        """Take a picture in, checked before and while it is decoded.

        Raises:
            DataError: it is refused. FullError: it cannot be stored.
        """
        return await uploads.add(self.store, data, owner, self.settings.limits)

    async def use(self, name: str) -> Found:
        """Make a model the default one: load it, prove that it draws, then switch.

        Raises:
            UsageError: there is none of that name, or it cannot be used.
        """
        found = self.catalogue.served(name)
        if (wrong := await self.crew.load(found)) is not None:
            raise UsageError(f"the model {name} cannot be used: {wrong}")
        self.loaded.add(name)
        self.catalogue.use(name)
        return found

    async def read_words(self, found: Found, prompt: str, negative: str) -> dict[str, object]:
        """How a model reads a text; its vocabulary is read once.

        Raises:
            ModelError: it is damaged.
        """
        return await asyncio.to_thread(self.words.read, found, prompt, negative)
