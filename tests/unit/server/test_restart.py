"""What a server finds of the one before it: numbers go on, models stay, pictures are taken up, others' jobs rest."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.doors import Doors
from tests.support.saved import save_tiny

from unfog.server.crew import Crew
from unfog.server.engine import Engine
from unfog.server.ledger import insert_picture, picture_path, picture_row, write_private
from unfog.server.states import JobEvent
from unfog.server.store import new_id

Opened = Callable[[], Doors]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Servers of one folder, one after another, without processes."""

    async def nobody(_: Crew) -> None:
        pass

    monkeypatch.setattr(Crew, "start", nobody)
    monkeypatch.setattr(Engine, "_warm", lambda _: None)
    models, last = tuple(str(save_tiny(tmp_path / name, seed=k)) for k, name in enumerate(("first", "second"))), []

    def server() -> Doors:
        while last:
            last.pop().close()
        doors = Doors(tmp_path / "data", models)
        last.append(doors)
        doors.runner.run(doors.engine.start())
        return doors

    yield server
    while last:
        last.pop().close()


def models_of(doors: Doors, names: list[str]) -> list[str]:
    found = [doors.engine.ledger.live[name].found for name in names]
    return [one.id for one in found if one is not None]


def change(doors: Doors, query: str, *values: Any) -> None:
    def changed(db: sqlite3.Connection) -> None:
        db.execute(query, values)

    doors.runner.run(doors.engine.store.write(changed))


def test_who_follows_a_job_misses_nothing_of_the_next_server(opened: Opened) -> None:
    doors = opened()
    name = doors.submit("local")
    feed = doors.engine.ledger.live[name].feed
    for k in range(7):
        feed.tell(feed.next("step", {"i": k, "n": 9}))  # told, and not stored before something that matters
    seen = feed.last
    doors = opened()
    job = doors.engine.ledger.live[name]
    doors.runner.run(doors.engine.ledger.tell(job, "note", {"message": "later"}))
    doors.runner.run(doors.engine.ledger.finish(job, "done", {}))

    async def later() -> list[JobEvent]:
        return [event async for event in doors.engine.events(name, "local", seen)]

    assert [event.type for event in doors.runner.run(later())] == ["note", "done"]
    assert job.feed.last < 10**15  # and exact in every client


def test_a_job_keeps_the_model_that_was_chosen_for_it(opened: Opened) -> None:
    doors = opened()
    doors.engine.catalogue.use("second")
    names = [doors.submit("local"), doors.submit("local", model="first")]
    ids = {name: found.id for name, found in doors.engine.catalogue.models.items()}
    doors = opened()
    assert doors.engine.catalogue.default == "first"
    assert models_of(doors, names) == [ids["second"], ids["first"]]
    change(doors, "UPDATE jobs SET model = 'gone'")
    doors = opened()
    assert models_of(doors, names) == [ids["first"]] * 2


def test_a_job_of_another_version_stands_in_nobodys_way(opened: Opened) -> None:
    doors = opened()
    mine, other = doors.submit("local"), doors.submit("local")
    (row,) = doors.engine.store.rows("SELECT ask FROM jobs WHERE id = ?", other)
    ask = json.loads(row["ask"])
    change(doors, "UPDATE jobs SET ask = ? WHERE id = ?", json.dumps(ask | {"of": "the future"}), other)
    doors = opened()
    told = doors("GET", "/api/v1/jobs")
    assert (told.status_code, [job["id"] for job in told.json()["jobs"]]) == (200, [mine])
    said = doors("GET", f"/api/v1/jobs/{other}")
    assert said.status_code == 404
    assert "another version of unfog" in said.json()["error"]["message"]
    (row,) = doors.engine.store.rows("SELECT state, finished FROM jobs WHERE id = ?", other)
    assert (row["state"], row["finished"] is None) == ("failed", False)
    last = doors.engine.store.rows("SELECT type FROM events WHERE job = ? ORDER BY id", other)[-1]
    assert last == {"type": "error"}


@pytest.mark.parametrize("state", ["there", "in the trash", "gone"])
def test_a_picture_that_was_read_back_is_taken_up_if_it_is_there(opened: Opened, state: str) -> None:
    doors, data, name = opened(), b"a picture", new_id()
    root, sha256 = doors.engine.store.root, hashlib.sha256(data).hexdigest()
    recipe = {"task": "generate", "size": [8, 8], "seed": 1, "prompt": "", "negative": "", "model": {"name": "x"},
              "sample": {"sampler": "ddim", "steps": 1}}  # fmt: skip
    row = picture_row(name, "", "local", 0, len(data), sha256, recipe) | {"starred": 1}
    doors.runner.run(doors.engine.store.write(lambda db: insert_picture(db, row)))
    if state == "in the trash":
        change(doors, "UPDATE pictures SET trashed = 'now'")
    if state != "gone":
        write_private(picture_path(root, "local", name, trashed=state == "in the trash"), data)
    job = doors.engine.ledger.live[doors.submit("local")]
    message = {"index": 0, "seed": "1", "sha256": sha256, "width": 8, "height": 8, "recipe": recipe}
    doors.runner.run(doors.engine.ledger.keep(job, message, data))
    (kept,) = job.pictures
    assert (kept == name) == (state == "there")
    assert doors.runner.run(doors.engine.picture(kept, "local")) == data
    found = doors.engine.store.row("SELECT starred, trashed FROM pictures WHERE id = ?", kept)
    assert found == {"starred": int(state == "there"), "trashed": None}


@pytest.mark.parametrize("when", ["before it is written", "while it is written"])
def test_a_submit_that_nobody_waits_for_any_more_leaves_no_job(opened: Opened, when: str) -> None:
    from unfog.config.ask import parse_ask

    doors = opened()
    engine, write, going, goes_on = doors.engine, doors.engine.store.write, asyncio.Event(), asyncio.Event()

    async def slow(change: Any) -> Any:
        if when == "before it is written":
            going.set()
            await goes_on.wait()
        result = await write(change)
        going.set()
        await goes_on.wait()
        return result

    async def given_up() -> None:
        engine.store.write = slow
        asked = asyncio.create_task(engine.submit(parse_ask({"task": "generate", "prompt": "x"}), owner="local"))
        await going.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        goes_on.set()
        await asyncio.wait_for(asyncio.gather(*engine.crew._tasks), 10)

    doors.runner.run(given_up())
    assert not engine.ledger.live
    assert not engine.crew.line.waiting
    assert [row["state"] for row in engine.store.rows("SELECT state FROM jobs")] == ["cancelled"]
