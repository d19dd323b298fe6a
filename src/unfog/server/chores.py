"""What is done once an hour and at the start: old things go, the database is copied, torn files are swept away."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from unfog.config.server import Engine
from unfog.server import gallery
from unfog.server.store import FILE, Store
from unfog.util.files import TEMPORARY, sweep_temporary

LOG = logging.getLogger("unfog.server")
EVERY_S = 3600.0
BACKUPS = 7


async def tidy(store: Store, settings: Engine, live: set[str]) -> None:
    """Do all of it.

    Args:
        live: jobs that have not ended; nothing of theirs is touched.
    """
    await gallery.purge(store, settings.trash_days)
    await forget_keys(store, settings.keys_s)
    await forget_jobs(store, settings.history_days)
    await asyncio.to_thread(sweep, store.root, live, store)
    await backup(store)


async def forget_keys(store: Store, seconds: float) -> None:
    """Idempotency keys of long ago, or of a time that has not come: somebody has set the clock."""
    now = time.time()
    query = "DELETE FROM keys WHERE at < ? OR at > ?"
    await store.write(lambda db: db.execute(query, (now - seconds, now + seconds)))


async def forget_jobs(store: Store, days: float) -> None:
    """Jobs that ended long ago; their pictures stay."""
    query = (
        "DELETE FROM jobs WHERE state IN ('done', 'failed', 'cancelled', 'expired')"
        " AND julianday(finished) < julianday('now', ?)"
    )
    await store.write(lambda db: db.execute(query, (f"-{days * gallery.DAY_S:.0f} seconds",)))


def sweep(root: Path, live: set[str], store: Store) -> None:
    """Folders of jobs that nobody remembers, and what killed processes left half-written."""
    for folder in (root / "jobs").iterdir():
        known = folder.name in live or store.row("SELECT 1 FROM jobs WHERE id = ?", folder.name) is not None
        if not known and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
    for kind in ("files", "pictures", "trash", "thumbs"):
        for owner in (root / kind).iterdir():
            if owner.is_dir() and not owner.is_symlink():
                sweep_temporary(owner)
    sweep_temporary(root / "backups")


async def backup(store: Store) -> None:
    """A copy of the database for every day of the last week."""
    folder = store.root / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    today = folder / f"{datetime.now(UTC):%Y-%m-%d}-{FILE}"
    if today.exists():
        return
    try:
        with TemporaryDirectory(prefix=TEMPORARY, dir=folder) as beside:  # what is half-written there counts for no day
            copy = Path(beside) / FILE
            await store.backup(copy)
            copy.replace(today)
    except (sqlite3.Error, OSError):
        LOG.exception("the database could not be copied")
        return
    for old in sorted(folder.glob(f"*-{FILE}"))[:-BACKUPS]:
        old.unlink()
