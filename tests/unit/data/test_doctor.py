"""The examination finds everything that is wrong in one go."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.folders import load_folder
from tests.support.outcome import outcome
from tests.support.pictures import encoded, pattern, write

from unfog.data.doctor import examine
from unfog.util.errors import DataError


def problems(root: Path) -> dict[tuple[str, str], str]:
    return {(p.path, p.kind): p.reason for p in outcome(examine(root)).problems}


def test_a_healthy_folder_is_what_training_reads(tmp_path: Path) -> None:
    for k in range(25):
        write(tmp_path / f"{k}.png", pattern(9 + k, 40), f"picture {k}")
    found, trained = outcome(examine(tmp_path)), load_folder(tmp_path, 32)
    assert found.problems == ()
    assert found.repeated == ()
    assert found.found == 25
    assert found.dataset is not None
    assert found.dataset.entries == trained.entries
    assert found.dataset.fingerprint() == trained.fingerprint()


def test_broken_pictures_without_caption_are_told_both(tmp_path: Path) -> None:
    write(tmp_path / "fine.png", pattern(9, 8), "fine")
    write(tmp_path / "cut.png", encoded(pattern(37, 23))[:120])
    write(tmp_path / "bad.jpg", b"no picture", "captioned")
    found = problems(tmp_path)
    assert set(found) == {("bad.jpg", "broken"), ("cut.png", "broken"), ("cut.png", "caption")}
    assert found["cut.png", "broken"].startswith("is damaged")
    dataset = outcome(examine(tmp_path)).dataset
    assert dataset is not None
    assert [e.path for e in dataset.entries] == ["fine.png"]


def test_twins_are_told_and_twins_across_the_split_are_a_problem(tmp_path: Path) -> None:
    for name in ("train/a.png", "train/b.png", "valid/c.png"):
        write(tmp_path / name, pattern(9, 8), name)
    write(tmp_path / "valid/d.png", pattern(9, 9), "another")
    found = outcome(examine(tmp_path))
    assert found.repeated == (("train/b.png", "train/a.png"), ("valid/c.png", "train/a.png"))
    assert [(p.path, p.kind) for p in found.problems] == [("valid/c.png", "split")]
    assert found.problems[0].reason.startswith("has the same bytes as train/a.png on the other side")


def test_a_folder_with_nothing_to_train_on_is_still_examined(tmp_path: Path) -> None:
    found = outcome(examine(tmp_path))
    assert (found.found, found.dataset) == (0, None)
    assert [p.path for p in found.problems] == ["."]
    assert found.problems[0].reason.startswith("holds no PNG, JPEG or WebP pictures; accepted layouts")
    write(tmp_path / "a.png", encoded(pattern(37, 23))[:120])
    write(tmp_path / "b.gif", b"GIF89a")
    found = outcome(examine(tmp_path))
    assert (found.found, found.dataset) == (1, None)
    assert [(p.path, p.kind) for p in found.problems] == [
        (".", "broken"),
        ("a.png", "broken"),
        ("a.png", "caption"),
        ("b.gif", "broken"),
    ]
    with pytest.raises(DataError, match="is not a folder"):
        outcome(examine(tmp_path / "gone"))


def test_only_validation_pictures_are_nothing_to_train_on(tmp_path: Path) -> None:
    write(tmp_path / "train/a.png", b"broken", "a")
    write(tmp_path / "valid/b.png", pattern(9, 8), "b")
    assert problems(tmp_path)[".", "broken"].startswith("has nothing to train on")
