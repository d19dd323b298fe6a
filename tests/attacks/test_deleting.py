"""T29: what is deleted goes to the trash, and nothing outside of the server's own folder is ever moved or removed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
import torch
from tests.support.doors import Doors
from tests.support.recipes import recipe_of
from tests.support.saved import save_tiny

from unfog.media.recipe import picture_file
from unfog.server import chores, gallery
from unfog.server.ledger import insert_picture, picture_path, picture_row, write_private
from unfog.server.store import new_id
from unfog.train.state import prune

CHANGE = {"x-unfog": "1"}
NAMES = ["..", "../..", "%2e%2e%2f%2e%2e", "..%2fserver.db", "0" * 31 + "/", "*", "%", "0" * 32 + ".png", "' OR 1=1 --"]
LINKS = pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")


@pytest.fixture
def doors(tmp_path):
    doors = Doors(tmp_path / "data", (str(save_tiny(tmp_path / "models/tiny")),))
    yield doors
    doors.close()


@pytest.fixture
def victim(tmp_path) -> Path:
    """A folder of somebody else's, with files that look like ours."""
    folder = tmp_path / "victim"
    folder.mkdir()
    for name in ("precious.txt", "0" * 32 + ".png", ".tmp-precious", "step-00000001"):
        (folder / name).write_bytes(b"precious")
    os.utime(folder / ".tmp-precious", (0, 0))
    return folder


def intact(folder: Path) -> bool:
    return len([path for path in folder.iterdir() if path.read_bytes() == b"precious"]) == 4


def painted(doors: Doors) -> str:
    """A picture in the gallery, as if it had been drawn."""
    data = picture_file(torch.zeros(3, 8, 8, dtype=torch.uint8), recipe_of())
    name, store = new_id(), doors.engine.store
    write_private(picture_path(store.root, "local", name), data)
    facts = json.loads(recipe_of().model_dump_json()) | {"size": [8, 8]}
    row = picture_row(name, "", "local", 0, len(data), hashlib.sha256(data).hexdigest(), facts)
    doors.runner.run(store.write(lambda db: insert_picture(db, row)))
    return name


def age(doors: Doors, when: str = "2000-01-01T00:00:00.000Z") -> None:
    """Whatever is in the trash was put there then."""
    change = "UPDATE pictures SET trashed = ? WHERE trashed IS NOT NULL"
    doors.runner.run(doors.engine.store.write(lambda db: db.execute(change, (when,))))


def everything(doors: Doors) -> set[str]:
    root = doors.engine.store.root
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix == ".png"}


def test_deleting_is_moving_and_can_be_taken_back(doors):
    name = painted(doors)
    before = everything(doors)
    assert doors("DELETE", f"/api/v1/pictures/{name}", headers=CHANGE).status_code in (200, 204)
    assert everything(doors) == {f"trash/local/{name}.png"}
    doors.runner.run(gallery.purge(doors.engine.store, 30))
    assert everything(doors) == {f"trash/local/{name}.png"}  # it has not been there for 30 days
    assert doors("POST", f"/api/v1/pictures/{name}/restore", headers=CHANGE).status_code == 200
    assert everything(doors) == before


@pytest.mark.parametrize("name", NAMES)
def test_no_name_deletes_anything_else(doors, name):
    painted(doors)
    before = everything(doors)
    for route in ("pictures", "jobs", "files"):
        said = doors("DELETE", f"/api/v1/{route}/{name}", headers=CHANGE)
        assert said.status_code in (400, 404, 405), said.text
    assert everything(doors) == before
    assert (doors.engine.store.root / "server.db").is_file()


def test_no_request_deletes_many(doors):
    """There is no route that takes a list, a pattern or a folder and deletes; a pin is no file."""
    paths = [path for method, path in doors.routes() if method == "DELETE" and not path.endswith("/use")]
    assert len(paths) >= 2
    assert all(path.endswith("0" * 32) for path in paths)


@LINKS
@pytest.mark.parametrize("kind", ["pictures", "trash", "thumbs"])
def test_a_folder_that_was_made_a_link_is_not_followed(doors, victim, kind):
    """The hourly round and the purge stay at home, even if somebody with this account's rights has put links there."""
    store = doors.engine.store
    (store.root / kind / "local").symlink_to(victim)
    (store.root / "jobs" / ("0" * 32)).symlink_to(victim)
    (store.root / "jobs" / "evil").symlink_to(victim)
    doors.runner.run(chores.tidy(store, doors.engine.settings.engine, set()))
    assert intact(victim)


@LINKS
@pytest.mark.parametrize("kind", ["pictures", "trash"])
def test_a_picture_is_not_moved_through_a_link(doors, victim, kind):
    name, store = painted(doors), doors.engine.store
    folder = store.root / kind / "local"
    if folder.exists():
        folder.rename(folder.with_name("moved"))
    folder.symlink_to(victim)
    (victim / f"{name}.png").write_bytes(b"theirs")
    said = doors("DELETE", f"/api/v1/pictures/{name}", headers=CHANGE)
    assert said.status_code >= 400
    assert (victim / f"{name}.png").read_bytes() == b"theirs"


@LINKS
def test_a_link_in_place_of_a_picture_goes_and_its_target_stays(doors, victim):
    name, store = painted(doors), doors.engine.store
    path = picture_path(store.root, "local", name)
    path.unlink()
    path.symlink_to(victim / "precious.txt")
    doors("DELETE", f"/api/v1/pictures/{name}", headers=CHANGE)
    age(doors)
    assert doors.runner.run(gallery.purge(store, 30)) == 1
    assert not picture_path(store.root, "local", name, trashed=True).is_symlink()
    assert intact(victim)


@LINKS
def test_the_purge_deletes_nothing_through_a_link(doors, victim):
    name, store = painted(doors), doors.engine.store
    doors("DELETE", f"/api/v1/pictures/{name}", headers=CHANGE)
    age(doors)
    (store.root / "trash/local").rename(store.root / "trash/moved")
    (store.root / "trash/local").symlink_to(victim)
    (victim / f"{name}.png").write_bytes(b"theirs")
    assert doors.runner.run(gallery.purge(store, 30)) == 1
    assert (victim / f"{name}.png").read_bytes() == b"theirs"


@LINKS
def test_old_checkpoints_are_not_deleted_through_links(tmp_path, victim):
    root = tmp_path / "checkpoints"
    root.mkdir()
    (victim / "step-00000001").unlink()
    (victim / "step-00000001").mkdir()
    (victim / "step-00000001" / "precious.txt").write_bytes(b"precious")
    (root / "step-00000001").symlink_to(victim / "step-00000001")
    for k in (2, 3, 4):
        (root / f"step-{k:08d}").mkdir()
    prune(root, 2)
    assert (victim / "step-00000001" / "precious.txt").read_bytes() == b"precious"
    assert sorted(path.name for path in root.iterdir() if not path.is_symlink()) == ["step-00000003", "step-00000004"]


def test_a_clock_that_jumps_empties_no_trash(doors):
    """What was put there in a future that has been corrected stays."""
    name, store = painted(doors), doors.engine.store
    doors("DELETE", f"/api/v1/pictures/{name}", headers=CHANGE)
    later = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 10**9))
    age(doors, later)
    assert doors.runner.run(gallery.purge(store, 30)) == 0
