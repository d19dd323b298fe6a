"""Pictures are starred and moved as a whole or not at all."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.doors import Doors
from tests.support.recipes import SHA, recipe_of
from tests.support.saved import save_tiny

from unfog.server.ledger import insert_picture, picture_path, picture_row, write_private

CHANGE = {"x-unfog": "1"}
NAME = "a" * 32
FILE = b"a picture"


@pytest.fixture
def doors(tmp_path):
    """With one picture."""
    doors = Doors(tmp_path / "data", (str(save_tiny(tmp_path / "tiny")),))
    store, facts = doors.engine.store, json.loads(recipe_of().model_dump_json())
    row = picture_row(NAME, "job", "local", 0, len(FILE), SHA, facts)
    write_private(picture_path(store.root, "local", NAME), FILE)
    doors.runner.run(store.write(lambda db: insert_picture(db, row)))
    yield doors
    doors.close()


def full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def files(doors: Doors) -> list[str]:
    """The kinds of folders in which its file is."""
    root: Path = doors.engine.store.root
    return [
        kind for kind in ("pictures", "trash") if picture_path(root, "local", NAME, trashed=kind == "trash").exists()
    ]


@pytest.mark.parametrize(
    ("method", "path", "trashed"),
    [("PATCH", "", False), ("DELETE", "", False), ("POST", "/restore", True)],
)
def test_a_full_disk_leaves_a_picture_as_it_was(doors, monkeypatch, caplog, method, path, trashed):
    if trashed:
        assert doors("DELETE", f"/api/v1/pictures/{NAME}", headers=CHANGE).status_code == 200
    before, where = doors("GET", f"/api/v1/pictures/{NAME}").json(), files(doors)
    change = {"headers": CHANGE} if method != "PATCH" else {"json": {"starred": True}}
    with monkeypatch.context() as patch:
        patch.setattr(doors.engine.store, "write", full)
        said = doors(method, f"/api/v1/pictures/{NAME}{path}", **change)
    assert (said.status_code, said.json()["error"]["code"]) == (503, "disk_full")
    assert said.json()["error"]["retryable"]
    assert int(said.headers["retry-after"]) > 0
    assert "database or disk is full" in caplog.text
    assert files(doors) == where == (["trash"] if trashed else ["pictures"])
    assert doors("GET", f"/api/v1/pictures/{NAME}").json() == before
    assert doors("GET", f"/api/v1/pictures/{NAME}/file").content == FILE
    after = doors(method, f"/api/v1/pictures/{NAME}{path}", **change)
    assert after.status_code == 200
    assert after.json() != before
    assert doors("GET", f"/api/v1/pictures/{NAME}/file").content == FILE


def test_a_picture_whose_file_is_gone_can_be_deleted(doors):
    picture_path(doors.engine.store.root, "local", NAME).unlink()
    assert doors("DELETE", f"/api/v1/pictures/{NAME}", headers=CHANGE).json()["trashed"] is not None


def test_a_picture_is_shown_while_it_is_moved(doors):
    """Its file is in the trash; that it was put there is not written yet."""
    source, target = (
        picture_path(doors.engine.store.root, "local", NAME, trashed=trashed) for trashed in (False, True)
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    assert doors("GET", f"/api/v1/pictures/{NAME}/file").content == FILE
    assert doors("POST", "/api/v1/pictures/archive", json={"ids": [NAME]}, headers=CHANGE).status_code == 200
    target.unlink()
    gone = doors("GET", f"/api/v1/pictures/{NAME}/file")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")
