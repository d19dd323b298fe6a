"""From the configuration of a data source to a dataset, and what the data says about a good model."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import torch

from unfog.config.train import DataConfig
from unfog.data.compose.dataset import Compositions
from unfog.data.compose.font_sprites import font_sprites
from unfog.data.compose.sprite_pixels import SIDE
from unfog.data.compose.sprites import load_sprites
from unfog.data.dataset import Dataset
from unfog.data.emoji import load_emoji
from unfog.data.folder import read_folder
from unfog.data.scan import scan
from unfog.data.scenes import Scenes
from unfog.jobs.events import Event, Note, Progress, told
from unfog.media.header import read_header
from unfog.model.store import load_vae
from unfog.util.errors import DataError, UsageError

BUILT_IN = {"scenes": 32, "emoji": 32}  # sources that are no folders, with the side to train them at
SIDES = (16, 24, 32, 48, 64, 96, 128)
HEADER_BYTES = 2**20  # photographs may carry profiles and previews of several hundred kB before their size


def open_dataset(config: DataConfig, size: int, *, references: float = 0.0) -> Generator[Event, None, Dataset]:
    """The pictures of a run, ``size`` pixels square; tells how far the reading of a folder is.

    Raises:
        DataError: the folder does not exist or cannot be used as it is; or there are no emoji on this machine.
        UsageError: sprites for something else than scenes, or squares cut out of what is built in.
    """
    if config.source in BUILT_IN and Path(config.source).is_dir():
        yield Note(f"'{config.source}' is the built-in set; your folder of that name is ./{config.source}")
    if config.sprites is not None and config.source != "scenes":
        raise UsageError(f"--sprites {config.sprites} belongs to composed scenes: unfog train scenes --sprites DIR")
    if config.crop and config.source in BUILT_IN:
        raise UsageError(f"--set data.crop=true cuts squares out of a folder of photographs, not of '{config.source}'")
    match config.source:
        case "scenes" if config.sprites is not None:
            yield Progress(0, 0, f"reading the sprites of {config.sprites}")
            side = SIDE if size <= SIDE else 2 * SIDE
            sprites = font_sprites(side=side) if config.sprites == "emoji" else load_sprites(Path(config.sprites), side)
            return Compositions(
                sprites, size, references=references, relations=config.relations, dictionary=config.dictionary
            )
        case "scenes":
            return Scenes(size)
        case "emoji":
            yield Progress(0, 0, "drawing emoji")
            return replace(load_emoji(size), flip=config.flip)
    root = source_folder(config)
    reading = read_folder(
        root, size, missing=config.missing_captions, broken=config.broken_files, flip=config.flip, crop=config.crop
    )
    return (yield from told(reading, f"reading {root}"))


def told_captions(config: DataConfig) -> bool:
    """Whether a model may tell captions that it was trained on: those of built-in sets, or if somebody said so."""
    return config.source in BUILT_IN or config.tell_captions


def source_folder(config: DataConfig) -> Path:
    """The folder that a configuration names.

    Raises:
        DataError: it is not there.
    """
    root = Path(config.source)
    if not root.is_dir():
        names = " or ".join(f"'{name}'" for name in BUILT_IN)
        raise DataError(f"{config.source!r} is neither a folder nor {names}, which are built in")
    return root


@torch.no_grad()
def sigma_data(dataset: Dataset, codec: Path | None = None) -> float:
    """Standard deviation of the pictures around zero, over 256 spread evenly: what the network's input is scaled by.

    Of their latents, where a model in ``codec`` makes those.
    """
    count = dataset.count or 256
    n = min(256, count)
    x = dataset.batch([k * count // n for k in range(n)], seed=0, split="train").x
    x = x if codec is None else load_vae(codec).encode(x)
    value = x.square().mean().sqrt().item()
    return round(max(value, 0.05), 3)


def default_side(config: DataConfig, largest: int) -> int:
    """Resolution to train at if nobody says: for a folder the largest standard side its median picture has.

    Scenes that are composed have the side ``largest``, and nothing has more.

    The median is that of the first 256 by path. Only headers are read; what cannot be read is reported when the folder
    is opened.
    """
    if config.sprites is not None:
        return largest
    if config.source in BUILT_IN:
        return BUILT_IN[config.source]
    root = source_folder(config)
    headers = [read_header(first_bytes(root / found.path)) for found in scan(root).found[:256]]
    sides = sorted(min(h.width, h.height) for h in headers if h is not None)
    median = sides[len(sides) // 2] if sides else SIDES[0]
    return max((s for s in SIDES if s <= min(median, largest)), default=SIDES[0])


def first_bytes(path: Path) -> bytes:
    """Enough of a file for its header."""
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)
