"""From names, folders and ids to models; near misses are suggested."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.support.models import tiny_config
from tests.support.saved import save_tiny

from unfog.config.model import CosineConfig
from unfog.model import locate as module
from unfog.model.locate import builtin_root, by_id, inspect, installed, locate, model_id, user_root
from unfog.model.store import CARD, MANIFEST, WEIGHTS, manifest_json
from unfog.util.errors import ModelError


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("locate") / "first")


@pytest.fixture
def home(original: Path, tmp_path: Path, monkeypatch) -> Path:
    """The user's models: first. Built in: first and scenes-32, both another model."""
    monkeypatch.setenv("UNFOG_HOME", str(tmp_path / "mine"))
    monkeypatch.setattr(module, "builtin_root", lambda: tmp_path / "builtin")
    shutil.copytree(original, tmp_path / "mine/models/first")
    other = save_tiny(tmp_path / "builtin/scenes-32", seed=1, name="scenes-32")
    shutil.copytree(other, tmp_path / "builtin/first")
    (tmp_path / "builtin/.hidden").mkdir()
    (tmp_path / "builtin/note.txt").touch()
    return tmp_path


def test_names_are_the_users_before_ours(home):
    assert [(origin, folder.name) for origin, folder in installed()] == [
        ("yours", "first"),
        ("built in", "first"),
        ("built in", "scenes-32"),
    ]
    assert (locate("first").origin, locate("first").folder) == ("yours", home / "mine/models/first")
    assert (locate(None).origin, locate(None).name) == ("built in", "scenes-32")


def test_a_folder_in_any_spelling(home, original, monkeypatch):
    for which in (original, str(original), f"{original}/"):
        assert locate(which).origin == "folder"
    monkeypatch.setenv("HOME", str(home))
    assert locate("~/mine/models/first").id == locate(original).id


def test_a_run_folder_means_the_model_in_it(home, original):
    (home / "run").mkdir()
    shutil.copytree(original, home / "run/model")
    assert locate(home / "run").folder == home / "run/model"
    with pytest.raises(ModelError, match=r"has no unfog\.json"):
        locate(home / "mine")


def test_what_is_not_there(home):
    with pytest.raises(ModelError, match="unknown model 'frist'; did you mean 'first'"):
        locate("frist")
    for which in ("/no/such", "./first", "first.pt", "~/first", "a\0b/c", "no\\such"):
        with pytest.raises(ModelError, match=r"there is no model folder .*`unfog model list`"):
            locate(which)
    shutil.rmtree(home / "builtin")
    with pytest.raises(ModelError, match="holds no model; train one"):
        locate(None)


def test_a_pickle_is_refused_as_what_it_is(home):
    (home / "w.pt").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelError, match="never unpickles"):
        locate(home / "w.pt")


def test_a_damaged_model_is_refused_by_name_and_passed_over_by_id(home):
    wanted = locate("first")
    (wanted.folder / WEIGHTS).write_bytes(b"short")
    with pytest.raises(ModelError, match="bytes instead of"):
        locate("first")
    assert by_id(locate("scenes-32").id, called="x").folder == home / "builtin/first"
    with pytest.raises(ModelError, match=f"no installed model has the sha256 {wanted.id} \\(mine\\); .*--model DIR"):
        by_id(wanted.id, called="mine")


def test_the_id_is_of_what_decides_the_pictures(original, tmp_path):
    """Weights, vocabulary and configuration; not name, card, metrics or recommended settings."""
    record = manifest_json(original)
    same = record | {"name": "other", "metrics": [{"name": "m", "value": 1.0, "n": 3}]}
    same["files"] = record["files"] | {CARD: {"bytes": 1, "sha256": "0" * 64}}
    assert model_id(same) == model_id(record) == inspect(original).id
    other = tiny_config().model_copy(update={"schedule": CosineConfig()})
    assert inspect(save_tiny(tmp_path / "cosine", other)).id != inspect(original).id
    assert inspect(save_tiny(tmp_path / "seed", seed=5)).id != inspect(original).id
    assert inspect(save_tiny(tmp_path / "again", name="again")).id == inspect(original).id


def test_the_id_does_not_depend_on_the_order_of_the_manifest(original):
    record = manifest_json(original)
    assert model_id(json.loads(json.dumps(dict(reversed(record.items()))))) == model_id(record)


@pytest.mark.parametrize(
    ("platform", "environment", "root"),
    [
        ("linux", {"UNFOG_HOME": "u"}, "u/models"),
        ("linux", {"XDG_DATA_HOME": "x"}, "x/unfog/models"),
        ("linux", {}, "h/.local/share/unfog/models"),
        ("darwin", {"XDG_DATA_HOME": "x"}, "h/Library/Application Support/unfog/models"),
        ("win32", {"LOCALAPPDATA": "l"}, "l/unfog/models"),
        ("win32", {}, "h/AppData/Local/unfog/models"),
    ],
)
def test_where_the_users_models_are(monkeypatch, platform, environment, root):
    for name in ("UNFOG_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("h"))
    assert user_root() == Path(root)


def test_the_models_inside_the_package():
    assert builtin_root().parts[-3:] == ("unfog", "assets", "models")
    for folder in builtin_root().glob("*/"):
        assert (folder / MANIFEST).is_file()
