"""Names of pictures: made from prompt and seed, and never over a different picture."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unfog.jobs.save import Place, check_writable, place, save, slug
from unfog.util.errors import DiskError, UsageError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("two green stars above a red circle", "two-green-stars-above-a-red-circle"),
        ("  A -- B's, c/d\\e:f*?.png ", "a-b-s-c-d-e-f-png"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "untitled"),
        ("...", "untitled"),
        ("🟢", "untitled"),
        ("größe ﬁ Å", "größe-fi-å"),
        ("日本 の", "日本-の"),
        ("\x1b]0;title\x07red", "0-title-red"),
        ("a" * 200, "a" * 80),
        ("é" * 60, "é" * 40),  # two bytes each
        ("日" * 40, "日" * 26),  # three: 27 would be cut in the middle
        ("a" * 79 + " b", "a" * 79),
    ],
)
def test_slugs(text, name):
    assert slug(text) == name
    assert len(slug(text).encode()) <= 80


def test_a_folder_and_a_file(tmp_path):
    assert place(tmp_path / "new", 3) == Place(tmp_path / "new")
    assert place(tmp_path / "a.PNG", 1) == Place(tmp_path, "a", ".PNG")
    assert place(str(tmp_path / "v1.2"), 1) == Place(tmp_path / "v1.2")
    (tmp_path / "odd.png").mkdir()
    assert place(tmp_path / "odd.png", 2) == Place(tmp_path / "odd.png")
    assert not (tmp_path / "new").exists()
    assert place("out", 1) == Place(Path("out"))


def test_what_cannot_be_a_place(tmp_path):
    with pytest.raises(UsageError, match=r"one file for 2 pictures; give a folder: -o .*/a$"):
        place(tmp_path / "a.png", 2)
    for suffix in (".jpg", ".WEBP", ".gif"):
        with pytest.raises(UsageError, match=r"are written as PNG, not \.\w+: use -o .*a\.png or a folder"):
            place(tmp_path / f"a{suffix}", 1)
    (tmp_path / "file").touch()
    for inside in ("file", "file/x", "file/x/y.png"):
        with pytest.raises(UsageError, match=r"file is a file, so nothing can be written into"):
            place(tmp_path / inside, 1)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="dangling is a file"):
        place(tmp_path / "dangling", 1)


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != tmp_path)
    with pytest.raises(DiskError, match="permission denied; choose a folder"):
        check_writable(tmp_path / "new")


def test_equal_pictures_share_a_name_and_others_get_their_own(tmp_path):
    where = Place(tmp_path / "deep/er")
    first = save(b"one", where, prompt="a b", seed=7)
    assert first == tmp_path / "deep/er/a-b-7.png"
    before = first.stat().st_ino, first.stat().st_mtime_ns
    assert save(b"one", where, prompt="a b", seed=7) == first
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == before
    assert save(b"two", where, prompt="a b", seed=7).name == "a-b-7-2.png"
    assert save(b"six", where, prompt="A, B!", seed=7).name == "a-b-7-3.png"
    assert save(b"two", where, prompt="a b", seed=7).name == "a-b-7-2.png"
    assert first.read_bytes() == b"one"
    named = Place(tmp_path, "x", ".PNG")
    assert [save(data, named, prompt="", seed=1).name for data in (b"1", b"2", b"1")] == ["x.PNG", "x-2.PNG", "x.PNG"]


def test_what_is_no_picture_is_not_replaced(tmp_path):
    (tmp_path / "a-1.png").mkdir()
    (tmp_path / "a-1-2.png").symlink_to(tmp_path / "nowhere")
    assert save(b"x", Place(tmp_path), prompt="a", seed=1).name == "a-1-3.png"
    assert not (tmp_path / "nowhere").exists()
