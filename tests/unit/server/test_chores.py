"""A copy of the database is whole, or there is none for that day."""

from __future__ import annotations

import asyncio
import os
import sqlite3

import pytest

from unfog.server import chores
from unfog.server.store import FILE, Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "data")
    yield store
    store.close()


@pytest.mark.parametrize("end", [asyncio.CancelledError, sqlite3.OperationalError])
def test_a_copy_that_was_not_finished_counts_for_no_day(store, end, monkeypatch):
    copies = store.root / "backups"

    async def torn(target):
        target.write_bytes(b"half")
        assert list(copies.glob(f"*-{FILE}")) == []  # at whatever moment the process ends
        raise end

    with monkeypatch.context() as patch:
        patch.setattr(store, "backup", torn)
        if end is asyncio.CancelledError:
            with pytest.raises(end):
                asyncio.run(chores.backup(store))
        else:
            asyncio.run(chores.backup(store))
    assert list(copies.iterdir()) == []
    asyncio.run(chores.backup(store))
    (copy,) = copies.iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600
    db = sqlite3.connect(copy)
    assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    assert db.execute("SELECT count(*) FROM pictures").fetchone() == (0,)
    db.close()


def test_what_a_killed_process_left_of_a_copy_is_swept_away(store):
    left = store.root / "backups" / ".tmp-0123"
    left.mkdir(parents=True)
    (left / FILE).write_bytes(b"half")
    os.utime(left, (0, 0))
    chores.sweep(store.root, set(), store)
    assert not left.exists()


def test_copies_of_a_week_are_kept(store):
    copies = store.root / "backups"
    copies.mkdir()
    for day in range(1, 9):
        (copies / f"2020-01-0{day}-{FILE}").write_bytes(b"old")
    asyncio.run(chores.backup(store))
    kept = sorted(path.name for path in copies.iterdir())
    assert kept[:6] == [f"2020-01-0{day}-{FILE}" for day in range(3, 9)]
    assert len(kept) == 7
