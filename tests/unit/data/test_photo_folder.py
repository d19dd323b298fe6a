"""tools/photo_folder.py: only what is free is taken, every file with its licence, and whole photographs held out."""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from tests.support.folders import load_folder
from tests.support.pictures import encoded, pattern

from unfog.data.licence import free


@pytest.fixture
def tool(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The tool, with the pictures of the two packages in a folder of the test."""
    spec = importlib.util.spec_from_file_location("photo_folder", repo / "tools/photo_folder.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "photo_folder", module)
    spec.loader.exec_module(module)
    for package, inner, table in (("skimage", "data", module.SKIMAGE), ("sklearn", "datasets/images", module.SKLEARN)):
        folder = tmp_path / "packages" / package / inner
        folder.mkdir(parents=True)
        (tmp_path / "packages" / package / "__init__.py").write_text("")
        for k, name in enumerate(table):
            (folder / name).write_bytes(encoded(pattern(20 + k, 17), "PNG" if name.endswith("png") else "JPEG"))
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    return module


@pytest.fixture
def archive(tool: ModuleType, tmp_path: Path) -> Path:
    """A small DATA folder: what is held out, and pictures that may and may not be used."""
    root, photo = tmp_path / "data", encoded(pattern(19, 23), "JPEG")
    (root / "images").mkdir(parents=True)
    (root / "photos").mkdir()
    for name in tool.PAINTINGS:
        (root / "images" / name).write_bytes(photo)
    held = [Path(name).name for name in sorted(tool.HELD) if name.startswith("coco/")]
    licences = dict.fromkeys([*held, "1.jpg"], "Attribution License") | {"2.jpg": "Attribution-ShareAlike License"}
    coco = [{"file": f"val2017/{n}", "licence": licence, "flickr_url": n} for n, licence in licences.items()]
    subjects = ("dog3", "robot_toy", "candle", "teapot", "red_cartoon")
    dreambooth = [{"file": f"{subject}/00.jpg", "subject": subject} for subject in subjects]
    for name, rows in (("coco_mini_ccby_256.zip", coco), ("dreambooth_256.zip", dreambooth)):
        with zipfile.ZipFile(root / "photos" / name, "w") as file:
            file.writestr("metadata.jsonl", "\n".join(json.dumps(row) for row in rows))
            for row in rows:
                file.writestr(row["file"], photo)
    return root


def test_only_free_photographs_and_whole_ones_held_out(tool: ModuleType, archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    counts = tool.write_folder(archive, out)
    rows = {
        part: [json.loads(line) for line in (out / part / "metadata.jsonl").read_text("utf-8").splitlines()]
        for part in ("train", "held")
    }
    names = {part: {row["file_name"] for row in table} for part, table in rows.items()}
    assert names["held"] == tool.HELD | {"dreambooth/dog3_00.jpg", "dreambooth/robot_toy_00.jpg"}
    assert {"coco/1.jpg", "dreambooth/candle_00.jpg", "paintings/starry_night.jpg"} <= names["train"]
    assert not names["train"] & names["held"]
    taken = names["train"] | names["held"]
    assert not taken & {"coco/2.jpg", "dreambooth/teapot_00.jpg", "dreambooth/red_cartoon_00.jpg"}
    for row in rows["train"] + rows["held"]:
        assert free(row["licence"])
        assert "SA" not in row["licence"]
        assert row["attribution"]
    assert counts.total() == len(taken)


def test_training_reads_it(tool: ModuleType, archive: Path, tmp_path: Path) -> None:
    tool.write_folder(archive, tmp_path / "out")
    data = load_folder(tmp_path / "out/train", 16, crop=True)
    assert data.redistributable()
    assert set(data.licences()) == {"CC-BY-2.0", "CC-BY-4.0", "CC0-1.0", "public domain"}


def test_what_is_to_be_held_out_must_be_there(tool: ModuleType, archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive / "photos/dreambooth_256.zip", "w") as file:
        file.writestr("metadata.jsonl", "")
    with pytest.raises(SystemExit, match="to judge by are not there: dreambooth/dog3, dreambooth/robot_toy"):
        tool.write_folder(archive, tmp_path / "out")
