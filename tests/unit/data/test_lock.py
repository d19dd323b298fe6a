"""The lock says what a set was, and every later change by name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.folders import load_folder
from tests.support.pictures import pattern, write

from unfog.data.lock import change_since, lock_of


def folder(root: Path) -> Path:
    for k in range(6):
        write(root / f"{k}.png", pattern(13 + k, 11), f"picture {k}")
    return root


def lock(root: Path) -> dict[str, object]:
    """As it comes back from disk."""
    return json.loads(json.dumps(lock_of(load_folder(root, 8), tool="unfog 0", created="2001-02-03T04:05:06+00:00")))


def test_the_lock_holds_what_its_fingerprints_are_made_of(tmp_path: Path) -> None:
    root = folder(tmp_path / "set")
    write(root / "copy.png", pattern(13, 11), "picture 0")
    found = lock(root)
    files = found["files"]
    assert isinstance(files, dict)
    lines = sorted(f"{line} {path}\n" for path, line in files.items())
    assert found["fingerprint"] == "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()
    bare = sorted(f"{line}\n" for line in files.values())
    assert found["content_fingerprint"] == "sha256:" + hashlib.sha256("".join(bare).encode()).hexdigest()
    assert (found["format"], found["root"], found["count"]) == ("unfog.dataset/1", "set", 7)
    assert found["bytes"] == sum(p.stat().st_size for p in root.glob("*.png"))
    assert found["stats"] == {
        "shorter_side": {"smallest": 11, "median": 11, "largest": 11},
        "duplicates": 1,
        "left_out": [],
    }
    assert found["licences"] == {"unknown": 7}
    assert isinstance(found["splits"], dict)
    assert (found["splits"]["train"], found["splits"]["valid"]) == (7, 0)
    assert (found["created"], found["tool"]) == ("2001-02-03T04:05:06+00:00", "unfog 0")


def test_nothing_changed(tmp_path: Path) -> None:
    before = lock(folder(tmp_path))
    (tmp_path / "notes.md").write_text("x")
    assert change_since(before, load_folder(tmp_path, 32)) is None


@pytest.mark.parametrize("change", ["caption", "picture", "added", "removed", "renamed", "everything"])
def test_changes_are_named(tmp_path: Path, change: str) -> None:
    before = lock(folder(tmp_path))
    match change:
        case "caption":
            (tmp_path / "3.txt").write_text("another")
            wanted = "1 changed (3.png)"
        case "picture":
            write(tmp_path / "3.png", pattern(13, 12))
            wanted = "1 changed (3.png)"
        case "added":
            write(tmp_path / "new.png", pattern(9, 9), "new")
            wanted = "1 added (new.png)"
        case "removed":
            (tmp_path / "3.png").unlink()
            wanted = "1 removed (3.png)"
        case "renamed":
            (tmp_path / "3.png").rename(tmp_path / "new.png")
            (tmp_path / "3.txt").rename(tmp_path / "new.txt")
            wanted = "1 added (new.png), 1 removed (3.png)"
        case _:
            for path in tmp_path.glob("*.txt"):
                path.write_text("another")
            wanted = "6 changed (0.png, 1.png, 2.png, ...)"
    assert change_since(before, load_folder(tmp_path, 8)) == wanted


def test_another_split_of_the_same_files_is_a_change(tmp_path: Path) -> None:
    data = load_folder(folder(tmp_path), 8)
    before = lock_of(data, tool="", created="")
    entries = (replace(data.entries[0], split="valid"), *data.entries[1:])
    other = replace(data, entries=entries)
    assert other.fingerprint() == data.fingerprint()
    assert change_since(before, other) == "other pictures are kept for validation"
