"""``unfog train`` as a person uses it: a folder in, a model out; killed and resumed; and everything that can fail."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.disk import small_files
from tests.support.folders import captioned_folder, settings

from unfog.cli.main import run
from unfog.config.train import TrainRequest
from unfog.data import stream
from unfog.data.dataset import Batch, Dataset
from unfog.jobs.events import Note, Progress
from unfog.jobs.train import train_job
from unfog.jobs.watch import DrawingWatch
from unfog.util.errors import Exit, UsageError

LENGTH = 624
OFTEN = settings(
    "train.batch=12",
    "train.save_every_images=48",
    "train.validate_every_images=240",
    f"train.preview_every_images={LENGTH}",
    "train.optimiser.warmup_images=96",
)


def command(data: Path, out: Path, images: int = LENGTH) -> list[str]:
    return ["train", str(data), "--out", str(out), "--images", str(images), "--threads", "1", "--device", "cpu", *OFTEN]


def events(root: Path) -> list[dict[str, Any]]:
    """Every event without the fields that depend on the clock."""
    lines = (root / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "time"} for line in lines]


def weights(root: Path) -> dict[str, bytes]:
    """Every tensor file of the last checkpoint and of the finished model."""
    last = max((root / "checkpoints").glob("step-*"))
    files = (*last.glob("*.safetensors"), *root.glob("model/*.safetensors"))
    return {str(p.relative_to(root)): p.read_bytes() for p in files}


def kill_at(root: Path, step: int, delay: float, arguments: list[str]) -> bool:
    """Start a run as its own process and end it with SIGKILL shortly after a checkpoint; False: it had finished."""
    process = subprocess.Popen([sys.executable, "-m", "unfog", *arguments], stderr=subprocess.DEVNULL)
    while process.poll() is None and not any((root / "checkpoints").glob(f"step-{step:08d}")):
        time.sleep(0.002)
    time.sleep(delay)
    alive = process.poll() is None
    process.kill()
    process.wait()
    return alive


@pytest.mark.slow  # everyday: a resumed run is bit-identical (unit/train/test_loop.py)
def test_killed_and_resumed_it_is_the_same_run(tmp_path: Path) -> None:
    """Once; many times and at any moment in ``test_faults.py``."""
    data = captioned_folder(tmp_path / "data", 40)
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    assert run(command(data, whole, 240)) == Exit.OK
    moments = secrets.SystemRandom()
    arguments = [*command(data, torn, 240), "--resume"]
    step = moments.choice(range(4, 16, 4))
    assert kill_at(torn, step, moments.uniform(0, 0.1), arguments), f"finished before the kill at step {step}"
    assert run(arguments) == Exit.OK
    assert events(torn) == events(whole), step
    assert weights(torn) == weights(whole), step
    assert {e["kind"] for e in events(whole)} == {"metric", "validation"}
    assert events(whole)[-1]["seen_images"] == 240


def test_a_folder_becomes_a_model_that_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = captioned_folder(tmp_path / "data", 40)
    out = tmp_path / "run"
    assert run([*command(data, out), "--json"]) == Exit.OK
    payload = json.loads(capsys.readouterr().out)
    assert payload["images"] == LENGTH
    assert payload["images_per_second"] > 0
    assert 0 < payload["share_outside_compute"] < 1
    assert sorted(p.name for p in (out / "samples").glob("*")) == [f"{LENGTH:010d}.png"]
    manifest = json.loads((out / "model" / "unfog.json").read_text(encoding="utf-8"))
    assert manifest["training"]["images"] == LENGTH
    assert manifest["caption_dropout"] == 0.1
    assert manifest["redistributable"] is False  # nobody said under which licence the pictures are
    losses = [e["loss"] for e in events(out) if e["kind"] == "metric"]
    assert losses[-1] < losses[0]
    arguments = ["generate", "a red circle", "--model", str(out), "-n", "2", "--seed", "3", "-o", str(tmp_path / "o")]
    assert run([*arguments, "--steps", "3", "--native"]) == Exit.OK
    assert len(list((tmp_path / "o").glob("*.png"))) == 2


def test_resume_starts_a_run_and_a_finished_one_stays_as_it_is(tmp_path: Path) -> None:
    data = captioned_folder(tmp_path / "data", 40)
    arguments = command(data, tmp_path / "run", 24)
    (tmp_path / "run").mkdir()
    for name in ("LOCK", "tokenizer.json", "dataset.lock.json", ".tmp-run.json"):
        (tmp_path / "run" / name).write_bytes(b"{")  # as a start that was killed leaves it
    assert run([*arguments, "--resume"]) == Exit.OK
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    assert run([*arguments, "--resume"]) == Exit.OK
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--preset", "huge"], Exit.USAGE, "tiny, small, base"),
        (["--images", "0"], Exit.USAGE, "images"),
        (["--images", "12", "--minutes", "1"], Exit.USAGE, "not both"),
        (["--minutes", "-1"], Exit.USAGE, "minutes = -1.0 is not allowed"),
        (["--threads", "0"], Exit.USAGE, "at least 1, got 0"),
        (["--set", "train.btach=3"], Exit.USAGE, "btach"),
        (["--set", "train.batch=many"], Exit.USAGE, "train.batch"),
        (["--device", "abacus"], Exit.USAGE, "abacus"),
    ],
)
def test_wrong_options_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: Exit, says: str
) -> None:
    data = captioned_folder(tmp_path / "data", 3)
    out = tmp_path / "run"
    assert run(["train", str(data), "--out", str(out), *arguments]) == code
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_scenes_too_small_to_tell_shapes_apart_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert run(["train", "scenes", "--set", "model.picture.size=8", "--out", str(out)]) == Exit.USAGE
    error = capsys.readouterr().err
    assert "at least 16 pixels, got 8" in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_wrong_data_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    for data, says in (("no-such-folder", "no-such-folder"), (str(captioned_folder(tmp_path / "d", 3)), "0001.txt")):
        (tmp_path / "d" / "0001.txt").unlink(missing_ok=True)
        assert run(["train", data, "--out", str(out)]) == Exit.DATA
        error = capsys.readouterr().err
        assert says.removesuffix(".txt") in error
        assert error.count("\n") == 1
        assert not out.exists()


def test_a_changed_folder_is_refused_on_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = captioned_folder(tmp_path / "data", 20)
    arguments = command(data, tmp_path / "run", 24)
    assert run(arguments) == Exit.OK
    assert run(arguments) == Exit.USAGE
    assert "--resume" in capsys.readouterr().err
    (data / "0003.txt").write_text("something else\n")
    assert run([*arguments, "--resume"]) == Exit.DATA
    assert "changed" in capsys.readouterr().err


def test_a_loss_that_is_no_number_names_the_last_good_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = captioned_folder(tmp_path / "data", 20)
    out = tmp_path / "run"
    read = stream.read

    def poisoned(dataset: Dataset, *, seed: int, start: int, n: int) -> Batch:
        good = read(dataset, seed=seed, start=start, n=n)
        return Batch(good.x * float("nan"), good.captions) if start >= 108 else good

    monkeypatch.setattr(stream, "read", poisoned)
    assert run(command(data, out, 144)) == Exit.DIVERGED
    error = capsys.readouterr().err
    good = max((out / "checkpoints").glob("step-*"))
    assert good.name == "step-00000008"  # 96 images; the poison came after 108
    assert str(good) in error
    assert "nan" in error
    assert "train.optimiser.lr" in error
    assert error.count("\n") == 1
    assert not (out / "model").exists()
    monkeypatch.setattr(stream, "read", read)
    assert run([*command(data, out, 144), "--resume"]) == Exit.OK
    assert events(out)[-1]["seen_images"] == 144


@pytest.mark.slow
def test_a_full_disk_stops_the_run_and_keeps_what_was_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = captioned_folder(tmp_path / "data", 20)
    out = tmp_path / "run"
    with small_files(100_000):
        assert run(command(data, out, 96)) == Exit.DISK
    assert capsys.readouterr().err.splitlines()[-1].startswith("unfog: ")
    assert list((out / "checkpoints").glob("*")) == []
    assert run([*command(data, out, 96), "--resume"]) == Exit.OK


def test_six_pictures_are_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Too few to keep any apart for validation: the run has none, and still its previews and its model."""
    data = captioned_folder(tmp_path / "data", 6)
    assert run(command(data, tmp_path / "run", 24)) == Exit.OK
    assert {e["kind"] for e in events(tmp_path / "run")} == {"metric"}
    assert (tmp_path / "run" / "samples" / "0000000024.png").is_file()
    said = capsys.readouterr().out
    assert f"{tmp_path / 'run' / 'model'}: trained on 24 images" in said
    assert "outside forward, backward and optimiser" in said


def test_a_resumed_run_says_what_it_keeps_and_takes_no_other_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = captioned_folder(tmp_path / "data", 6), tmp_path / "run"
    assert run(command(data, out, 24)) == Exit.OK
    data = data.rename(tmp_path / "moved")  # the same pictures in another place are the same data
    capsys.readouterr()
    assert run([*command(data, out, 36), "--resume"]) == Exit.OK
    assert "the run keeps the settings it started with: train.images 24 instead of 36" in capsys.readouterr().err
    other = captioned_folder(tmp_path / "other", 7)
    assert run([*command(other, out, 24), "--resume"]) == Exit.DATA
    assert "other changed since the run" in capsys.readouterr().err


def test_settings_cannot_change_in_the_middle_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = captioned_folder(tmp_path / "data", 40), tmp_path / "run"
    arguments = [*command(data, out, 48), "--resume"]
    assert run(arguments) == Exit.OK
    settled = (out / "run.json").read_text(encoding="utf-8")
    (out / "run.json").write_text(settled.replace('"images": 48', '"images": 60'), encoding="utf-8")
    before = weights(out)
    capsys.readouterr()
    assert run(arguments) == Exit.DATA
    assert "run.json changed since step-00000004: put it back, or start a new run" in capsys.readouterr().err
    assert weights(out) == before
    (out / "run.json").write_text(settled, encoding="utf-8")
    assert run(arguments) == Exit.OK


def test_without_dropped_captions_the_recommendation_is_no_guidance(tmp_path: Path) -> None:
    data = captioned_folder(tmp_path / "data", 6)
    assert run([*command(data, tmp_path / "run", 24), "--set", "train.caption_dropout=0"]) == Exit.OK
    manifest = json.loads((tmp_path / "run" / "model" / "unfog.json").read_text(encoding="utf-8"))
    assert (manifest["caption_dropout"], manifest["sample"]["guidance"]) == (0, 1)


def test_a_damaged_checkpoint_is_put_aside_and_the_one_before_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, whole, out = captioned_folder(tmp_path / "data", 20), tmp_path / "whole", tmp_path / "run"
    assert run(command(data, whole, 96)) == Exit.OK
    assert run(command(data, out, 96)) == Exit.OK
    shutil.rmtree(out / "model")
    half = [out / "checkpoints" / ".tmp-half", out / "samples" / ".tmp-half", out / ".tmp-half"]
    for left in half:  # by a kill
        left.mkdir()
    newest = out / "checkpoints" / "step-00000008"
    (newest / "ema.safetensors").write_bytes(b"damaged")
    assert run([*command(data, out, 96), "--resume"]) == Exit.OK
    assert "damaged-step-00000008 is damaged and was put aside" in capsys.readouterr().err
    assert weights(out) == weights(whole)
    assert not any(left.exists() for left in half)
    for folder in (out / "checkpoints").glob("step-*"):
        (folder / "model.safetensors").write_bytes(b"damaged")
    assert run([*command(data, out, 96), "--resume"]) == Exit.DATA
    assert "every checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["validate", pytest.param("preview", marks=pytest.mark.slow)])
def test_averaged_weights_that_diverge_end_the_run_like_a_loss_that_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    data, out = captioned_folder(tmp_path / "data", 20), tmp_path / "run"
    look = getattr(DrawingWatch, what)

    def poisoned(watch: DrawingWatch) -> object:
        if watch.state.seen_images > 96:
            watch.model.text.null.weight.fill_(float("nan"))
            watch.model.text.token.weight.fill_(float("nan"))
        return look(watch)

    monkeypatch.setattr(DrawingWatch, what, poisoned)
    every = [f"train.{what}_every_images=48", "train.preview_every_images=960"]
    often = settings(*every) if what == "validate" else settings(every[0])
    assert run([*command(data, out, 192), *often]) == Exit.DIVERGED
    error = capsys.readouterr().err
    assert "averaged weights diverged before image 144" in error
    assert str(out / "checkpoints" / "step-00000008") in error


def test_a_folder_with_an_unusual_name_becomes_a_model(tmp_path: Path) -> None:
    data = captioned_folder(tmp_path / "data", 6)
    assert run(command(data, tmp_path / ".lr=1e-3 (2)", 24)) == Exit.OK
    manifest = json.loads((tmp_path / ".lr=1e-3 (2)/model/unfog.json").read_text(encoding="utf-8"))
    assert manifest["name"] == "lr-1e-3--2-"


@pytest.mark.slow
def test_long_captions_are_read_whole_or_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = captioned_folder(tmp_path / "data", 6)
    (data / "0003.txt").write_text("a red circle " + "and a blue square " * 20, encoding="utf-8")
    assert run(command(data, tmp_path / "run", 24)) == Exit.OK
    model = json.loads((tmp_path / "run/model/unfog.json").read_text(encoding="utf-8"))["model"]
    assert 64 <= model["text"]["max_tokens"] <= 128
    assert "captions" not in capsys.readouterr().err
    few = ["--set", "model.text.max_tokens=16"]
    assert run([*command(data, tmp_path / "few", 24), *few]) == Exit.OK
    assert "of the captions are longer than 16 tokens" in capsys.readouterr().err


def test_a_folder_called_as_a_built_in_set_is_noticed(tmp_path: Path) -> None:
    captioned_folder(tmp_path / "scenes", 6)
    with contextlib.chdir(tmp_path):
        said = train_job(tmp_path / "run", TrainRequest(data="scenes", images=24), device="cpu", threads=1)
        assert next(said) == Note("'scenes' is the built-in set; your folder of that name is ./scenes")


def test_a_run_that_began_while_the_folder_was_read_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = captioned_folder(tmp_path / "data", 6), tmp_path / "run"
    request = TrainRequest(data=str(data), images=24, assignments=tuple(text for text in OFTEN if text != "--set"))
    late = train_job(out, request, device="cpu", threads=1)
    assert isinstance(next(late), Progress)  # it is reading
    assert run(command(data, out, 24)) == Exit.OK
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    with pytest.raises(UsageError, match="already holds a run"):
        list(late)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    assert run([*command(data, out, 24), "--resume"]) == Exit.OK
