"""T38: run folders of strangers, to be resumed or to take a model from: one line, nothing changed, nothing outside."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.support.cases import first, some
from tests.support.commands import tree
from tests.support.folders import captioned_folder, settings

from unfog.cli.main import run
from unfog.jobs.run_folder import RunFolder
from unfog.util.errors import Exit
from unfog.util.files import sha256_file

pytestmark = pytest.mark.slow

IMAGES = 24
SECONDS = 3600  # that such a small run cannot have taken
OFTEN = settings("train.batch=12", "train.save_every_images=12", "train.preview_every_images=960")


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """The folder ``data`` and the finished run ``run`` on it, to be copied from."""
    root = tmp_path_factory.mktemp("own")
    data = captioned_folder(root / "data", 6)
    assert run(["train", str(data), "--out", str(root / "run"), "--images", str(IMAGES), "--threads", "1", *OFTEN]) == 0
    return root


@pytest.fixture
def evil(own, tmp_path) -> Path:
    """A copy that still has to draw its model, so that every file of it is read again."""
    folder = Path(shutil.copytree(own / "run", tmp_path / "evil"))
    shutil.rmtree(folder / "model")
    return folder


@pytest.fixture
def resumed(unfog, own, evil) -> Callable[[], tuple[int, str]]:
    """Exit code and last line on stderr of whoever goes on with the run."""

    def resume() -> tuple[int, str]:
        said = unfog("train", own / "data", "--out", evil, "--resume", "--threads", "1")
        assert all(line.isprintable() for line in said.err.split("\n"))
        return said.code, said.err.splitlines()[-1] if said.err else ""

    return resume


def newest(folder: Path) -> Path:
    return max((folder / "checkpoints").glob("step-*"))


def resign(folder: Path) -> None:
    """Make the newest checkpoint's manifest fit its files, as whoever crafts one would."""
    last = newest(folder)
    record = json.loads((last / "manifest.json").read_text())
    for name in record["files"]:
        record["files"][name] = {"bytes": (last / name).stat().st_size, "sha256": sha256_file(last / name)}
    (last / "manifest.json").write_text(json.dumps(record))


def changed(folder: Path, **values: Any) -> None:
    """A field of ``run.json``, and the checkpoints made to fit it."""
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    state = newest(folder) / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"run": RunFolder(folder).identity()}))
    resign(folder)


DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000
BROKEN: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)) * 8,
    "list": b"[]",
    "number": b"7",
    "deep": DEEP.encode(),
    "deep list": b"[" * 100_000,
    "no fields": b"{}",
    "NaN": b"NaN",
    "long number": b"9" * 100_000,
    "pickle": b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.",
    "escapes": b'{"\x1b]0;owned\x07": 1}',
}


def test_the_copy_itself_goes_on(resumed, evil):
    assert resumed()[0] == Exit.OK
    assert (evil / "model/unfog.json").is_file()


@pytest.mark.parametrize("name", some(BROKEN, ("empty", "list", "deep", "pickle")))
@pytest.mark.parametrize("file", ["run.json", "state.json", "dataset.lock.json", "tokenizer.json"])
def test_a_crafted_file_is_refused_in_one_line(resumed, evil, file, name):
    path = newest(evil) / file if file == "state.json" else evil / file
    path.write_bytes(BROKEN[name])
    if file == "state.json":
        resign(evil)
    before = tree(evil)
    code, line = resumed()
    assert code in (Exit.DATA, Exit.MODEL), line
    assert "internal error" not in line
    assert [name for name in tree(evil) if name != "LOCK"] == [name for name in before if name != "LOCK"]


STATES: dict[str, Any] = {
    "position as text": {"seen_images": "12"},
    "negative position": {"seen_images": -1},
    "steps without end": {"step": float("inf")},
    "a window of one": {"window": [1.0]},
    "a window of texts": {"window": ["a", "b"]},
    "no window": {"window": None},
    "another run": {"run": "0" * 64},
    "another format": {"format": 99},
}


@pytest.mark.parametrize("name", STATES)
def test_crafted_counters_are_refused(resumed, evil, name):
    path = newest(evil) / "state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | STATES[name]))
    resign(evil)
    code, line = resumed()
    assert code in (Exit.DATA, Exit.MODEL), line


RUNS: dict[str, Any] = {
    "a class": {"_target_": "os.system"},
    "a million threads": {"threads": 10**6},
    "no threads": {"threads": 0},
    "examples without end": {"examples": [["a"]]},
    "another format": {"format": "unfog.run/9"},
    "a device": {"device": 7},
}


@pytest.mark.parametrize("name", RUNS)
def test_a_crafted_configuration_is_refused(resumed, evil, name):
    changed(evil, **RUNS[name])
    code, line = resumed()
    assert code == Exit.DATA, line


TENSORS: dict[str, Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]] = {
    "of another network": lambda _: {"evil": torch.zeros(3)},
    "one more": lambda held: held | {"exp_avg/evil": torch.zeros(3)},
    "of another shape": lambda held: {name: torch.zeros(5, 7) for name in held},
}


@pytest.mark.parametrize("file", ["model", "ema", "optimiser"])
@pytest.mark.parametrize("name", first(2, TENSORS))
def test_crafted_tensors_are_refused(resumed, evil, file, name):
    path = newest(evil) / f"{file}.safetensors"
    save_file(TENSORS[name](load_file(path)), path)
    resign(evil)
    code, line = resumed()
    assert code in (Exit.DATA, Exit.MODEL), line
    assert not (evil / "model").exists()


EVENTS: dict[str, bytes] = {
    "binary": bytes(range(256)) * 8,
    "deep": DEEP.encode() + b"\n",
    "no objects": b'7\n"a"\n[]\nnull\n',
    "times that are none": b'{"kind": "metric", "seen_images": 0, "time": {"seconds": "soon"}}\n',
    "no times": b'{"kind": "metric", "seen_images": 0}\n',
    "not a number": b'{"kind": "metric", "seen_images": NaN, "time": {"seconds": NaN}}\n',
    "endless": b'{"kind": "metric", "seen_images": 0, "time": {"seconds": 1e999}}\n',
}


@pytest.mark.parametrize("name", first(2, EVENTS))
def test_what_a_run_says_of_its_past_is_no_part_of_it(resumed, evil, name):
    """The record of a run is shown and counted, never needed: whatever it holds, the run goes on."""
    (evil / "events.jsonl").write_bytes(EVENTS[name])
    code, line = resumed()
    assert code == Exit.OK, line
    assert 0 <= json.loads((evil / "model/unfog.json").read_text())["training"]["seconds"] < SECONDS


@pytest.mark.parametrize("file", ["run.json", "events.jsonl", "dataset.lock.json", "tokenizer.json"])
def test_a_huge_file_is_not_read(resumed, evil, file):
    os.truncate(evil / file, 2**40)
    code, line = resumed()
    assert code in (Exit.DATA, Exit.MODEL), line
    assert "cannot be genuine" in line


LINKS = ["events.jsonl", "run.json", "LOCK", "samples", "checkpoints", "model", "start", "samples/x.png", "new.txt"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
@pytest.mark.parametrize("name", LINKS)
def test_no_link_leads_out_of_a_run(resumed, evil, tmp_path, name):
    """Its record would be written, its samples put and its old checkpoints deleted where a link leads."""
    victim, path = tmp_path / "victim", evil / name
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        path.rename(victim)
        (victim / ".tmp-mine").write_text("precious")
    elif path.exists():
        path.rename(victim)
    else:
        victim.mkdir()
        (victim / ".tmp-mine").write_text("precious")
    path.symlink_to(victim)
    before = {p: p.read_bytes() for p in [victim, *victim.rglob("*")] if p.is_file()}
    code, line = resumed()
    assert (code, "is a link" in line) == (Exit.DATA, True), line
    assert {p: p.read_bytes() for p in [victim, *victim.rglob("*")] if p.is_file()} == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
def test_a_pipe_in_place_of_a_file_does_not_hang_it(resumed, evil):
    (evil / "events.jsonl").unlink()
    os.mkfifo(evil / "events.jsonl")
    code, line = resumed()
    assert (code, "no regular file" in line) == (Exit.DATA, True), line


@pytest.mark.parametrize("name", ["run.json", "state.json"])
def test_a_model_is_not_taken_from_a_crafted_run(unfog, own, evil, tmp_path, name):
    path = newest(evil) / name if name == "state.json" else evil / name
    path.write_bytes(BROKEN["deep"])
    resign(evil)
    code, line = unfog.error("model", "snapshot", evil, "-o", tmp_path / "taken")
    assert code in (Exit.DATA, Exit.MODEL), line
    assert not (tmp_path / "taken").exists()
