"""``unfog data`` as a person uses it: make pictures, look through them, and be told everything that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.disk import small_files
from tests.support.folders import load_folder, settings
from tests.support.pictures import encoded, pattern, raw_png, write
from tests.support.plans import planned

from unfog.cli.main import run
from unfog.config.train import DataConfig, RunConfig
from unfog.data.scenes import Scenes
from unfog.jobs.run import start_run
from unfog.jobs.run_folder import RunFolder
from unfog.jobs.train import train_job
from unfog.jobs.vocabulary import learn_vocabulary
from unfog.media.image import to_uint8
from unfog.util.errors import DataError, Exit
from unfog.util.files import verify_directory


# A process with files of at most so many bytes, which is what a full disk looks like to it (EFBIG for ENOSPC).
@pytest.fixture
def unfog(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command; exit code, stdout, stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def parsed(out: str) -> dict[str, Any]:
    """``--json`` prints one object on one line, and nothing else."""
    assert out.count("\n") == 1
    return json.loads(out)


def test_scenes_come_back_as_they_were_drawn(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    out = tmp_path / "scenes"
    code, said, err = unfog("data", "scenes", "--out", out, "-n", 23, "--size", 17, "--seed", 5)
    assert (code, err) == (Exit.OK, "")
    assert said == f"23 pictures of 17 pixels in {out} (licence: CC0-1.0)\n"
    wanted = Scenes(17).batch(range(23), seed=5, split="train")
    data = load_folder(out, 17)
    assert [e.captions[0] for e in data.entries] == wanted.captions
    assert torch.equal(data.cache, to_uint8(wanted.x))
    assert data.redistributable()
    record = verify_directory(out, error=DataError)
    assert (record["made_by"], record["seed"], len(record["files"])) == ("unfog data scenes", 5, 24)


def test_a_made_folder_passes_its_check(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    out = tmp_path / "scenes"
    code, said, err = unfog("data", "scenes", "--out", out, "-n", 22, "--size", 16, "--json")
    assert (code, err) == (Exit.OK, "")
    made = parsed(said)
    assert made | {"seconds": 0} == {
        "folder": str(out),
        "count": 22,
        "size": 16,
        "licences": {"CC0-1.0": 22},
        "seconds": 0,
    }
    code, said, err = unfog("data", "check", out, "--json")
    assert (code, err) == (Exit.OK, "")
    report = parsed(said)
    captions = [json.loads(line)["text"] for line in (out / "metadata.jsonl").read_text().splitlines()]
    assert report["problems"] == []
    assert report["pictures"] == report["usable"] == report["captions"] == 22
    assert (report["train"], report["valid"]) == (20, 2)
    assert report["different_captions"] == len(set(captions))
    assert report["words_per_caption"]["largest"] == max(len(text.split()) for text in captions)
    assert report["shorter_side"] == {"smallest": 16, "median": 16, "largest": 16}
    assert report["fingerprint"] == load_folder(out, 16).fingerprint()
    assert report["ignored_files"] == {}
    code, said, _ = unfog("data", "check", out)
    assert code == Exit.OK
    assert "licences: CC0-1.0 22\n" in said
    assert said.endswith("problems: 0\n")


def test_the_same_seed_is_the_same_folder(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert unfog("data", "scenes", "--out", tmp_path / name, "-n", 5, "--seed", seed)[0] == Exit.OK
    a, b, c = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in "abc")
    assert a == b
    assert all(a[name] != c[name] for name in ("00000.png", "metadata.jsonl", "manifest.json"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-n", 0), "n must be within 1..10000000, got 0"),
        (("-n", 2, "--size", 15), "size must be within 16..1024, got 15"),
        (("-n", 2, "--seed", -1), "seed must be within 0..18446744073709551615, got -1"),
        (("-n", 2, "--seed", 2**64), "got 18446744073709551616"),
        ((), "-n"),
        (("-n", "two"), "'-n'"),
    ],
)
def test_numbers_out_of_bounds_are_refused_in_one_line(
    tmp_path: Path, unfog: Callable[..., tuple[int, str, str]], arguments: tuple[object, ...], says: str
) -> None:
    code, out, err = unfog("data", "scenes", "--out", tmp_path / "x", *arguments)
    assert (code, out) == (Exit.USAGE, "")
    assert says in err
    assert err.startswith("unfog: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    write(tmp_path / "mine" / "a.txt", b"dear to me")
    write(tmp_path / "file", b"dear to me, too")
    for out, says in (
        (tmp_path / "mine", "exists already; choose another folder or remove it"),
        (tmp_path / "file", "exists already"),
        (tmp_path / "file" / "below", "is a file, so nothing can be written into"),
    ):
        for command in (("scenes",), ("emoji",)):
            code, _, err = unfog("data", *command, "--out", out, "-n", 2)
            assert code == Exit.USAGE
            assert says in err
            assert err.count("\n") == 1
    assert [p.name for p in sorted(tmp_path.rglob("*"))] == ["file", "mine", "a.txt"]
    assert (tmp_path / "mine" / "a.txt").read_bytes() == b"dear to me"


def test_a_full_disk_leaves_nothing_half_written(unfog: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    with small_files(2000):
        code, out, err = unfog("data", "scenes", "--out", room / "set", "-n", "200", "--size", "16")
    assert (code, out) == (Exit.DISK, "")
    assert err.startswith(f"unfog: cannot write {room / 'set'}: the file is larger than this system allows")
    assert err.count("\n") == 1
    assert list(room.iterdir()) == []


def troubled(root: Path) -> Path:
    """Twelve pictures of which four are fine, and most things that go wrong."""
    for k in range(4):
        write(root / f"fine{k}.png", pattern(30 + k, 29), f"fine number {k}")
    write(root / "twin.png", pattern(30, 29), "the same as fine0")
    write(root / "mute.png", pattern(20, 19))
    write(root / "cut.png", encoded(pattern(37, 23))[:120], "cut")
    write(root / "tiny.png", pattern(1, 1), "tiny")
    write(root / "huge.png", raw_png(20000, 20000, b"", depth=8, colour=2), "huge")
    write(root / "latin.png", pattern(22, 21))
    (root / "latin.txt").write_bytes("caf\xe9".encode("latin-1"))
    write(root / "moving.gif", b"GIF89a", "moving")
    (root / "out.png").symlink_to(write(root.parent / "elsewhere.png", pattern(20, 20)))
    (root / "metadata.jsonl").write_text('{"file_name": "../../etc/passwd", "text": "x"}\n{"file_name": "gone.png"}\n')
    return root


def test_all_problems_are_told_at_once(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    root = troubled(tmp_path / "set")
    code, said, err = unfog("data", "check", root, "--json")
    assert (code, err) == (Exit.DATA, "")
    report = parsed(said)
    told = {(p["path"], p["kind"]): p["reason"] for p in report["problems"]}
    assert {key: reason.split("(")[0].split(";")[0].strip() for key, reason in told.items()} == {
        ("cut.png", "broken"): "is damaged",
        ("gone.png", "broken"): "is listed in a metadata table but is not there",
        ("huge.png", "broken"): "is 20000x20000 = 400000000 pixels",
        ("latin.png", "caption"): "has no caption",
        ("latin.txt", "broken"): "is not UTF-8 text",
        ("metadata.jsonl", "broken"): "line 1 names '../../etc/passwd'",
        ("moving.gif", "broken"): "is not PNG, JPEG or WebP",
        ("mute.png", "caption"): "has no caption",
        ("out.png", "broken"): "is a link out of the folder",
        ("tiny.png", "broken"): "is 1x1 pixels",
    }
    assert (report["pictures"], report["usable"], report["captions"]) == (10, 5, 5)
    assert report["duplicates"] == [{"path": "twin.png", "first": "fine0.png"}]
    assert report["shorter_side"] == {"smallest": 29, "median": 29, "largest": 29}
    assert report["redistributable"] is False
    code, said, err = unfog("data", "check", root)
    assert (code, err) == (Exit.DATA, "")
    lines = said.splitlines()
    assert "problems: 10" in lines
    assert "  mute.png: has no caption" in lines
    assert "  twin.png = fine0.png" in lines


def test_long_lists_are_cut_for_people_only(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    for k in range(30):
        write(tmp_path / f"{k:02d}.png", np.full((9, 8, 3), k, dtype=np.uint8))
    code, said, _ = unfog("data", "check", tmp_path)
    assert code == Exit.DATA
    lines = said.splitlines()
    assert "problems: 31" in lines
    assert lines[-1] == "  and 11 more; --json lists all"
    assert len(parsed(unfog("data", "check", tmp_path, "--json")[1])["problems"]) == 31


def test_a_line_break_in_a_file_name_stays_on_its_line(
    tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]
) -> None:
    write(tmp_path / "a\nb\x1b[31m.png", pattern(9, 8))
    write(tmp_path / "c.png", pattern(9, 8), "c")
    _, said, _ = unfog("data", "check", tmp_path)
    assert "  a\\nb\\x1b[31m.png: has no caption" in said.splitlines()


def test_what_is_no_folder_and_what_is_empty(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = unfog("data", "check", tmp_path / "gone")
    assert (code, out) == (Exit.DATA, "")
    assert err == f"unfog: {tmp_path / 'gone'} is not a folder; give the folder that holds your pictures\n"
    code, out, err = unfog("data", "check", tmp_path, "--json")
    assert (code, err) == (Exit.DATA, "")
    report = parsed(out)
    assert (report["pictures"], report["usable"]) == (0, 0)
    assert [p["path"] for p in report["problems"]] == ["."]


def test_folder_names_may_be_the_captions(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    for name in ("red_fox/1.png", "barn-owl/2.png"):
        write(tmp_path / "set" / name, pattern(9, 8 + len(name)))
    assert unfog("data", "check", tmp_path / "set")[0] == Exit.DATA
    code, said, _ = unfog("data", "check", tmp_path / "set", "--folder-names", "--json")
    assert code == Exit.OK
    assert parsed(said)["different_captions"] == 2
    source = str(tmp_path / "set")
    assert planned(source, preset="tiny", assignments=["data.missing_captions=folder"]).config.data == DataConfig(
        source=source, missing_captions="folder"
    )
    with pytest.raises(DataError, match=r"take the names of the subfolders .* data\.missing_captions=folder$"):
        planned(source, preset="tiny")


def test_emoji_become_a_folder_that_training_reads(tmp_path: Path, unfog: Callable[..., tuple[int, str, str]]) -> None:
    for module in ("emoji", "uharfbuzz", "fontTools"):
        pytest.importorskip(module)
    from tests.support.fonts import colour_font

    font = colour_font(tmp_path / "any.ttf", "CBDT", licence="Ask us.")
    code, said, err = unfog("data", "emoji", "--out", tmp_path / "set", "--font", font, "--size", 20)
    assert (code, err) == (Exit.OK, "")
    assert said == f"7 pictures of 20 pixels in {tmp_path / 'set'} (licence: unknown)\n"
    data = load_folder(tmp_path / "set", 20)
    assert data.entries[0].captions == ("red heart",)
    assert data.licences() == {"unknown": 7}
    assert not data.redistributable()
    assert dict(data.entries[0].info) == {"attribution": "Tiny Emoji, Copyright 2001 Nobody"}
    assert data.cache[0, :, 10, 0].tolist() == [0, 255, 0]
    rows = [json.loads(line) for line in (tmp_path / "set/metadata.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[1]["split_group"] == "1F1EB-1F1F7"
    assert rows[1]["font_version"] == "Version 1.5"
    assert unfog("data", "emoji", "--out", tmp_path / "few", "--font", font, "-n", 3)[0] == Exit.OK
    assert len(load_folder(tmp_path / "few", 16).entries) == 3
    code, _, err = unfog("data", "emoji", "--out", tmp_path / "x", "--font", tmp_path / "gone.ttf")
    assert code == Exit.DATA
    assert "gone.ttf cannot be read" in err
    assert not (tmp_path / "x").exists()


def test_the_side_to_train_at_follows_the_pictures(tmp_path: Path) -> None:
    sides = {"small": (30, 40, 50), "large": (300, 400, 500), "tiny": (9, 9, 9)}
    for name, values in sides.items():
        for side in values:
            write(tmp_path / name / f"{side}-{len(list(tmp_path.rglob('*.png')))}.png", pattern(side, side + 7), "x")
    assert [planned(str(tmp_path / name), preset="tiny").config.model.picture.size for name in sides] == [32, 64, 16]
    profile = encoded(pattern(100, 90), "JPEG", icc_profile=bytes(200_000))
    write(tmp_path / "photographs" / "a.jpg", profile, "size after 200 kB of colour profile")
    assert planned(str(tmp_path / "photographs"), preset="tiny").config.model.picture.size == 64
    with pytest.raises(DataError, match="'scene' is neither a folder nor 'scenes' or 'emoji', which are built in"):
        planned("scene")


def started(root: Path, data: Path) -> tuple[RunFolder, RunConfig]:
    """A run that has just begun."""
    assignments = [text for text in settings() if text != "--set"]
    plan = planned(str(data), preset="tiny", size=16, images=24, assignments=assignments)
    folder = RunFolder(root)
    root.mkdir()
    start_run(folder, learn_vocabulary(plan), plan.dataset, torch.device("cpu"), 1)
    return folder, plan.config


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda root: (root / "003.txt").write_text("another"), "1 changed (003.png)"),
        (lambda root: write(root / "003.png", pattern(21, 20)), "1 changed (003.png)"),
        (lambda root: write(root / "new.png", pattern(21, 20), "new"), "1 added (new.png)"),
        (lambda root: (root / "003.png").unlink(), "1 removed (003.png)"),
        (lambda root: Image.open(root / "003.png").transpose(Image.Transpose.ROTATE_90).save(root / "003.png"), "003"),
    ],
    ids=["caption", "picture", "added", "removed", "rotated"],
)
def test_a_run_is_not_resumed_on_other_data(tmp_path: Path, change: Callable[[Path], object], says: str) -> None:
    data = tmp_path / "set"
    for k in range(6):
        write(data / f"{k:03d}.png", pattern(20 + k, 20), f"number {k}")
    started(tmp_path / "run", data)
    change(data)
    with pytest.raises(DataError) as caught:
        list(train_job(tmp_path / "run", None, resume=True, device="cpu", threads=1))
    said = str(caught.value)
    assert said.startswith(f"{data} changed since the run in {tmp_path / 'run'} started: ")
    assert says in said
    assert said.endswith("; start a new run for it")
    assert {p.name for p in (tmp_path / "run").iterdir()} == {"LOCK", "run.json", "tokenizer.json", "dataset.lock.json"}


def test_a_run_from_before_there_were_locks_is_still_guarded(tmp_path: Path) -> None:
    data = tmp_path / "set"
    for k in range(6):
        write(data / f"{k:03d}.png", pattern(20 + k, 20), f"number {k}")
    started(tmp_path / "run", data)
    (tmp_path / "run/dataset.lock.json").unlink()
    (data / "003.txt").write_text("another")
    with pytest.raises(DataError, match="other pictures or captions"):
        list(train_job(tmp_path / "run", None, resume=True, device="cpu", threads=1))
