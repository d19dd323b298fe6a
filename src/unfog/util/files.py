"""Files and folders that appear complete or not at all.

A file is written beside its target under a temporary name, flushed to the disk, and renamed over the target; a folder
is filled under a temporary name, every file in it flushed, its manifest (size and sha256 of every file) written last,
and then renamed. A rename within one folder is atomic, so a reader meets the old state or the new one and never a
part, whatever moment the process is killed at. ``verify_directory`` reads a manifest back and trusts nothing in it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, cast

from unfog.util.errors import DiskError, ModelError, UnfogError, UsageError

MANIFEST = "manifest.json"
TEMPORARY = ".tmp-"
MANIFEST_LIMIT = 16 * 2**20  # bytes; a manifest is read before anything in it can be trusted

FIXES = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another folder"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another folder"),
    errno.EFBIG: ("the file is larger than this system allows", "raise the file size limit (ulimit -f)"),
    errno.EROFS: ("the file system is read-only", "choose another folder"),
    errno.EACCES: ("permission denied", "choose a folder that you may write to"),
    errno.EPERM: ("permission denied", "choose a folder that you may write to"),
    errno.ENOTDIR: ("a parent of it is a file", "choose another folder"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.EIO: ("the disk reports an input/output error", "check the disk"),
}


def canonical_json(obj: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8 as is.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def read_text(path: Path, *, most: int, error: type[UnfogError]) -> str:
    """A text file that may be a stranger's; bytes that are no UTF-8 are replaced.

    Raises:
        UnfogError: of class ``error``: it is not there, or has more than ``most`` bytes.
    """
    if not path.is_file():
        raise error(f"{path} is missing; restore it from its source")
    if (size := path.stat().st_size) > most:
        raise error(f"{path} has {size} bytes; more than {most} cannot be genuine")
    return path.read_text(encoding="utf-8-sig", errors="replace")


def read_object(path: Path, *, most: int, error: type[UnfogError]) -> dict[str, Any]:
    """A JSON object from a file that may be a stranger's; what is in it has yet to be checked.

    Raises:
        UnfogError: of class ``error``: as ``read_text``, or it is no JSON object.
    """
    text = read_text(path, most=most, error=error)
    try:
        record: object = json.loads(text)
    except (ValueError, RecursionError):
        raise error(f"{path} is not valid JSON; restore it from its source") from None
    if not isinstance(record, dict):
        raise error(f"{path} holds no JSON object; restore it from its source")
    return cast(dict[str, Any], record)


def sha256_file(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a failure of the disk while ``path`` is written into a ``DiskError``; other errors pass unchanged.

    Libraries that write from Rust (safetensors, tokenizers) carry the error number in their message only.
    """
    try:
        yield
    except Exception as error:
        found = re.search(r"\(os error (\d+)\)", str(error))
        number = error.errno if isinstance(error, OSError) else int(found[1]) if found else None
        if number not in FIXES:
            raise
        what, fix = FIXES[number]
        raise DiskError(f"cannot write {path}: {what}; {fix}") from error


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file completely or not at all; missing parent folders are made. The mode follows the umask.

    Raises:
        DiskError: the disk is full, over quota, read-only, ...; an earlier file at ``path`` is untouched.
        UsageError: ``path`` is a folder or a device.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"cannot write {path}: it is not a regular file; choose another name")
    temporary = _temporary_beside(path)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def open_private(path: Path) -> int:
    """The descriptor of a file to be read and appended to, by this user only; made if it is not there.

    Raises:
        OSError: it cannot be opened.
    """
    found = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    path.chmod(0o600)  # one that is there already, or was made under another umask
    return found


def commit_directory(
    target: Path,
    writer: Callable[[Path], None],
    *,
    manifest: str = MANIFEST,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Make a folder completely or not at all.

    Args:
        target: folder to make; must not exist. Missing parents are made.
        writer: fills the empty folder it is given (any depth).
        manifest: name of the manifest inside the folder, written last.
        facts: further entries of the manifest besides ``files``.

    Raises:
        DiskError: as in ``write_atomic``; nothing is left.
        UsageError: ``target`` exists.
    """
    with staged_directory(target, manifest=manifest, facts=facts) as folder:
        writer(folder)


@contextmanager
def staged_directory(
    target: Path,
    *,
    manifest: str = MANIFEST,
    facts: Mapping[str, Any] | None = None,
) -> Iterator[Path]:
    """An empty folder to fill, which becomes ``target`` when the block ends well and vanishes when it does not.

    Arguments and errors as in ``commit_directory``. The manifest is
    ``{**facts, "files": {"relative/path": {"bytes": int, "sha256": hex}}}``.
    """
    if target.exists() or target.is_symlink():
        raise UsageError(f"{target} exists already; choose another folder or remove it")
    temporary = _temporary_beside(target)
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        try:
            yield temporary
            record = {**(facts or {}), "files": _flush_files(temporary, skip=manifest)}
            text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
            write_atomic(temporary / manifest, text.encode() + b"\n")
            temporary.rename(target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _sync_folder(target.parent)


def verify_directory(
    path: Path, *, hashes: bool = True, manifest: str = MANIFEST, error: type[UnfogError] = ModelError
) -> dict[str, Any]:
    """Check a committed folder against its manifest and return the manifest.

    Args:
        path: the folder.
        hashes: compare the sha256 of every file, too, not only its size.
        manifest: name of the manifest inside the folder.
        error: class raised, by what the folder is (``ModelError``, ``DataError``, ...).

    Raises:
        UnfogError: of class ``error``, naming the first file that is missing, of another size or of another hash.
    """
    record = _read_manifest(path / manifest, error)
    for name, entry in record["files"].items():
        file = path / name
        if not file.is_file():
            raise error(f"{file} is missing; restore the folder {path} from its source")
        size = file.stat().st_size
        if size != entry["bytes"]:
            raise error(f"{file} has {size} bytes instead of {entry['bytes']}; restore it from its source")
        if hashes and sha256_file(file) != entry["sha256"]:
            raise error(f"{file} is damaged (its sha256 differs from {manifest}); restore it from its source")
    return record


def newest_valid(root: Path, pattern: str, *, hashes: bool = True, manifest: str = MANIFEST) -> Path | None:
    """The last intact committed folder under ``root`` matching ``pattern``, by name with numbers in order of size.

    None if there is none. A folder that is damaged is passed over: the one before it is still good.
    """
    for path in sorted(root.glob(pattern), key=_natural_order, reverse=True):
        try:
            verify_directory(path, hashes=hashes, manifest=manifest)
        except ModelError:
            continue
        return path
    return None


def sweep_temporary(root: Path, *, older_than_s: float = 3600.0) -> int:
    """Remove what killed processes left in ``root`` under temporary names; returns how many."""
    now = time.time()
    stale = [p for p in root.glob(f"{TEMPORARY}*") if now - p.stat().st_mtime > older_than_s]
    for path in stale:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(stale)


def _temporary_beside(path: Path) -> Path:
    return path.parent / f"{TEMPORARY}{os.urandom(8).hex()}"


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries; Windows cannot open a folder and needs no flush."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_files(folder: Path, *, skip: str) -> dict[str, dict[str, Any]]:
    """Flush every file and folder below ``folder``; size and sha256 of the files by relative path."""
    files: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            _sync_folder(path)
        elif name != skip:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
            files[name] = {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
    return files


def _read_manifest(path: Path, error: type[UnfogError]) -> dict[str, Any]:
    """Parse a manifest as untrusted input: bounded size, the expected types, no path that leaves the folder."""
    if not path.is_file():
        raise error(f"{path.parent} holds no {path.name}; it is incomplete or not a folder of this kind")
    record = read_object(path, most=MANIFEST_LIMIT, error=error)
    if not isinstance(files := record.get("files"), dict):
        raise error(f'{path} has no table "files"; restore it from its source')
    for name, entry in cast(dict[str, Any], files).items():
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or "\0" in name or not name:
            raise error(f"{path} names the file {name!r} outside its folder; do not use this folder")
        kinds = (type(entry.get("bytes")), type(entry.get("sha256"))) if isinstance(entry, dict) else ()
        if kinds != (int, str):
            raise error(f"{path} gives no size and sha256 for {name!r}; restore it from its source")
    return record


def _natural_order(path: Path) -> list[tuple[int, str]]:
    """Sort key with runs of digits compared as numbers, so that step-10 follows step-9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]
