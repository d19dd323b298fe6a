"""Files and folders that appear complete or not at all, under full disks, kills and hostile manifests."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unfog.util import files
from unfog.util.errors import DataError, DiskError, ModelError, UsageError
from unfog.util.files import (
    canonical_json,
    commit_directory,
    disk_errors,
    newest_valid,
    sha256_file,
    sweep_temporary,
    verify_directory,
    write_atomic,
)


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def fill(**contents: bytes):
    def writer(folder: Path) -> None:
        for name, data in contents.items():
            (folder / name).write_bytes(data)

    return writer


def test_canonical_json_has_one_form():
    assert canonical_json({"b": [1, 0.1, None], "a": "é"}) == '{"a":"é","b":[1,0.1,null]}'
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"a": float("nan")})


def test_sha256_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_file(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_write_atomic_replaces_and_makes_parents(tmp_path):
    target = tmp_path / "deep" / "er" / "a.bin"
    write_atomic(target, b"old")
    write_atomic(target, b"new content")
    assert target.read_bytes() == b"new content"
    assert listing(tmp_path) == ["deep", "deep/er", "deep/er/a.bin"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_modes_follow_the_umask(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_atomic(tmp_path / "file", b"x")
        commit_directory(tmp_path / "folder", fill(a=b"x"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o777 & ~mask
    assert stat.S_IMODE((tmp_path / "folder/manifest.json").stat().st_mode) == mode


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_failing_disk_is_one_line_and_leaves_the_old_file(tmp_path, monkeypatch, number):
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def fail(_handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(DiskError, match=r"^cannot write .*a\.bin: .*; (free|raise|choose) .*$") as caught:
        write_atomic(target, b"new")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    assert target.read_bytes() == b"old"
    assert listing(tmp_path) == ["a.bin"]


def test_other_errors_pass_unchanged(tmp_path):
    with pytest.raises(OSError, match="strange") as caught, disk_errors(tmp_path):
        raise OSError(errno.EXDEV, "strange")
    assert not isinstance(caught.value, DiskError)
    with pytest.raises(KeyError), disk_errors(tmp_path):
        raise KeyError("a")


def test_an_error_number_inside_a_message_counts(tmp_path):
    with pytest.raises(DiskError, match="larger than this system allows"), disk_errors(tmp_path / "w.safetensors"):
        raise RuntimeError("Error while serializing: I/O error: File too large (os error 27)")


def test_a_real_file_size_limit(tmp_path):
    """The kernel itself refuses: RLIMIT_FSIZE of 64 KiB against files of 1 MiB, by Python and by safetensors."""
    code = f"""
import resource, numpy
from pathlib import Path
from safetensors.numpy import save_file
from unfog.util.errors import DiskError
from unfog.util.files import commit_directory, write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
root = Path({str(tmp_path)!r})
tries = [lambda: write_atomic(root / "a", bytes(1 << 20)),
         lambda: commit_directory(root / "b", lambda d: (d / "x").write_bytes(bytes(1 << 20))),
         lambda: commit_directory(root / "c", lambda d: save_file({{"w": numpy.zeros(1 << 18, "f4")}}, d / "x"))]
for attempt in tries:
    try:
        attempt()
    except DiskError as error:
        print(type(error).__name__)
print(sorted(p.name for p in root.iterdir()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["DiskError"] * 3 + ["[]"]


def test_devices_and_folders_are_not_written_over(tmp_path):
    for target in (Path(os.devnull), tmp_path):
        with pytest.raises(UsageError, match="not a regular file"):
            write_atomic(target, b"x")
    assert Path(os.devnull).is_char_device()


def test_commit_directory_writes_a_manifest(tmp_path):
    def writer(folder: Path) -> None:
        (folder / "sub").mkdir()
        (folder / "sub" / "b.bin").write_bytes(b"12345")
        (folder / "a.txt").write_bytes(b"abc")

    commit_directory(tmp_path / "run" / "step-7", writer, facts={"step": 7})
    assert verify_directory(tmp_path / "run" / "step-7") == {
        "step": 7,
        "files": {
            "a.txt": {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()},
            "sub/b.bin": {"bytes": 5, "sha256": hashlib.sha256(b"12345").hexdigest()},
        },
    }
    assert listing(tmp_path / "run") == [
        "step-7",
        "step-7/a.txt",
        "step-7/manifest.json",
        "step-7/sub",
        "step-7/sub/b.bin",
    ]


def test_commit_directory_under_another_manifest_name(tmp_path):
    commit_directory(tmp_path / "model", fill(w=b"w"), manifest="unfog.json", facts={"name": "m"})
    record = verify_directory(tmp_path / "model", manifest="unfog.json")
    assert json.loads((tmp_path / "model" / "unfog.json").read_text()) == record
    assert (record["name"], list(record["files"])) == ("m", ["w"])


def test_commit_directory_flushes_before_it_renames(tmp_path, monkeypatch):
    """R2: every file, then the manifest, then the folder, then the rename, then the parent."""
    events: list[str] = []
    sync, rename = os.fsync, Path.rename

    def name_of(handle: int) -> str:
        return Path(f"/proc/self/fd/{handle}").resolve().name

    def spy_sync(handle):
        events.append(name_of(handle))
        sync(handle)

    def spy_rename(self, target):
        events.append("rename")
        return rename(self, target)

    monkeypatch.setattr(files.os, "fsync", spy_sync)
    monkeypatch.setattr(Path, "rename", spy_rename)
    commit_directory(tmp_path / "target", fill(a=b"1", b=b"2"))
    assert events[:2] == ["a", "b"]
    assert events[2].startswith(files.TEMPORARY)  # the manifest, before it gets its name
    assert events[3].startswith(files.TEMPORARY)  # the folder
    assert events[4:] == ["rename", tmp_path.name]


def test_commit_directory_refuses_an_existing_target(tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        commit_directory(tmp_path / "model", fill(a=b"1"))
    assert listing(tmp_path) == ["model"]


def test_commit_directory_leaves_nothing_after_a_failure(tmp_path):
    def writer(folder: Path) -> None:
        (folder / "a").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commit_directory(tmp_path / "model", writer)
    assert listing(tmp_path) == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "a").write_bytes(b"12345678X"), "a has 9 bytes instead of 8"),
        (lambda f: (f / "a").write_bytes(b"1234567X"), "a is damaged"),
        (lambda f: (f / "a").unlink(), "a is missing"),
        (lambda f: (f / "manifest.json").unlink(), "holds no manifest.json"),
        (lambda f: (f / "manifest.json").write_bytes(b"{"), "not valid JSON"),
        (lambda f: (f / "manifest.json").write_bytes(b"\xff\xfe"), "not valid JSON"),
        (lambda f: (f / "manifest.json").write_bytes(b"[" * 100_000), "not valid JSON"),
        (lambda f: (f / "manifest.json").write_bytes(b"[]"), "holds no JSON object"),
        (lambda f: (f / "manifest.json").write_bytes(b"{}"), 'no table "files"'),
        (lambda f: (f / "manifest.json").write_bytes(b'{"files": {"a": {}}}'), "no size and sha256"),
        (lambda f: (f / "manifest.json").write_bytes(b'{"files": {"a": 5}}'), "no size and sha256"),
    ],
)
def test_damage_is_named(tmp_path, spoil, message):
    folder = tmp_path / "model"
    commit_directory(folder, fill(a=b"12345678", b=b"1"))
    spoil(folder)
    with pytest.raises(ModelError, match=message) as caught:
        verify_directory(folder)
    assert str(folder) in str(caught.value)
    with pytest.raises(DataError, match=message):
        verify_directory(folder, error=DataError)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "..\\x", "C:x", "", "a\0b"])
def test_a_manifest_cannot_point_outside_its_folder(tmp_path, name):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "x").write_bytes(b"1")
    entry = {"bytes": 1, "sha256": hashlib.sha256(b"1").hexdigest()}
    (folder / "manifest.json").write_text(json.dumps({"files": {name: entry}}))
    with pytest.raises(ModelError, match="outside its folder"):
        verify_directory(folder)


def test_a_giant_manifest_is_not_read(tmp_path):
    with (tmp_path / "manifest.json").open("wb") as file:
        file.truncate(files.MANIFEST_LIMIT + 1)
    with pytest.raises(ModelError, match="cannot be genuine"):
        verify_directory(tmp_path)


def test_newest_valid_passes_over_damage(tmp_path):
    for step in (2, 9, 10, 11):
        commit_directory(tmp_path / f"step-{step}", fill(a=b"%d" % step))
    assert newest_valid(tmp_path, "step-*") == tmp_path / "step-11"
    (tmp_path / "step-11" / "a").write_bytes(b"XX")
    assert newest_valid(tmp_path, "step-*") == tmp_path / "step-10"
    assert newest_valid(tmp_path, "step-*", hashes=False) == tmp_path / "step-11"
    (tmp_path / "step-10" / "manifest.json").unlink()
    assert newest_valid(tmp_path, "step-*") == tmp_path / "step-9"
    assert newest_valid(tmp_path, "other-*") is None


def test_sweep_removes_only_old_leftovers(tmp_path):
    old, new = tmp_path / f"{files.TEMPORARY}1", tmp_path / f"{files.TEMPORARY}2"
    old.mkdir()
    (old / "a").write_bytes(b"1")
    (tmp_path / f"{files.TEMPORARY}3").write_bytes(b"1")
    new.mkdir()
    (tmp_path / "keep").write_bytes(b"1")
    past = time.time() - 7200
    for path in (old, tmp_path / f"{files.TEMPORARY}3", tmp_path / "keep"):
        os.utime(path, (past, past))
    assert sweep_temporary(tmp_path) == 2
    assert listing(tmp_path) == [new.name, "keep"]


def test_kills_tear_nothing(tmp_path):
    """A process committing folders in a loop is killed at arbitrary moments; whatever has its final name is whole."""
    code = f"""
from pathlib import Path
from unfog.util.files import commit_directory
k = 0
while True:
    commit_directory(Path({str(tmp_path)!r}) / f"step-{{k}}-{{__import__('os').getpid()}}",
                     lambda d: [(d / n).write_bytes(bytes(200_000)) for n in "abc"])
    k += 1
"""
    for delay_s in (0.01, 0.03, 0.07, 0.11):
        child = subprocess.Popen([sys.executable, "-c", code])
        seen = len(list(tmp_path.glob("step-*")))
        while len(list(tmp_path.glob("step-*"))) == seen:
            time.sleep(0.005)
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)
        child.wait()
    committed = list(tmp_path.glob("step-*"))
    assert len(committed) >= 4
    for folder in committed:
        assert set(verify_directory(folder)["files"]) == {"a", "b", "c"}
