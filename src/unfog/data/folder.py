"""A folder of your captioned pictures as a dataset.

Every picture is read, hashed, checked and decoded once at the start, whatever the memory budget, so a damaged file is
found before training and not in its third hour. Pictures become centred squares of the asked size (``media/image.py``);
captions and credits come from the layouts of ``captions.py``; validation pictures are chosen by ``split.py``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.data.captioned import Captioned, Entry
from unfog.data.captions import Problem
from unfog.data.dataset import Split
from unfog.data.licence import UNKNOWN
from unfog.data.scan import LAYOUTS, Found, Scan, scan
from unfog.data.split import FOLDER_RULE, RULE, assign, split_key
from unfog.media.header import read_header
from unfog.media.image import TRAINING, decode, load_square, pixels_of, read_bytes, square
from unfog.util.errors import DataError

CACHE_BYTES = 2**30
NAMED = 3  # files named in an error before "and N more"


@dataclass(frozen=True)
class Loaded:
    """A picture file that was read and decoded."""

    sha256: str
    bytes: int
    width: int
    height: int
    pixels: UInt8[Tensor, "3 size size"]


def load_folder(
    root: Path | str,
    size: int,
    *,
    missing: Literal["error", "drop"] = "error",
    broken: Literal["error", "drop"] = "error",
    flip: bool = False,
    cache_bytes: int = CACHE_BYTES,
) -> Captioned:
    """Read a folder of captioned pictures.

    Args:
        root: the folder; subfolders are read too.
        size: side of the square pictures in pixels.
        missing: what to do with pictures that have no caption.
        broken: what to do with pictures, tables and links that cannot be used.
        flip: mirror training pictures with probability 1/2 (wrong for text, flags and captions with "left").
        cache_bytes: pictures kept decoded in memory; what does not fit is decoded again at every visit.

    Raises:
        DataError: no pictures, no captions at all, or, with "error", the first files concerned and the fix.
    """
    root = Path(root)
    seen = scan(root)
    found = _with_captions(seen, missing)
    problems = [problem for problem in seen.problems if problem.kind == "broken"]
    keep, loaded, cache = _load_all(root, found, size, cache_bytes, problems)
    if problems and broken == "error":
        raise DataError(
            f"{_named([f'{p.path}: {p.reason}' for p in problems])}; repair or remove them, "
            "or leave them out with --set data.broken_files=drop"
        )
    if not keep:
        raise DataError(f"{root} has no usable picture left of {len(found)}; run `unfog data check {root}`")
    keys = [split_key(item.sha256, picture.split_group) for item, picture in zip(loaded, keep, strict=True)]
    by_folder = keep[0].split is not None
    splits: Sequence[Split] = [picture.split or "train" for picture in keep] if by_folder else assign(keys)
    entries = tuple(_entry(*row) for row in zip(keep, loaded, splits, strict=True))
    beyond = tuple(root / picture.path for picture in keep)
    return Captioned(
        name=root.resolve().name,
        size=size,
        entries=entries,
        cache=cache,
        fetch=None if len(cache) == len(entries) else lambda k: load_square(beyond[k], size, limits=TRAINING),
        flip=flip,
        layout=seen.layout,
        split_rule=FOLDER_RULE if by_folder else RULE,
        problems=tuple(problems) + tuple(p for p in seen.problems if p.kind == "caption"),
    )


def _with_captions(seen: Scan, missing: Literal["error", "drop"]) -> list[Found]:
    """The pictures that have captions; an error that says what to do if there are none, or not enough."""
    captioned = [picture for picture in seen.found if picture.captions]
    if not seen.found:
        first = f" ({seen.problems[0].path}: {seen.problems[0].reason})" if seen.problems else ""
        raise DataError(f"{seen.root} holds no PNG, JPEG or WebP pictures{first}; {LAYOUTS}")
    if not captioned:
        first = next((f" ({p.path}: {p.reason})" for p in seen.problems if p.kind == "broken"), "")
        raise DataError(f"{seen.root} holds {len(seen.found)} pictures and no caption{first}; {LAYOUTS}")
    without = [picture.path for picture in seen.found if not picture.captions]
    if without and missing == "error":
        raise DataError(
            f"{len(without)} of {len(seen.found)} pictures have no caption: {_named(without)}; write a .txt file "
            "beside each, or leave them out with --set data.missing_captions=drop"
        )
    return captioned


def _load_all(
    root: Path, found: Sequence[Found], size: int, cache_bytes: int, problems: list[Problem]
) -> tuple[list[Found], list[Loaded], UInt8[Tensor, "k 3 size size"]]:
    """Decode every picture once; the good ones in order and as many of them as the budget holds.

    Undecodable files go to ``problems``. Pillow decodes outside the interpreter lock, hence the threads.
    """
    room = min(len(found), cache_bytes // (3 * size * size))
    cache = torch.empty((room, 3, size, size), dtype=torch.uint8)
    empty = torch.empty((3, 0, 0), dtype=torch.uint8)
    keep, loaded = list[Found](), list[Loaded]()
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        chunk = 256  # bounds the decoded pictures waiting for their turn
        for start in range(0, len(found), chunk):
            pictures = found[start : start + chunk]
            results = pool.map(lambda picture: load_one(root, picture.path, size), pictures)
            for picture, result in zip(pictures, results, strict=True):
                if isinstance(result, Problem):
                    problems.append(result)
                    continue
                if len(keep) < room:
                    cache[len(keep)] = result.pixels
                keep.append(picture)
                loaded.append(Loaded(result.sha256, result.bytes, result.width, result.height, empty))
    return keep, loaded, cache[: len(keep)]


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


def _named(names: Sequence[str]) -> str:
    """The first few names of a list for an error message."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
