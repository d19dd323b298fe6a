"""The database: whole or put aside, one writer, one server."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time

import pytest

from unfog.server.store import FILE, Store
from unfog.util.errors import DataError, LockedError

INSERT = "INSERT INTO keys VALUES('o', ?, 'j', 'a', 0)"


def write(store: Store, *keys: str) -> None:
    asyncio.run(store.write(lambda db: [db.execute(INSERT, (key,)) for key in keys]))


def test_what_was_written_is_there_after_an_orderly_end(tmp_path):
    store = Store(tmp_path)
    assert not store.clean  # there was none
    write(store, "one")
    store.close()
    again = Store(tmp_path)
    assert again.clean
    assert [row["key"] for row in again.rows("SELECT key FROM keys")] == ["one"]
    again.close()


def test_an_end_without_order_is_known(tmp_path):
    store = Store(tmp_path)
    write(store, "one")
    store._db.close()
    store._lock.close()  # as if it were killed
    again = Store(tmp_path)
    assert not again.clean
    assert again.row("SELECT key FROM keys") == {"key": "one"}
    again.close()


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 500, None])
def test_a_damaged_database_is_put_aside(tmp_path, damage):
    store = Store(tmp_path)
    write(store, *map(str, range(2000)))
    store.close()
    data = bytearray((tmp_path / FILE).read_bytes())
    if damage is None:
        data[4096 : 4096 + 8000] = b"\xff" * 8000
    (tmp_path / FILE).write_bytes(bytes(data) if damage is None else damage)
    again = Store(tmp_path)
    assert not again.clean
    assert again.rows("SELECT key FROM keys") == []
    aside = list(tmp_path.glob(f"{FILE}.damaged-*"))
    assert len(aside) == (0 if damage == b"" else 1)  # an empty file is a new database to SQLite
    write(again, "new")
    again.close()


def test_two_servers_do_not_share_a_folder(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(LockedError, match="in use by another unfog server"):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


def test_a_newer_database_is_left_alone(tmp_path):
    store = Store(tmp_path)
    asyncio.run(store.write(lambda db: db.execute("UPDATE meta SET value = '99' WHERE key = 'version'")))
    store.close()
    with pytest.raises(DataError, match="written by a newer unfog"):
        Store(tmp_path)


def test_a_change_that_fails_changes_nothing(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(sqlite3.IntegrityError):
        write(store, "a", "b", "a")
    assert store.rows("SELECT * FROM keys") == []
    write(store, "c")
    assert len(store.rows("SELECT * FROM keys")) == 1
    store.close()


def test_readers_cannot_write(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.rows("DELETE FROM keys")
    store.close()


def test_only_one_connection_writes_whoever_asks(tmp_path, monkeypatch):
    opened = []
    connect = sqlite3.connect

    def counted(target, *arguments, **options):
        opened.append(str(target))
        return connect(target, *arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", counted)
    store = Store(tmp_path)
    end, failed = time.monotonic() + 0.3, []

    def read() -> None:
        try:
            while time.monotonic() < end:
                store.rows("SELECT count(*) FROM keys")
        except sqlite3.Error as error:
            failed.append(error)

    async def fill() -> int:
        k = 0
        while time.monotonic() < end:
            await store.write(lambda db, k=k: db.execute(INSERT, (str(k),)))
            k += 1
        return k

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    count = asyncio.run(fill())
    for reader in readers:
        reader.join()
    assert failed == []
    assert store.row("SELECT count(*) AS n FROM keys") == {"n": count}
    assert [target for target in opened if "mode=ro" not in target] == [str(tmp_path / FILE)]
    store.close()
