"""A folder of your captioned pictures as a dataset.

Every picture is read, hashed, checked and decoded once at the start, whatever the memory budget, so a damaged file is
found before training and not in its third hour. Pictures become centred squares of the asked size (``media/image.py``),
or squares are cut out of them at random (``crops.py``), which then have no captions. Captions and credits come from the
layouts of ``captions.py``; validation pictures are chosen by ``split.py``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.data.captioned import Captioned, Entry
from unfog.data.captions import Problem
from unfog.data.crops import crops_of
from unfog.data.dataset import Split
from unfog.data.licence import UNKNOWN
from unfog.data.scan import LAYOUTS, Found, Scan, scan
from unfog.data.split import FOLDER_RULE, RULE, assign, split_key
from unfog.media.header import read_header
from unfog.media.image import TRAINING, decode, pixels_of, quiet, read_bytes, square
from unfog.util.errors import DataError

CACHE_BYTES = 2**30
CHUNK = 256  # pictures decoded at a time
NAMED = 3  # files named in an error before "and N more"


@dataclass(frozen=True)
class Loaded:
    """A picture file that was read and decoded."""

    sha256: str
    bytes: int
    width: int
    height: int
    pixels: UInt8[Tensor, "3 size size"]


@dataclass(frozen=True)
class Read:
    """The pictures that could be decoded, in order, without their pixels; ``cache`` has those of the first ones."""

    kept: list[Found]
    loaded: list[Loaded]
    cache: UInt8[Tensor, "k 3 size size"]


def read_folder(
    root: Path | str,
    size: int,
    *,
    missing: Literal["error", "drop", "folder"] = "error",
    broken: Literal["error", "drop"] = "error",
    flip: bool = False,
    crop: bool = False,
    cache_bytes: int = CACHE_BYTES,
) -> Generator[tuple[int, int], None, Captioned]:
    """Read a folder of captioned pictures, telling how many of how many were decoded.

    Args:
        root: the folder; subfolders are read too.
        size: side of the square pictures in pixels.
        missing: what to do with pictures that have no caption: refuse, leave them out, or caption them with the name
            of the subfolder they lie in.
        broken: what to do with pictures, tables and links that cannot be used.
        flip: mirror training pictures with probability 1/2 (wrong for text, flags and captions with "left").
        crop: cut out squares at random instead, another one at every visit (``crops.py``); without captions, so that
            ``missing`` says nothing.
        cache_bytes: pictures kept decoded in memory; what does not fit is decoded again at every visit.

    Raises:
        DataError: no pictures, no captions at all, nothing to train on, or, with "error", the first files concerned
            and the fix.
    """
    root = Path(root)
    seen = scan(root, folder_names=missing == "folder")
    if not seen.found:
        first = f" ({seen.problems[0].path}: {seen.problems[0].reason})" if seen.problems else ""
        raise DataError(f"{root} holds no PNG, JPEG or WebP pictures{first}; {LAYOUTS}")
    problems = [problem for problem in seen.problems if problem.kind == "broken"]
    if broken == "error":
        _refuse(root, problems)
    found = [replace(picture, captions=("",)) for picture in seen.found] if crop else _with_captions(seen, missing)
    read = yield from read_all(root, found, size, cache_bytes, problems)
    if broken == "error":
        _refuse(root, problems)
    if not read.kept:
        raise DataError(f"{root} has no usable picture left of {len(found)}; run `unfog data check {root}`")
    dataset = dataset_of(seen, read, size, problems, flip=flip)
    if dataset.count == 0:
        raise DataError(f"{root} has no usable picture in train/: all {dataset.valid_count} are kept for validation")
    if crop:
        return replace(dataset, crops=crops_of(root, [entry.path for entry in dataset.entries], size, cache_bytes))
    return dataset


def dataset_of(seen: Scan, read: Read, size: int, problems: Sequence[Problem], *, flip: bool = False) -> Captioned:
    """The pictures that were read, at least one, as a dataset; ``problems`` are those of the files left out."""
    keys = [split_key(item.sha256, picture.split_group) for item, picture in zip(read.loaded, read.kept, strict=True)]
    by_folder = read.kept[0].split is not None
    splits: Sequence[Split] = [picture.split or "train" for picture in read.kept] if by_folder else assign(keys)
    entries = tuple(_entry(*row) for row in zip(read.kept, read.loaded, splits, strict=True))

    def fetch(k: int) -> UInt8[Tensor, "3 size size"]:
        with quiet():
            again = load_one(seen.root, entries[k].path, size)
        if isinstance(again, Problem) or again.sha256 != entries[k].sha256:
            reason = again.reason if isinstance(again, Problem) else "has other bytes"
            raise DataError(f"{seen.root / entries[k].path} changed since it was first read ({reason}); start again")
        return again.pixels

    return Captioned(
        name=seen.root.resolve().name,
        size=size,
        entries=entries,
        cache=read.cache,
        fetch=None if len(read.cache) == len(entries) else fetch,
        flip=flip,
        layout=seen.layout,
        split_rule=FOLDER_RULE if by_folder else RULE,
        problems=tuple(problems) + tuple(p for p in seen.problems if p.kind == "caption"),
    )


def _refuse(root: Path, problems: Sequence[Problem]) -> None:
    """An error that names the first problems and what to do, if there are any."""
    if problems:
        raise DataError(
            f"{_named([f'{p.path}: {p.reason}' for p in problems], root)};"
            " or leave such files out with --set data.broken_files=drop"
        )


def _with_captions(seen: Scan, missing: Literal["error", "drop", "folder"]) -> list[Found]:
    """The pictures that have captions; an error that says what to do if there are none, or not enough."""
    captioned = [picture for picture in seen.found if picture.captions]
    without = [picture.path for picture in seen.found if not picture.captions]
    named = any("/" in path for path in without) and missing != "folder"
    folder = (
        ", or take the names of the subfolders as captions with --set data.missing_captions=folder" if named else ""
    )
    if not captioned:
        raise DataError(
            f"{seen.root} holds {len(seen.found)} pictures and no caption ({seen.layout}); {LAYOUTS}{folder}"
        )
    if without and missing != "drop":
        raise DataError(
            f"{len(without)} of {len(seen.found)} pictures have no caption: {_named(without, seen.root)}; write a .txt "
            f"file beside each, or leave them out with --set data.missing_captions=drop{folder}"
        )
    return captioned


def read_all(
    root: Path, found: Sequence[Found], size: int, cache_bytes: int, problems: list[Problem]
) -> Generator[tuple[int, int], None, Read]:
    """Decode every picture once, telling how many of how many.

    Undecodable files go to ``problems``. Pillow decodes outside the interpreter lock, hence the threads.
    """
    room = min(len(found), cache_bytes // (3 * size * size))
    cache = torch.empty((room, 3, size, size), dtype=torch.uint8)
    empty = torch.empty((3, 0, 0), dtype=torch.uint8)
    kept, loaded = list[Found](), list[Loaded]()
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(found), CHUNK):
            yield start, len(found)
            pictures = found[start : start + CHUNK]
            with quiet():
                results = list(pool.map(lambda picture: load_one(root, picture.path, size), pictures))
            for picture, result in zip(pictures, results, strict=True):
                if isinstance(result, Problem):
                    problems.append(result)
                    continue
                if len(kept) < room:
                    cache[len(kept)] = result.pixels
                kept.append(picture)
                loaded.append(replace(result, pixels=empty))
    yield len(found), len(found)
    return Read(kept, loaded, cache[: len(kept)])


def load_one(root: Path, path: str, size: int) -> Loaded | Problem:
    """Read, check, hash and decode one picture for training."""
    try:
        data = read_bytes(root / path, name=path, limits=TRAINING)
        picture = decode(data, name=path, limits=TRAINING, at_least=size)
    except DataError as error:
        return Problem(path, str(error).removeprefix(path + " "))
    header = read_header(data)
    assert header is not None  # decode has checked it
    pixels = pixels_of(square(picture, size))
    return Loaded(hashlib.sha256(data).hexdigest(), len(data), header.width, header.height, pixels)


def _entry(picture: Found, loaded: Loaded, split: Split) -> Entry:
    info = (("attribution", picture.attribution),) if picture.attribution else ()
    licence = picture.licence or UNKNOWN
    return Entry(
        picture.path,
        loaded.sha256,
        loaded.bytes,
        loaded.width,
        loaded.height,
        picture.captions,
        licence,
        split,
        info,
    )


def _named(names: Sequence[str], root: Path) -> str:
    """The first few names of a list for an error message."""
    more = f" and {len(names) - NAMED} more (`unfog data check {root}` lists all)" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
