"""T11, T18, T28: keys that stay secret, and owners who see nothing of each other."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import stat

import pytest
from tests.support.doors import KEYS, Doors
from tests.support.pictures import encoded, pattern
from tests.support.saved import save_tiny

from unfog.server import run
from unfog.server.hand import Hand
from unfog.server.keys import Keys, own_key
from unfog.server.ledger import Ledger
from unfog.server.store import Store
from unfog.util.errors import UsageError


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    root = tmp_path_factory.mktemp("owners")
    doors = Doors(root / "data", (str(save_tiny(root / "tiny")),), keys=KEYS)
    yield doors
    doors.close()


def bearer(k: int) -> dict[str, str]:
    return {"authorization": f"Bearer {KEYS[k]}"}


def finished(doors: Doors, owner: str) -> tuple[str, str]:
    """A job of an owner that is running, and a picture of it, without any worker."""
    from tests.support.recipes import recipe_of

    name = doors.submit(owner)
    ledger: Ledger = doors.engine.ledger
    data = encoded(pattern(8, 8))
    message = {"index": 0, "seed": 1, "sha256": hashlib.sha256(data).hexdigest(), "width": 8, "height": 8}
    message["recipe"] = recipe_of(size=(8, 8)).model_dump(mode="json")
    doors.runner.run(ledger.keep(ledger.live[name], message, data))
    return name, ledger.live[name].pictures[0]


def test_nothing_of_another_is_found(doors):
    mine, theirs = doors.keys.owners
    job, picture = finished(doors, mine)
    upload = doors.runner.run(doors.engine.add_file(encoded(pattern(9, 7)), mine)).id
    paths = [
        ("GET", f"/api/v1/jobs/{job}"),
        ("DELETE", f"/api/v1/jobs/{job}"),
        ("GET", f"/api/v1/jobs/{job}/events"),
        ("POST", f"/api/v1/jobs/{job}/pause"),
        ("POST", f"/api/v1/jobs/{job}/resume"),
        ("GET", f"/api/v1/jobs/{job}/files/index.html"),
        ("GET", f"/api/v1/pictures/{picture}"),
        ("GET", f"/api/v1/pictures/{picture}/file"),
        ("GET", f"/api/v1/pictures/{picture}/thumb"),
        ("PATCH", f"/api/v1/pictures/{picture}"),
        ("DELETE", f"/api/v1/pictures/{picture}"),
        ("POST", f"/api/v1/pictures/{picture}/restore"),
        ("GET", f"/api/v1/files/{upload}"),
    ]
    for method, path in paths:
        said = doors(method, path, headers=bearer(1), json={"starred": True})
        assert said.status_code == 404, path
        assert "tiny" not in said.text
        nobody = path.replace(job, "0" * 32).replace(picture, "0" * 32).replace(upload, "0" * 32)
        other = doors(method, nobody, headers=bearer(1), json={"starred": True})
        assert other.status_code == 404  # as if there were nothing
    archive = doors("POST", "/api/v1/pictures/archive", headers=bearer(1), json={"ids": [picture]})
    assert archive.status_code == 404
    for path in ("/api/v1/jobs", "/api/v1/pictures"):
        listed = doors("GET", path, headers=bearer(1)).json()[path.rpartition("/")[2]]
        assert not {job, picture} & {one["id"] for one in listed}
    ask = {"task": "edit", "way": {"kind": "upscale"}, "inputs": {"picture": picture}}
    assert doors("POST", "/api/v1/jobs", headers=bearer(1), json=ask).status_code == 400
    ask["inputs"] = {"picture": upload}
    assert doors("POST", "/api/v1/jobs", headers=bearer(1), json=ask).status_code == 400
    assert doors("GET", f"/api/v1/pictures/{picture}", headers=bearer(0)).status_code == 200
    assert doors("GET", f"/api/v1/pictures/{picture}", headers=bearer(0)).json()["starred"] is False
    assert doors("GET", f"/api/v1/jobs/{job}", headers=bearer(0)).json()["state"] == "queued"
    assert mine != theirs


def test_only_the_first_key_changes_what_everybody_gets(doors):
    for method in ("POST", "DELETE"):
        said = doors(method, "/api/v1/models/tiny/use", headers=bearer(1))
        assert said.status_code == 403
        assert said.json()["error"]["code"] == "forbidden"
        assert "first key" in said.json()["error"]["message"]
    assert doors("DELETE", "/api/v1/models/tiny/use", headers=bearer(0)).json()["pinned"] is True  # by the command
    wrong = doors("DELETE", "/api/v1/models/tinny/use", headers=bearer(0))
    assert (wrong.status_code, "did you mean 'tiny'" in wrong.text) == (400, True)
    facts = [doors("GET", "/api/v1/server", headers=bearer(k)).json() for k in (0, 1)]
    assert [one["manages"] for one in facts] == [True, False]


def test_an_idempotency_key_of_another_means_nothing(doors):
    body = {"task": "generate", "prompt": "mine"}
    first = doors("POST", "/api/v1/jobs", headers=bearer(0) | {"idempotency-key": "k"}, json=body).json()
    second = doors("POST", "/api/v1/jobs", headers=bearer(1) | {"idempotency-key": "k"}, json=body).json()
    assert first["id"] != second["id"]


def test_ids_are_random(doors):
    names = [doors.submit(doors.keys.owners[0]) for _ in range(20)]
    assert len({name[:8] for name in names}) == 20
    assert all(len(name) == 32 for name in names)


def test_keys_are_nowhere_to_be_read(doors, capfd):
    for k in range(2):
        finished(doors, doors.keys.owners[k])
        doors("GET", "/api/v1/server", headers=bearer(k))
        doors("GET", "/api/v1/jobs/none", headers=bearer(k))
    written = b"".join(path.read_bytes() for path in doors.engine.store.root.rglob("*") if path.is_file())
    out, err = capfd.readouterr()
    for key in KEYS:
        assert key.encode() not in written
        assert key not in out + err
        assert hashlib.sha256(key.encode()).hexdigest().encode() not in written  # no hash to guess at, either
        assert key not in repr(vars(doors.keys))


def test_short_keys_are_refused():
    with pytest.raises(UsageError, match="at least 16 characters, one of yours has 5") as caught:
        Keys(["short"])
    assert "short" not in str(caught.value).replace("is too short", "")


def test_a_key_that_is_made_is_private(tmp_path):
    key, made = own_key(tmp_path / "new")
    assert made
    assert len(key) == 43
    assert own_key(tmp_path / "new") == (key, False)
    assert stat.S_IMODE((tmp_path / "new/key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_files_are_private_whatever_the_umask(doors):
    before = os.umask(0)
    try:
        finished(doors, doors.keys.owners[0])
        doors.runner.run(doors.engine.add_file(encoded(pattern(9, 7)), doors.keys.owners[0]))
    finally:
        os.umask(before)
    root = doors.engine.store.root
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    for path in root.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_database_lock_and_log_are_private_from_the_first_moment_and_old_ones_become_so(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LOG", logging.getLogger("of a server"))
    for name in ("uvicorn", "uvicorn.error"):
        for what in ("handlers", "propagate", "level"):
            monkeypatch.setattr(logging.getLogger(name), what, getattr(logging.getLogger(name), what))
    before = os.umask(0)
    try:
        for left in ("LOCK", "logs/server.log"):
            (tmp_path / left).parent.mkdir(exist_ok=True)
            (tmp_path / left).write_text("")
            (tmp_path / left).chmod(0o644)
        store = Store(tmp_path)
        run.open_log(tmp_path)
        run.LOG.info("a line")
    finally:
        os.umask(before)
    names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == dict.fromkeys(("LOCK", "server.db", "server.db-wal", "server.db-shm", "server.log"), 0o600)
    assert "a line" in (tmp_path / "logs/server.log").read_text()
    for handler in run.LOG.handlers:
        handler.close()
    store.close()


def test_what_processes_of_a_server_write_is_private(tmp_path):
    async def nobody(*_: object) -> None:
        pass

    async def begun() -> int:
        hand = Hand("tests.support.tells_umask", {"out": str(tmp_path / "told")}, nobody, nobody)
        hand.stopping = True
        await hand.start()
        assert hand.reading is not None
        await hand.reading
        return stat.S_IMODE((tmp_path / "told").stat().st_mode)

    assert asyncio.run(begun()) == 0o600
