"""``unfog data``: folders of captioned pictures, made from nothing or looked through before training."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxtyping import UInt8
from torch import Tensor

from unfog.data.captioned import Captioned
from unfog.data.doctor import examine
from unfog.data.emoji import load_emoji
from unfog.data.scenes import Scenes
from unfog.jobs.events import Event, Progress, Result, told
from unfog.jobs.save import check_writable
from unfog.media.image import to_uint8
from unfog.media.png import encode
from unfog.util.errors import UsageError
from unfog.util.files import staged_directory

TABLE = "metadata.jsonl"
BATCH = 64
LARGEST_COUNT, LARGEST_SIDE = 10_000_000, 1024


@dataclass(frozen=True)
class Item:
    """A picture to write: its row in the table is ``facts`` with the file's name."""

    pixels: UInt8[Tensor, "c h w"]
    facts: Mapping[str, object]


def scenes_job(out: Path, *, n: int, size: int = 32, seed: int = 0) -> Iterator[Event]:
    """Write the first ``n`` training scenes of a seed.

    Raises:
        UsageError: ``out`` exists, or ``n``, ``size`` or ``seed`` is out of bounds.
    """
    check_numbers({"n": (n, 1, LARGEST_COUNT), "size": (size, 16, LARGEST_SIDE), "seed": (seed, 0, 2**64 - 1)})
    dataset = Scenes(size)

    def items(numbers: range) -> list[Item]:
        batch = dataset.batch(numbers, seed=seed, split="train")
        licence = next(iter(dataset.licences()))
        return [
            Item(x, {"text": caption, "licence": licence})
            for x, caption in zip(to_uint8(batch.x), batch.captions, strict=True)
        ]

    facts = {"made_by": "unfog data scenes", "seed": seed, "fingerprint": dataset.fingerprint()}
    yield from write_folder(out, n, items, facts, size)


def emoji_job(out: Path, *, n: int | None = None, size: int = 32, font: Path | None = None) -> Iterator[Event]:
    """Write the emoji of a colour font: ``n`` of them, evenly spaced over all, or all.

    Without ``font`` a font of this machine is taken, see ``unfog.data.emoji_font.find_font``.

    Raises:
        UsageError: ``out`` exists, or ``n`` or ``size`` is out of bounds.
        DataError: there is no colour-emoji font, or nothing to draw it with.
    """
    check_numbers({"n": (1 if n is None else n, 1, LARGEST_COUNT), "size": (size, 16, LARGEST_SIDE)})
    check_absent(out)
    yield Progress(0, 0, "drawing emoji")
    dataset = load_emoji(size, limit=n, font=font)
    entries = dataset.entries

    def items(numbers: range) -> list[Item]:
        return [
            Item(x, {"text": entry.captions[0], "licence": entry.licence, **dict(entry.info)})
            for x, entry in zip(dataset.pixels(numbers), entries[numbers.start : numbers.stop], strict=True)
        ]

    facts = {"made_by": "unfog data emoji", "fingerprint": dataset.fingerprint()}
    yield from write_folder(out, len(entries), items, facts, size)


def write_folder(
    out: Path, n: int, items: Callable[[range], Sequence[Item]], facts: Mapping[str, Any], size: int
) -> Iterator[Event]:
    """Make a folder of PNG files with a table of captions, completely or not at all."""
    check_absent(out)
    begin = time.perf_counter()
    licences = Counter[str]()
    width = max(5, len(str(n - 1)))
    with (
        staged_directory(out, facts=facts) as folder,
        (folder / TABLE).open("x", encoding="utf-8", newline="\n") as table,
    ):
        for first in range(0, n, BATCH):
            yield Progress(first, n, f"writing {out}")
            for k, item in enumerate(items(range(first, min(first + BATCH, n))), start=first):
                name = f"{k:0{width}d}.png"
                (folder / name).write_bytes(encode(item.pixels))
                table.write(json.dumps({"file_name": name, **item.facts}, ensure_ascii=False) + "\n")
                licences[str(item.facts["licence"])] += 1
        yield Progress(n, n, f"writing {out}")
    yield Result(
        {
            "folder": str(out),
            "count": n,
            "size": size,
            "licences": dict(sorted(licences.items())),
            "seconds": round(time.perf_counter() - begin, 3),
        }
    )


def check_job(folder: Path, *, folder_names: bool = False) -> Iterator[Event]:
    """Read every picture and caption of a folder as training would, and report all problems instead of stopping.

    ``folder_names``: pictures without a caption take the name of their subfolder.

    Raises:
        DataError: it is no folder.
    """
    seen = yield from told(examine(folder, folder_names=folder_names), f"reading {folder}")
    facts = {} if seen.dataset is None else facts_of(seen.dataset)
    yield Result(
        {"folder": str(folder), "pictures": seen.found, "usable": 0}
        | facts
        | {
            "ignored_files": dict(seen.ignored),
            "duplicates": [{"path": path, "first": first} for path, first in seen.repeated],
            "problems": [{"path": p.path, "kind": p.kind, "reason": p.reason} for p in seen.problems],
        }
    )


def facts_of(dataset: Captioned) -> dict[str, Any]:
    """What would be trained on."""
    entries = dataset.entries
    sides = sorted(min(entry.width, entry.height) for entry in entries)
    words = sorted(len(text.split()) for entry in entries for text in entry.captions)
    return {
        "usable": len(entries),
        "layout": dataset.layout,
        "captions": len(words),
        "different_captions": len({text for entry in entries for text in entry.captions}),
        "words_per_caption": {"smallest": words[0], "median": words[len(words) // 2], "largest": words[-1]},
        "train": dataset.count,
        "valid": dataset.valid_count,
        "shorter_side": {"smallest": sides[0], "median": sides[len(sides) // 2], "largest": sides[-1]},
        "licences": dataset.licences(),
        "redistributable": dataset.redistributable(),
        "fingerprint": dataset.fingerprint(),
    }


def check_numbers(bounds: Mapping[str, tuple[int, int, int]]) -> None:
    """Raises UsageError unless every (value, least, most) is in order."""
    for name, (value, least, most) in bounds.items():
        if not least <= value <= most:
            raise UsageError(f"{name} must be within {least}..{most}, got {value}")


def check_absent(out: Path) -> None:
    """Raises UsageError or DiskError unless a folder can be made at ``out``."""
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} exists already; choose another folder or remove it")
    check_writable(out.parent)
