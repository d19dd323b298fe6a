"""Where pictures go: names made from prompt and seed, and never over a different picture.

    a folder      FOLDER/<prompt>-<seed>.png
    a file        FILE.png, for one picture

If there is a file of that name with other bytes, -2, -3, ... is appended; with the same bytes it is left alone.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from unfog.util.errors import DiskError, UsageError
from unfog.util.files import write_atomic

SUFFIX = ".png"
OTHER_SUFFIXES = frozenset({".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff", ".jxl", ".svg"})
SLUG_BYTES = 80


@dataclass(frozen=True)
class Place:
    """A folder to write to, and the name of the file if a person chose it."""

    folder: Path
    stem: str | None = None
    suffix: str = SUFFIX

    def path_for(self, prompt: str, seed: int, copy: int) -> Path:
        """The name of a picture; ``copy`` counts from 1."""
        stem = self.stem or f"{slug(prompt)}-{seed}"
        return self.folder / f"{stem}{f'-{copy}' if copy > 1 else ''}{self.suffix}"


def place(out: str | Path, n: int) -> Place:
    """Read ``-o``: a name ending in .png is a file, any other a folder (made when the first picture is written).

    Raises:
        UsageError: a file for several pictures, a format that is not written, or a file where a folder should be.
        DiskError: the folder may not be written to.
    """
    path = Path(out)
    suffix = path.suffix.lower()
    if suffix in OTHER_SUFFIXES:
        raise UsageError(f"pictures are written as PNG, not {suffix}: use -o {path.with_suffix(SUFFIX)} or a folder")
    if suffix == SUFFIX and not path.is_dir():
        if n > 1:
            raise UsageError(f"-o {path} names one file for {n} pictures; give a folder: -o {path.with_suffix('')}")
        found = Place(path.parent, path.stem, path.suffix)
    else:
        found = Place(path)
    check_writable(found.folder)
    return found


def check_writable(folder: Path) -> None:
    """Whether files could be written into ``folder``, which may not exist yet; nothing is made.

    Raises:
        UsageError: it, or a folder above it, is a file.
        DiskError: permission is missing.
    """
    existing = next(p for p in (folder, *folder.absolute().parents) if os.path.lexists(p))
    if not existing.is_dir():
        raise UsageError(f"{existing} is a file, so nothing can be written into {folder}; choose another folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise DiskError(f"cannot write into {existing}: permission denied; choose a folder that you may write to")


def save(data: bytes, where: Place, *, prompt: str, seed: int) -> Path:
    """Write a picture file under the first name that is free or holds these very bytes, and return its path.

    Raises:
        DiskError: the disk is full, ...; nothing half-written is left.
    """
    copy = 1
    while os.path.lexists(path := where.path_for(prompt, seed, copy)):
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return path
        copy += 1
    write_atomic(path, data)
    return path


def save_as(data: bytes, path: Path) -> Path:
    """The same under a name that a person chose, whatever its ending."""
    return save(data, Place(path.parent, path.stem, path.suffix), prompt="", seed=0)


def slug(text: str) -> str:
    """The letters and digits of a text with hyphens between words, at most 80 bytes; "untitled" if there are none."""
    composed = unicodedata.normalize("NFKC", text).lower()
    words = "".join(c if c.isalnum() else " " for c in composed).split()
    cut = "-".join(words).encode()[:SLUG_BYTES].decode("utf-8", "ignore")
    return cut.rstrip("-") or "untitled"
