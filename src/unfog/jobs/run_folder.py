"""A training run on disk: its configuration, vocabulary, events, checkpoints and samples, and who may write to it.

A run folder may be a stranger's: every file of it is read with a bound on its size, no link in it is followed, and its
events are shown and counted only.

RUN/run.json            what was decided once: full configuration, data fingerprint, length, command, versions
RUN/tokenizer.json      the vocabulary
RUN/dataset.lock.json   which pictures with which captions; a resumed run refuses others
RUN/events.jsonl        one JSON object per line; cut back to the checkpoint on resume (the old tail is kept beside it)
RUN/checkpoints/        step-XXXXXXXX, atomic
RUN/samples/            pictures at fixed seeds
RUN/start/              a copy of the model it started from, if it did not start from nothing
RUN/codec/              a copy of the model whose latents it draws, if it was given one
RUN/model/              the finished model
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfog.util.errors import DataError, LockedError, UsageError
from unfog.util.files import TEMPORARY, disk_errors, read_text, sweep_temporary, write_atomic

RUN_BYTES = 16 * 2**20  # of run.json: a configuration, and eight captions of at most 2^20 bytes
EVENTS_BYTES = 2**30  # a line has a few hundred


@dataclass(frozen=True)
class RunFolder:
    """Paths and small files of a run; holds no state of its own."""

    root: Path

    @property
    def run_file(self) -> Path:
        return self.root / "run.json"

    @property
    def vocabulary(self) -> Path:
        return self.root / "tokenizer.json"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def samples(self) -> Path:
        return self.root / "samples"

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def start(self) -> Path:
        return self.root / "start"

    @property
    def codec(self) -> Path:
        return self.root / "codec"

    def lenders(self) -> list[Path]:
        """The models it began with."""
        return [folder for folder in (self.start, self.codec) if folder.is_dir()]

    @property
    def events(self) -> Path:
        return self.root / "events.jsonl"

    def started(self) -> bool:
        return self.run_file.is_file()

    def identity(self) -> str:
        """SHA-256 of ``run.json``; every checkpoint carries it, so settings cannot change in the middle of a run."""
        return hashlib.sha256(self.run_file.read_bytes()).hexdigest()

    def check_inside(self) -> None:
        """Raises DataError if anything in it is neither a file nor a folder: links lead out, and pipes never end."""
        for folder, inner, files in os.walk(self.root):
            for path in (Path(folder) / name for name in (*inner, *files)):
                if path.is_symlink():
                    raise DataError(f"{path} is a link, and a run holds none; put there what it leads to")
                if not (path.is_file() or path.is_dir()):
                    raise DataError(f"{path} is no regular file; remove it")

    def check_new(self) -> None:
        """Raises UsageError unless a new run may start here."""
        if self.started():
            raise UsageError(f"{self.root} already holds a run: add --resume to continue it, or choose another --out")
        if self.root.exists() and any(not of_a_start(p.name) for p in self.root.iterdir()):
            raise UsageError(f"{self.root} is not empty and not a run: choose another --out")

    def append(self, event: Mapping[str, Any]) -> None:
        """Add one line to the events."""
        with disk_errors(self.events), self.events.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, sort_keys=True, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())  # a checkpoint never knows of more than the events do

    def lines(self) -> list[str]:
        """The lines of the events, each with its end.

        Raises:
            DataError: they are far too many.
        """
        if not self.events.is_file():
            return []
        text = read_text(self.events, most=EVENTS_BYTES, error=DataError)
        return [f"{line}\n" for line in text.split("\n") if line]

    def rewind(self, seen_images: int) -> None:
        """Drop events after ``seen_images``; what is dropped is kept in ``events.N.jsonl``."""
        lines = self.lines()
        keep = [line for line in lines if seen_at(line) <= seen_images]
        if len(keep) == len(lines):
            return
        number = 1 + sum(1 for _ in self.root.glob("events.*.jsonl"))
        write_atomic(self.root / f"events.{number}.jsonl", "".join(lines[len(keep) :]).encode())
        write_atomic(self.events, "".join(keep).encode())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for this process, and remove what a killed one left half-written.

        Raises:
            LockedError: another process is training here. DataError: as ``check_inside``.
        """
        self.check_inside()
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "LOCK").open("a+") as file:
            if not try_lock(file.fileno()):
                raise LockedError(
                    f"{self.root} is in use by another unfog process: wait for it, or choose another --out"
                )
            for folder in (self.root, self.checkpoints, self.samples):
                sweep_temporary(folder, older_than_s=0)
            yield


def of_a_start(name: str) -> bool:
    """Whether a file is what a run writes before ``run.json``: a start that was killed may be started again."""
    return name in ("LOCK", "tokenizer.json", "dataset.lock.json", "start", "codec") or name.startswith(TEMPORARY)


def seen_at(line: str) -> float:
    """Position of an event line in the run; a torn last line counts as after everything."""
    return number(line, "seen_images", otherwise=math.inf)


def seconds_in(line: str) -> float:
    """Time that an event line accounts for."""
    return max(0.0, number(line, "time", "seconds", otherwise=0.0))


def number(line: str, *keys: str, otherwise: float) -> float:
    """A finite number in the JSON object of a line; ``otherwise`` if there is none."""
    try:
        here = json.loads(line)
        for key in keys:
            here = here[key]
        found = float(here)
    except (ValueError, KeyError, TypeError, RecursionError):
        return otherwise
    return found if math.isfinite(found) else otherwise


def try_lock(handle: int) -> bool:
    """Take an exclusive advisory lock that dies with the process."""
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
