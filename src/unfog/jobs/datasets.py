"""From the configuration of a data source to a dataset, and what the data says about a good model."""

from __future__ import annotations

from pathlib import Path

from unfog.config.train import DataConfig
from unfog.data.dataset import Dataset
from unfog.data.folder import load_folder
from unfog.data.scan import scan
from unfog.data.scenes import Scenes
from unfog.media.header import read_header
from unfog.util.errors import DataError

SIDES = (16, 24, 32, 48, 64, 96, 128)


def open_dataset(config: DataConfig, size: int) -> Dataset:
    """The pictures of a run, ``size`` pixels square.

    Raises:
        DataError: the folder does not exist or cannot be used as it is.
    """
    if config.source == "scenes":
        return Scenes(size)
    root = Path(config.source)
    if not root.is_dir():
        raise DataError(f"{config.source!r} is neither a folder nor 'scenes', the built-in set")
    return load_folder(root, size, missing=config.missing_captions, broken=config.broken_files, flip=config.flip)


def sigma_data(dataset: Dataset) -> float:
    """Standard deviation of the pictures around zero, over the first 256: what the network's input is scaled by."""
    n = 256 if dataset.count is None else min(256, dataset.count)
    x = dataset.batch(range(n), seed=0, split="train").x
    value = x.square().mean().sqrt().item()
    return round(max(value, 0.05), 3)


def folder_side(config: DataConfig) -> int:
    """Resolution to train a folder at: the largest standard side its median picture has, at most 64.

    Only headers are read; what cannot be read is reported when the folder is opened.
    """
    root = Path(config.source)
    if not root.is_dir():
        raise DataError(f"{config.source!r} is neither a folder nor 'scenes', the built-in set")
    headers = [read_header(first_bytes(root / found.path)) for found in scan(root).found[:256]]
    sides = sorted(min(h.width, h.height) for h in headers if h is not None)
    median = sides[len(sides) // 2] if sides else SIDES[0]
    return max((s for s in SIDES if s <= min(median, 64)), default=SIDES[0])


def first_bytes(path: Path) -> bytes:
    """Enough of a file for its header."""
    with path.open("rb") as file:
        return file.read(65536)
