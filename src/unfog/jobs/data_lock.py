"""The dataset lock of a training run: written when the run starts, compared when it is resumed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import unfog
from unfog.data.captioned import Captioned
from unfog.data.dataset import Dataset
from unfog.data.lock import change_since, lock_of
from unfog.jobs.run_folder import RunFolder
from unfog.util.errors import DataError
from unfog.util.files import read_object, write_atomic

NAME = "dataset.lock.json"
LOCK_BYTES = 2**30  # a picture has two hundred


def write_lock(folder: RunFolder, dataset: Dataset) -> None:
    """Write ``RUN/dataset.lock.json``; a set without end is its code and needs none."""
    if isinstance(dataset, Captioned):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        lock = lock_of(dataset, tool=f"unfog {unfog.__version__}", created=now)
        write_atomic(folder.root / NAME, json.dumps(lock, indent=1).encode() + b"\n")


def check_unchanged(folder: RunFolder, fingerprint: str, source: str, dataset: Dataset) -> None:
    """Raises DataError, naming what changed, unless ``dataset`` is what the run started with; or for a crafted lock."""
    path = folder.root / NAME
    change = "" if dataset.fingerprint() == fingerprint else "other pictures or captions"
    if isinstance(dataset, Captioned) and path.is_file():
        lock = read_object(path, most=LOCK_BYTES, error=DataError)
        if not isinstance(lock.get("files"), dict) or not isinstance(lock.get("splits"), dict):
            raise DataError(f"{path} is not understood; restore it from its source")
        change = change_since(lock, dataset) or change
    if change:
        raise DataError(f"{source} changed since the run in {folder.root} started: {change}; start a new run for it")
