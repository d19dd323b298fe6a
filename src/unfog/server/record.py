"""Jobs in memory, and in the database."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from unfog.config.ask import AnyAsk, parse_ask
from unfog.model.locate import Found
from unfog.server.feed import Feed
from unfog.server.hand import Hand
from unfog.server.states import FINAL, JobEvent, JobState, NotFoundError, Problem, State, seeds_of
from unfog.server.store import Store, now
from unfog.util.errors import UsageError
from unfog.util.files import canonical_json

PICTURES = 'SELECT id FROM pictures WHERE job = ? ORDER BY "index"'


@dataclass
class Job:
    """A job that has not ended."""

    id: str
    owner: str
    ask: AnyAsk
    work: float
    found: Found | None = None
    model: str | None = None
    """The sha256 of the one that was chosen for it when it was asked for."""
    files: dict[str, str] = field(default_factory=dict[str, str])
    state: State = "queued"
    created: str = field(default_factory=now)
    started: str | None = None
    finished: str | None = None
    attempts: int = 0
    pictures: list[str] = field(default_factory=list[str])
    indices: set[int] = field(default_factory=set[int])
    notes: list[str] = field(default_factory=list[str])
    error: Problem | None = None
    feed: Feed = field(default_factory=Feed)
    hand: Hand | None = None
    wish: str | None = None
    """``cancel`` or ``pause``, once asked for."""
    alone: bool = False
    """Its process died under it, so it is tried again without company."""
    since: float = field(default_factory=time.monotonic)
    begun: float | None = None
    share: float = 0.0
    """How much of it is done."""
    turn: float = 1.0
    """Work of one of its steps."""
    position: int | None = None

    @property
    def final(self) -> bool:
        return self.state in FINAL

    def state_now(self, position: int | None = None, eta_s: float | None = None) -> JobState:
        """For whoever asks."""
        return JobState(
            id=self.id,
            task=self.ask.task,
            state=self.state,
            position=position,
            eta_s=rounded(eta_s),
            created=self.created,
            started=self.started,
            finished=self.finished,
            seeds=seeds_of(self.ask),
            pictures=tuple(self.pictures),
            notes=tuple(self.notes),
            error=self.error,
            ask=self.ask,
        )


def rounded(seconds: float | None) -> float | None:
    """To hundredths."""
    return None if seconds is None else round(seconds, 2)


def ask_text(ask: AnyAsk) -> str:
    """An ask as it is stored."""
    return canonical_json(ask.model_dump(mode="json"))


def insert(db: sqlite3.Connection, job: Job, event: JobEvent) -> None:
    """A new job and its first event."""
    (number,) = db.execute("SELECT coalesce(max(number), 0) + 1 FROM jobs").fetchone()
    model = None if job.found is None else job.found.id
    db.execute(
        "INSERT INTO jobs(id, owner, task, state, ask, model, created, number) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
        (job.id, job.owner, job.ask.task, job.state, ask_text(job.ask), model, job.created, number),
    )
    insert_events(db, job.id, [event])


def update(db: sqlite3.Connection, job: Job, holder: str | None, events: Iterable[JobEvent] = ()) -> None:
    """How a job is now, and what it told meanwhile."""
    error = None if job.error is None else job.error.model_dump_json()
    db.execute(
        "UPDATE jobs SET state = ?, started = ?, finished = ?, attempts = ?, holder = ?, notes = ?, error = ?"
        " WHERE id = ?",
        (job.state, job.started, job.finished, job.attempts, holder, json.dumps(job.notes), error, job.id),
    )
    insert_events(db, job.id, events)


def insert_events(db: sqlite3.Connection, job: str, events: Iterable[JobEvent]) -> None:
    """What a job told."""
    db.executemany(
        "INSERT OR IGNORE INTO events(job, id, type, data) VALUES(?, ?, ?, ?)",
        [(job, event.id, event.type, canonical_json(event.data)) for event in events],
    )


def stored_events(store: Store, job: str) -> list[JobEvent]:
    """What a job told, as far as it is stored."""
    rows = store.rows("SELECT id, type, data FROM events WHERE job = ? ORDER BY id", job)
    return [JobEvent(row["id"], row["type"], json.loads(row["data"])) for row in rows]


def stored_state(store: Store, row: dict[str, Any]) -> JobState:
    """A job that has ended, from its row.

    Raises:
        LookupError: another version of unfog made it, and this one does not know what was asked.
    """
    try:
        ask = parse_ask(json.loads(row["ask"]))
    except UsageError as error:
        raise NotFoundError(f"another version of unfog made the job {row['id']}; use that to look at it") from error
    return JobState(
        id=row["id"],
        task=row["task"],
        state=row["state"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        seeds=seeds_of(ask),
        pictures=tuple(one["id"] for one in store.rows(PICTURES, row["id"])),
        notes=tuple(json.loads(row["notes"])),
        error=None if row["error"] is None else Problem.model_validate_json(row["error"]),
        ask=ask,
    )


def open_jobs(store: Store) -> list[Job]:
    """The jobs that the last server did not end, in the order in which they came."""
    jobs = list[Job]()
    for row in store.rows("SELECT * FROM jobs WHERE state IN ('queued', 'running', 'paused') ORDER BY number"):
        try:
            ask = parse_ask(json.loads(row["ask"]))
        except UsageError:
            continue  # of another version; the engine fails what is left open
        kept = store.rows('SELECT id, "index" FROM pictures WHERE job = ? ORDER BY "index"', row["id"])
        jobs.append(
            Job(
                row["id"],
                row["owner"],
                ask,
                1.0,
                state=row["state"],
                created=row["created"],
                started=row["started"],
                attempts=row["attempts"],
                notes=json.loads(row["notes"]),
                pictures=[one["id"] for one in kept],
                indices={one["index"] for one in kept},
                model=row["model"],
                feed=Feed(stored_events(store, row["id"]), goes_on=True),
            )
        )
    return jobs
