"""A finite set of captioned pictures as a dataset: every number a pure function of (seed, picture).

Pictures rest as uint8 in one array (b, 3, s, s) in memory, as many as the budget holds; the rest are fetched again at
every visit. (An LRU cache would be useless here: in a random order over n pictures it hits as often as a fixed part of
the same size does, and costs more.) What varies between visits is drawn from Philox: which of several captions, and
whether to mirror the picture if that was asked for, or which square to cut out (``crops.py``). Validation pictures are
never mirrored.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.data.captions import Problem
from unfog.data.crops import Crops
from unfog.data.dataset import Batch, Split
from unfog.data.licence import UNKNOWN, all_free
from unfog.data.scan import nfc
from unfog.media.image import from_uint8
from unfog.util.errors import DataError
from unfog.util.random import Draw, uniform


@dataclass(frozen=True)
class Entry:
    """One picture: where it is from, its content hash, captions, licence and side of the split.

    ``info`` holds further columns for people (attribution, font, version, ...), as (name, value) pairs.
    """

    path: str
    sha256: str
    bytes: int
    width: int
    height: int
    captions: tuple[str, ...]
    licence: str = UNKNOWN
    split: Split = "train"
    info: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Captioned:
    """Captioned pictures that implement ``Dataset``. Made by ``folder.read_folder`` and ``emoji.load_emoji``.

    Attributes:
        entries: the pictures in their fixed order; item k of a split is the k-th entry with that split.
        cache: the first pictures of ``entries``.
        fetch: gives picture k of ``entries`` again when it is beyond the cache; None if the cache has all.
        flip: mirror training pictures with probability 1/2.
        crops: squares to be cut out of ``entries``, instead of ``cache`` and ``fetch``.
        layout: how the captions were found, to be shown to the person.
        problems: files that were left out, with the reason.
    """

    name: str
    size: int
    entries: tuple[Entry, ...]
    cache: UInt8[Tensor, "k 3 size size"]
    fetch: Callable[[int], UInt8[Tensor, "3 size size"]] | None = None
    flip: bool = False
    crops: Crops | None = None
    layout: str = ""
    split_rule: str = ""
    problems: tuple[Problem, ...] = ()
    channels: int = 3
    members: dict[str, tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assert len(self.cache) == len(self.entries) or self.fetch is not None
        splits = ("train", "valid")
        members = {s: tuple(k for k, entry in enumerate(self.entries) if entry.split == s) for s in splits}
        object.__setattr__(self, "members", members)

    @property
    def count(self) -> int:
        return len(self.members["train"])

    @property
    def valid_count(self) -> int:
        return len(self.members["valid"])

    def batch(self, indices: Sequence[int], *, seed: int, split: Split) -> Batch:
        """Pictures ``indices`` of a split in [-1, 1], each with one of its captions; see ``Dataset.batch``.

        Raises:
            DataError: an index outside the split, or a file that vanished or changed since the start.
        """
        at = self._entry_numbers(indices, split)
        x = from_uint8(self.pixels(at) if self.crops is None else self.crops.cut(at, seed))
        seeds = [seed] * len(at)
        if self.flip and split == "train":
            mirrored = uniform(seeds, (), draw=Draw.AUGMENT, index=at) < 0.5  # (b,)
            x = torch.where(mirrored[:, None, None, None], x.flip(-1), x)
        choices = [self.entries[k].captions for k in at]
        if all(len(lines) == 1 for lines in choices):
            return Batch(x, [lines[0] for lines in choices])
        u = uniform(seeds, (), draw=Draw.CAPTION, index=at).tolist()
        return Batch(x, [lines[int(r * len(lines))] for r, lines in zip(u, choices, strict=True)])

    def pixels(self, at: Sequence[int]) -> UInt8[Tensor, "b 3 size size"]:
        """Pictures by their number in ``entries``, as stored."""
        if self.fetch is None:
            return self.cache[torch.tensor(at, dtype=torch.int64)]
        held = len(self.cache)
        return torch.stack([self.cache[k] if k < held else self.fetch(k) for k in at])

    def _entry_numbers(self, indices: Sequence[int], split: Split) -> list[int]:
        numbers = self.members[split]
        if len(indices) == 0 or min(indices) < 0 or max(indices) >= len(numbers):
            raise DataError(f"{self.name} has {len(numbers)} {split} pictures; asked for numbers {list(indices)[:5]}")
        return [numbers[k] for k in indices]

    def captions(self, limit: int) -> list[str]:
        """Up to ``limit`` training captions, evenly spaced over all of them."""
        lines = [line for k in self.members["train"] for line in self.entries[k].captions]
        keep = min(limit, len(lines))
        return [lines[k * len(lines) // keep] for k in range(keep)]

    def fingerprint(self) -> str:
        """sha256 over the sorted lines ``<sha256 of file> <sha256 of caption> <path>``; see ``fingerprint_of``."""
        return fingerprint_of(self.entries)

    def licences(self) -> dict[str, int]:
        """Number of pictures under each licence, sorted by name."""
        return dict(sorted(Counter(entry.licence for entry in self.entries).items()))

    def redistributable(self) -> bool:
        """Whether every picture's licence is known to allow passing it on."""
        return all_free(self.licences())


def fingerprint_of(entries: Sequence[Entry], *, paths: bool = True) -> str:
    """``"sha256:..."`` over sorted lines; file bytes, captions (UTF-8, NFC, joined by line breaks) and NFC paths count.

    Order, times and places of the files do not; without ``paths`` neither do their names.
    """
    lines = sorted(f"{line_of(entry, path=paths)}\n".encode("utf-8", "surrogateescape") for entry in entries)
    return "sha256:" + hashlib.sha256(b"".join(lines)).hexdigest()


def line_of(entry: Entry, *, path: bool) -> str:
    """``<sha256 of the file> <sha256 of its captions>``, followed by the path if asked for."""
    captions = hashlib.sha256(nfc("\n".join(entry.captions)).encode()).hexdigest()
    return f"{entry.sha256} {captions} {nfc(entry.path)}" if path else f"{entry.sha256} {captions}"
