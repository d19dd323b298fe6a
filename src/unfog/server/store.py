"""What survives the server: one SQLite file, and the one connection that writes it.

SQLite before 3.51.3 can lose data where two connections write or checkpoint one WAL at once, so exactly one does, on a
thread of its own, and a lock file keeps a second server out of the folder. Readers open the file read-only. A file that
is damaged is put aside and made anew; the gallery is then read back from the pictures (``gallery.py``).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from unfog.jobs.run_folder import try_lock
from unfog.util.errors import DataError, LockedError
from unfog.util.files import open_private

LOG = logging.getLogger("unfog.server")
VERSION = 1
FILE = "server.db"
BUSY_S = 5.0
T = TypeVar("T")
TABLES = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs(
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, task TEXT NOT NULL, state TEXT NOT NULL, ask TEXT NOT NULL,
  model TEXT, created TEXT NOT NULL, started TEXT, finished TEXT, attempts INTEGER NOT NULL DEFAULT 0,
  holder TEXT, notes TEXT NOT NULL DEFAULT '[]', error TEXT, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_by_owner ON jobs(owner, number DESC);
CREATE INDEX IF NOT EXISTS jobs_open ON jobs(state) WHERE state IN ('queued', 'running', 'paused');
CREATE TABLE IF NOT EXISTS events(
  job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, id INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY(job, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pictures(
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, owner TEXT NOT NULL,
  "index" INTEGER NOT NULL, seed TEXT NOT NULL, prompt TEXT NOT NULL, negative TEXT NOT NULL, task TEXT NOT NULL,
  model TEXT NOT NULL, sampler TEXT NOT NULL, steps INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, created TEXT NOT NULL, starred INTEGER NOT NULL DEFAULT 0,
  trashed TEXT, recipe TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pictures_by_owner ON pictures(owner, number DESC);
CREATE UNIQUE INDEX IF NOT EXISTS pictures_of_job ON pictures(job, "index") WHERE job != '';
CREATE TABLE IF NOT EXISTS files(
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, sha256 TEXT NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, bytes INTEGER NOT NULL, mime TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys(
  owner TEXT NOT NULL, key TEXT NOT NULL, job TEXT NOT NULL, ask TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY(owner, key)) WITHOUT ROWID;
"""


def now() -> str:
    """This moment in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """128 random bits; nobody guesses another's."""
    return os.urandom(16).hex()


class Store:
    """The database of one server.

    Args:
        root: the data folder; made private to this user.

    Raises:
        LockedError: another server uses the folder. DataError: it was written by a newer version.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        for name in ("files", "pictures", "trash", "thumbs", "jobs", "training"):
            (root / name).mkdir(mode=0o700, exist_ok=True)
        self._lock = os.fdopen(open_private(root / "LOCK"), "a+")
        if not try_lock(self._lock.fileno()):
            self._lock.close()
            raise LockedError(f"{root} is in use by another unfog server: stop it, or choose another --data")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self.clean = True
        """Whether the last server that used the folder stopped in order, and its database was there and whole."""
        try:
            self._db = self._thread.submit(self._open).result()
        except BaseException:
            self._thread.shutdown()
            self._lock.close()
            raise
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        """One for each thread that has asked something, to be closed in the end."""

    def _open(self) -> sqlite3.Connection:
        path = self.root / FILE
        existed = path.exists()
        try:
            db = connected(path)
        except sqlite3.DatabaseError as error:
            aside = path.with_name(f"{FILE}.damaged-{os.urandom(4).hex()}")
            LOG.warning("%s is damaged (%s); it was put aside as %s", FILE, error, aside.name)
            path.rename(aside)
            for tail in ("-wal", "-shm"):
                path.with_name(FILE + tail).unlink(missing_ok=True)
            db, self.clean = connected(path), False
        found = dict(db.execute("SELECT key, value FROM meta").fetchall())
        if int(found.get("version", VERSION)) > VERSION:
            db.close()
            raise DataError(f"{path} was written by a newer unfog; use that, or choose another --data")
        self.clean = self.clean and existed and found.get("clean") == "yes"
        with db:
            db.execute("INSERT OR REPLACE INTO meta VALUES('version', ?)", (str(VERSION),))
            db.execute("INSERT OR REPLACE INTO meta VALUES('clean', 'no')")
        return db

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run one transaction on the thread that writes, and wait until it is committed.

        Raises:
            sqlite3.Error: the disk is full, ...; nothing of it is stored then.
        """
        return await asyncio.wrap_future(self._thread.submit(self._commit, change))

    def _commit(self, change: Callable[[sqlite3.Connection], T]) -> T:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = change(self._db)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return result

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What a question finds; read-only, from any thread."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            uri = f"{(self.root / FILE).absolute().as_uri()}?mode=ro"
            db = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._readers.append(db)
            db.execute("PRAGMA wal_autocheckpoint=0")
            db.row_factory = sqlite3.Row
            self._local.db = db
        return [dict(row) for row in db.execute(query, values).fetchall()]

    def row(self, query: str, *values: Any) -> dict[str, Any] | None:
        """The first of the rows, if there is one."""
        found = self.rows(query, *values)
        return found[0] if found else None

    async def backup(self, target: Path) -> None:
        """Copy the database while it is used."""

        def copy() -> None:
            other = sqlite3.connect(target)
            try:
                self._db.backup(other)
            finally:
                other.close()
            target.chmod(0o600)

        await asyncio.wrap_future(self._thread.submit(copy))

    def close(self) -> None:
        """Note that all is in order, and let another server in."""

        def end() -> None:
            self._commit(lambda db: db.execute("INSERT OR REPLACE INTO meta VALUES('clean', 'yes')"))
            self._db.close()

        for db in self._readers:
            db.close()
        try:
            self._thread.submit(end).result()
        except sqlite3.Error:
            LOG.exception("the database could not be closed in order")
        self._thread.shutdown()
        self._lock.close()


def connected(path: Path) -> sqlite3.Connection:
    """The connection that writes, to a database that is whole and has all its tables.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    os.close(open_private(path))  # the files beside it get its mode
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA foreign_keys=ON")
        (said,) = db.execute("PRAGMA quick_check").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(said)
        db.executescript(TABLES)
    except BaseException:
        db.close()
        raise
    return db
