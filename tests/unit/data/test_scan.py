"""What a folder holds, in any of the layouts, and everything that is wrong with it; nothing outside is looked at."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.pictures import pattern, write

from unfog.data.captions import Problem
from unfog.data.scan import LAYOUTS, scan
from unfog.util.errors import DataError

PICTURE = pattern(13, 11)


def captions(root: Path) -> dict[str, tuple[str, ...]]:
    return {found.path: found.captions for found in scan(root).found}


def reasons(root: Path) -> dict[str, str]:
    return {problem.path: problem.reason for problem in scan(root).problems}


def write_table(path: Path, *rows: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_sidecars(tmp_path: Path) -> None:
    write(tmp_path / "b.PNG", PICTURE, "second")
    write(tmp_path / "a.jpg", PICTURE, "first\nprimus")
    write(tmp_path / "sub" / "c.d.webp", PICTURE)
    (tmp_path / "sub" / "c.d.caption").write_text("third")
    write(tmp_path / "e.jfif", PICTURE, "from a browser")
    (tmp_path / "e.caption").write_text("not this one")
    found = scan(tmp_path)
    assert {f.path: f.captions for f in found.found} == {
        "a.jpg": ("first", "primus"),
        "b.PNG": ("second",),
        "e.jfif": ("from a browser",),
        "sub/c.d.webp": ("third",),
    }
    assert found.problems == ()
    assert found.layout == "sidecar .caption: 1 pictures; sidecar .txt: 3 pictures"


def test_tables_of_every_folder_and_a_sidecar_wins(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b.png", "sub/c.png"):
        write(tmp_path / name, PICTURE)
    (tmp_path / "sub/c.txt").write_text("beside it")
    write_table(tmp_path / "metadata.jsonl", {"file_name": "a.png", "text": "A", "licence": "MIT"})
    (tmp_path / "sub/metadata.csv").write_text("file_name,text,split_group\nb.png,B,g\nc.png,C,g\n")
    found = {f.path: f for f in scan(tmp_path).found}
    assert [found[p].captions for p in ("a.png", "sub/b.png", "sub/c.png")] == [("A",), ("B",), ("beside it",)]
    assert [found[p].licence for p in found] == ["MIT", None, None]
    assert [found[p].split_group for p in found] == [None, "g", "g"]
    assert scan(tmp_path).layout == (
        "metadata table: 2 pictures; sidecar .txt: 1 pictures; "
        "metadata.jsonl (column text); sub/metadata.csv (column text)"
    )


def test_further_columns_stay_with_their_pictures(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b.png"):
        write(tmp_path / name, pattern(13, 11), "said")
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "sub/b.png", "name": "turtle", "mirror": true}\n')
    assert [dict(found.columns) for found in scan(tmp_path, columns=("name", "mirror")).found] == [
        {},
        {"name": "turtle", "mirror": True},
    ]
    assert [dict(found.columns) for found in scan(tmp_path).found] == [{}, {}]


def test_pictures_are_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    names = ["a-b.png", "a/b.png", "a.png", "B.png", "aa.png", "é.png", "z.png", "10.png", "9.png"]
    for name in reversed(names):
        write(tmp_path / name, PICTURE, "x")
    wanted = sorted(names, key=lambda name: name.encode())
    assert [f.path for f in scan(tmp_path).found] == wanted


def test_accents_match_however_they_are_stored(tmp_path: Path) -> None:
    write(tmp_path / "Cafe\u0301.png", PICTURE)
    write_table(tmp_path / "metadata.jsonl", {"file_name": "Caf\u00e9.png", "text": "coffee"})
    assert list(captions(tmp_path).values()) == [("coffee",)]
    write(tmp_path / "u\u0308.png", PICTURE)
    (tmp_path / "\u00fc.txt").write_text("dots")
    assert captions(tmp_path)["u\u0308.png"] == ("dots",)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path / "fine.png", PICTURE, "fine")
    write(tmp_path / "mute.png", PICTURE)
    write(tmp_path / "empty.png", PICTURE, " \n")
    write(tmp_path / "moving.gif", b"GIF89a")
    write(tmp_path / "bytes.png", PICTURE)
    (tmp_path / "bytes.txt").write_bytes(b"\xff")
    write(tmp_path / "metadata.parquet", b"PAR1")
    write_table(tmp_path / "metadata.jsonl", {"file_name": "gone.png", "text": "x"}, {"text": "y"})
    assert reasons(tmp_path) == {
        "mute.png": "has no caption",
        "empty.png": "has no caption",
        "moving.gif": "is not PNG, JPEG or WebP; convert it",
        "bytes.txt": "is not UTF-8 text (byte 0); save it as UTF-8",
        "bytes.png": "has no caption",
        "metadata.parquet": "is not read; export it as metadata.jsonl",
        "metadata.jsonl": "line 2 has no file_name; every row needs one",
        "gone.png": "is listed in a metadata table but is not there",
    }
    kinds = {problem.path for problem in scan(tmp_path).problems if problem.kind == "caption"}
    assert kinds == {"mute.png", "empty.png", "bytes.png"}
    assert len(scan(tmp_path).problems) == 8


def test_two_tables_must_not_describe_the_same_pictures(tmp_path: Path) -> None:
    for k in range(3):
        write(tmp_path / f"{k}.png", PICTURE)
    write_table(tmp_path / "metadata.jsonl", *({"file_name": f"{k}.png", "text": "j"} for k in range(3)))
    (tmp_path / "metadata.csv").write_text("file_name,text\n1.png,c\n2.png,c\n")
    assert reasons(tmp_path) == {
        "metadata.jsonl": "describes 2 pictures that another table describes too, first 1.png; keep one"
    }


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside / "secret.png", PICTURE, "secret")
    root = tmp_path / "data"
    write(root / "real.png", PICTURE, "real")
    (root / "link.png").symlink_to(outside / "secret.png")
    (root / "text.png").symlink_to(root / "real.png")
    (root / "text.txt").symlink_to(outside / "secret.txt")
    (root / "metadata.jsonl").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "nowhere.png").symlink_to(root / "missing.png")
    (root / "circle.png").symlink_to(root / "circle.png")
    (root / "notes.md").symlink_to(outside / "secret.txt")
    assert captions(root) == {"real.png": ("real",), "text.png": ()}
    assert reasons(root) == {
        "link.png": "is a link out of the folder; copy the file instead",
        "text.txt": "is a link out of the folder; copy the file instead",
        "metadata.jsonl": "is a link out of the folder; copy the file instead",
        "folder": "is a link to a folder; copy the folder",
        "nowhere.png": "is a link that leads nowhere; remove it",
        "circle.png": "is a link that leads nowhere; remove it",
        "text.png": "has no caption",
    }


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    write(tmp_path / "data" / "a.png", PICTURE, "a")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert captions(tmp_path / "link") == {"a.png": ("a",)}
    assert reasons(tmp_path / "link") == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_folders_named_like_pictures_are_not_opened(tmp_path: Path) -> None:
    write(tmp_path / "a.png", PICTURE, "a")
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "a.caption")
    (tmp_path / "folder.png").mkdir()
    assert captions(tmp_path) == {"a.png": ("a",)}
    assert reasons(tmp_path) == dict.fromkeys(("pipe.png", "a.caption"), "is not a regular file; remove it")


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind every user, so the refusal is simulated."""
    write(tmp_path / "a.png", PICTURE, "a")
    write(tmp_path / "locked" / "b.png", PICTURE, "b")
    listing = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert reasons(tmp_path) == {"locked": "cannot be listed (Permission denied); check its permissions"}
    assert list(captions(tmp_path)) == ["a.png"]


def test_hidden_files_are_skipped_and_others_counted(tmp_path: Path) -> None:
    write(tmp_path / "a.png", PICTURE, "a")
    for name in (".hidden.png", "._a.png", ".cache/b.png", "__MACOSX/c.png"):
        write(tmp_path / name, PICTURE)
    for name in ("notes.md", "more.md", "table.xlsx", "README"):
        write(tmp_path / name, b"?")
    found = scan(tmp_path)
    assert [f.path for f in found.found] == ["a.png"]
    assert found.problems == ()
    assert found.ignored == {".md": 2, ".xlsx": 1, "README": 1}


def test_folders_named_train_and_validation_decide_the_split(tmp_path: Path) -> None:
    for name in ("train/a.png", "train/deep/b.png", "validation/c.png", "test/d.png"):
        write(tmp_path / name, PICTURE, "x")
    assert [(f.path, f.split) for f in scan(tmp_path).found] == [
        ("test/d.png", "valid"),
        ("train/a.png", "train"),
        ("train/deep/b.png", "train"),
        ("validation/c.png", "valid"),
    ]
    assert scan(tmp_path).layout.endswith("split by the folders train/ and validation/")
    write(tmp_path / "stray.png", PICTURE, "x")
    assert {f.split for f in scan(tmp_path).found} == {None}


def test_folder_names_are_captions_only_when_asked(tmp_path: Path) -> None:
    for name in ("train/red_fox/1.png", "valid/red-panda/1.png", "train/red_fox/2.png", "train/loose.png"):
        write(tmp_path / name, PICTURE)
    (tmp_path / "train/red_fox/2.txt").write_text("its own")
    assert captions(tmp_path) == {
        "train/loose.png": (),
        "train/red_fox/1.png": (),
        "train/red_fox/2.png": ("its own",),
        "valid/red-panda/1.png": (),
    }
    found = scan(tmp_path, folder_names=True)
    assert {f.path: f.captions for f in found.found} == {
        "train/loose.png": (),
        "train/red_fox/1.png": ("red fox",),
        "train/red_fox/2.png": ("its own",),
        "valid/red-panda/1.png": ("red panda",),
    }
    assert found.problems == (Problem("train/loose.png", "has no caption", "caption"),)
    assert found.layout.startswith("folder name: 2 pictures; no caption: 1 pictures; sidecar .txt: 1 pictures")


def test_a_licence_file_holds_for_all_pictures_that_name_none(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write(tmp_path / name, PICTURE)
    write_table(
        tmp_path / "metadata.jsonl",
        {"file_name": "a.png", "text": "a"},
        {"file_name": "b.png", "text": "b", "licence": "MIT"},
    )
    write(tmp_path / "LICENSE.txt", b"All pictures: Creative Commons Attribution 4.0" + b" " * 10**6)
    assert [f.licence for f in scan(tmp_path).found] == ["CC-BY-4.0", "MIT"]
    write(tmp_path / "LICENSE.txt", b"ask me")
    assert [f.licence for f in scan(tmp_path).found] == [None, "MIT"]


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        scan(tmp_path / "gone")
    assert scan(tmp_path).layout == "no pictures"
    assert "metadata.jsonl" in LAYOUTS
