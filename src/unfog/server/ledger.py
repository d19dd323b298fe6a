"""What happens to jobs, told to those who follow and stored: first stored, then told.

A picture is a file, then a row, then an event, so whatever was told of it is there after any crash.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections import Counter, OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

from unfog.server import record
from unfog.server.feed import Feed
from unfog.server.histogram import JOB_BUCKETS, Histogram
from unfog.server.record import Job
from unfog.server.states import ENDS, JobEvent, JobState, NotFoundError, Problem, State
from unfog.server.store import Store, new_id, now
from unfog.server.wire import Message
from unfog.util.errors import DiskError
from unfog.util.files import write_atomic

LOG = logging.getLogger("unfog.server")
REMEMBERED = 64  # finished jobs whose events stay in memory
OPEN = "state IN ('queued', 'running', 'paused')"
RESTARTED = Problem(code="server_restarted", message="the server was restarted", retryable=True)
FULL = Problem(code="disk_full", message="the server cannot write its files; its owner finds the reason in the log",
               retryable=True)  # fmt: skip


class Ledger:
    """The jobs that have not ended, and what was told of them.

    Args:
        store: where all of it is kept.
        holder: a name for this run of the server; jobs that another one was running are stale.
    """

    def __init__(self, store: Store, holder: str) -> None:
        self.store, self.holder = store, holder
        self.live: dict[str, Job] = {}
        self.recent: OrderedDict[str, tuple[str, Feed]] = OrderedDict()
        self.unsaved: dict[str, Job] = {}
        """Jobs that ended while the disk refused to be written."""
        self.ended: Counter[str] = Counter()
        self.job_seconds = Histogram(JOB_BUCKETS)
        self.pictures = 0

    def find(self, job: str, owner: str) -> Job | None:
        """A job that has not ended, of this owner."""
        found = self.live.get(job) or self.unsaved.get(job)
        return found if found is not None and found.owner == owner else None

    def stored(self, job: str, owner: str) -> JobState:
        """A job that has ended.

        Raises:
            LookupError: this owner has none of that id.
        """
        row = self.store.row("SELECT * FROM jobs WHERE id = ? AND owner = ?", job, owner)
        if row is None:
            raise NotFoundError(f"there is no job {job}")
        return record.stored_state(self.store, row)

    def feed(self, job: str, owner: str) -> Feed:
        """The events of a job.

        Raises:
            LookupError: this owner has none of that id.
        """
        if (live := self.find(job, owner)) is not None:
            return live.feed
        if (kept := self.recent.get(job)) is not None and kept[0] == owner:
            return kept[1]
        self.stored(job, owner)
        return Feed(record.stored_events(self.store, job))

    async def add(self, job: Job, key: tuple[str, str] | None, at: float, eta_s: float | None) -> None:
        """A new job.

        Args:
            job: with its position.
            key: the idempotency key and the text under which it was asked for.
            at: this moment, in seconds since 1970.
            eta_s: seconds until its end, if that can be told.

        Raises:
            sqlite3.Error: the disk refuses.
        """
        event = job.feed.next("queued", {"position": job.position, "eta_s": record.rounded(eta_s)})

        def change(db: sqlite3.Connection) -> None:
            if key is not None:
                db.execute("INSERT INTO keys VALUES(?, ?, ?, ?, ?)", (job.owner, key[0], job.id, key[1], at))
            record.insert(db, job, event)

        self.live[job.id] = job
        try:
            await self.store.write(change)
        except sqlite3.Error:
            del self.live[job.id]
            raise
        job.feed.tell(event)

    async def fail_unknown(self) -> None:
        """Fail open jobs that this version does not understand."""
        rows = self.store.rows(f"SELECT id FROM jobs WHERE {OPEN}")  # noqa: S608  (a constant)
        unknown = [row["id"] for row in rows if row["id"] not in self.live]
        ends = {
            name: Feed(record.stored_events(self.store, name), goes_on=True).next("error", RESTARTED.model_dump())
            for name in unknown
        }

        def change(db: sqlite3.Connection) -> None:
            for name, event in ends.items():
                error = RESTARTED.model_dump_json()
                values = (error, now(), name)
                db.execute("UPDATE jobs SET state = 'failed', error = ?, finished = ? WHERE id = ?", values)
                record.insert_events(db, name, [event])

        await self.store.write(change)

    async def save(self, job: Job, event: JobEvent | None = None) -> None:
        """Store how a job is, with an event, and the steps before it.

        Raises:
            sqlite3.Error: the disk refuses.
        """
        events = [*job.feed.to_save(), *([] if event is None else [event])]
        holder = self.holder if job.state == "running" else None
        await self.store.write(lambda db: record.update(db, job, holder, events))

    async def tell(self, job: Job, kind: str, data: dict[str, Any], *, save: bool = False) -> None:
        """An event; with ``save`` it is stored first."""
        event = job.feed.next(kind, data)
        if save:
            await self.save(job, event)
        job.feed.tell(event)

    async def begin(self, job: Job) -> None:
        """It runs now."""
        job.state, job.started, job.attempts = "running", job.started or now(), job.attempts + 1
        job.begun = time.monotonic()
        await self.tell(job, "started", {"attempt": job.attempts}, save=True)

    async def note(self, job: Job, message: str) -> None:
        """A line for a person; the same one is told once, though a job be tried twice."""
        if message not in job.notes:
            job.notes.append(message)
            await self.tell(job, "note", {"message": message}, save=True)

    async def finish(self, job: Job, state: State, data: dict[str, Any] | None = None) -> None:
        """The end of a job; whatever the disk says, it has ended."""
        if job.final:
            return
        job.state, job.finished, job.hand = state, now(), None
        if job.begun is not None:
            self.job_seconds.add(time.monotonic() - job.begun)
        if state in ("failed", "expired"):
            job.error = Problem.parse(data)
        event = job.feed.next(ENDS[state], {"pictures": list(job.pictures)} if state == "cancelled" else data or {})
        try:
            await self.save(job, event)
        except sqlite3.Error:
            LOG.exception("the end of job %s could not be stored; it is tried again", job.id)
            job.feed.unsaved = [event]
            self.unsaved[job.id] = job
        self.live.pop(job.id, None)
        self.recent[job.id] = (job.owner, job.feed)
        while len(self.recent) > REMEMBERED:
            self.recent.popitem(last=False)
        self.ended[state] += 1
        job.feed.tell(event)

    async def save_the_rest(self) -> None:
        """Try again to store what could not be stored."""
        for job in list(self.unsaved.values()):
            events = job.feed.unsaved
            try:
                await self.save(job)
            except sqlite3.Error:
                job.feed.unsaved = events
                return
            del self.unsaved[job.id]

    async def keep(self, job: Job, message: Message, data: bytes) -> None:
        """A finished picture: its file, its row, its event. One of an earlier attempt stays as it is.

        Raises:
            DiskError, sqlite3.Error: the disk refuses.
        """
        if message["index"] in job.indices:
            return
        known = self.known(job.owner, message["sha256"])
        name = new_id() if known is None else known["id"]
        path = picture_path(self.store.root, job.owner, name)
        if known is None:
            await asyncio.to_thread(write_private, path, data)
        facts = {key: message[key] for key in ("index", "seed", "sha256", "width", "height", "recipe")}
        event = job.feed.next("image", {"id": name, "url": f"/api/v1/pictures/{name}/file", **facts})
        row = picture_row(name, job.id, job.owner, message["index"], len(data), message["sha256"], message["recipe"])
        row["starred"] = 0 if known is None else known["starred"]
        steps = job.feed.to_save()

        def change(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM pictures WHERE id = ?", (name,))
            insert_picture(db, row)
            record.insert_events(db, job.id, [*steps, event])

        try:
            await self.store.write(change)
        except sqlite3.Error:
            if known is None:
                path.unlink(missing_ok=True)
            raise
        job.pictures.append(name)
        job.indices.add(message["index"])
        self.pictures += 1
        job.feed.tell(event)

    def known(self, owner: str, sha256: str) -> dict[str, Any] | None:
        """A picture of these bytes that is of no job: its row was lost with the power, and read back from its file."""
        rows = self.store.rows(
            "SELECT id, starred FROM pictures WHERE owner = ? AND sha256 = ? AND job = '' AND trashed IS NULL",
            owner,
            sha256,
        )
        return next((row for row in rows if picture_path(self.store.root, owner, row["id"]).exists()), None)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only this user may read.

    Raises:
        DiskError: the disk refuses.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        write_atomic(path, data)
        path.chmod(0o600)
    except OSError as error:
        raise DiskError(f"cannot write {path}: {error.strerror}; see the log") from error


def picture_path(root: Path, owner: str, picture: str, *, trashed: bool = False) -> Path:
    """Where the file of a picture is; owner and id are hexadecimal or ``local``."""
    return root / ("trash" if trashed else "pictures") / owner / f"{picture}.png"


def read_picture(root: Path, owner: str, picture: str, *, trashed: bool) -> bytes:
    """The file of a picture. While it is moved, its row says for a moment where it was: then it is in the other place.

    Raises:
        NotFoundError: it is in neither.
    """
    for place in (trashed, not trashed):
        with suppress(FileNotFoundError):
            return picture_path(root, owner, picture, trashed=place).read_bytes()
    raise NotFoundError(f"the file of picture {picture} is gone")


def picture_row(
    name: str, job: str, owner: str, index: int, size: int, sha256: str, recipe: dict[str, Any]
) -> dict[str, Any]:
    """The row of a picture, from what its recipe says."""
    width, height = recipe["size"]
    task = recipe["way"]["kind"] if recipe["task"] == "edit" else recipe["task"]
    return {
        "id": name,
        "job": job,
        "owner": owner,
        "index": index,
        "seed": str(recipe["seed"]),
        "prompt": recipe["prompt"],
        "negative": recipe["negative"],
        "task": task,
        "model": recipe["model"]["name"],
        "sampler": recipe["sample"]["sampler"],
        "steps": recipe["sample"]["steps"],
        "width": width,
        "height": height,
        "bytes": size,
        "sha256": sha256,
        "created": now(),
        "recipe": json.dumps(recipe, ensure_ascii=False),
    }


def insert_picture(db: sqlite3.Connection, row: dict[str, Any]) -> None:
    """Add a picture to the gallery."""
    names = ", ".join(f'"{name}"' for name in row)
    holes = ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT OR IGNORE INTO pictures({names}) VALUES({holes})", row)
