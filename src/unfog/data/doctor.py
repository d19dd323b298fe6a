"""Everything that is wrong with a folder of captioned pictures, at once.

Training stops at the first reason not to start. Here every picture is read and decoded as training would, with a
caption or without, and every problem is collected, so that a person can mend them all in one go.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unfog.data.captioned import Captioned
from unfog.data.captions import Problem
from unfog.data.folder import Read, dataset_of, read_all
from unfog.data.scan import LAYOUTS, scan

SIDE = 16  # pictures are decoded to this when a folder is only looked through


@dataclass(frozen=True)
class Examination:
    """What a folder holds and what is wrong with it.

    Attributes:
        found: number of picture files.
        dataset: the pictures that can be trained on (16 pixels square); None if there are none.
        problems: all of them, by path.
        repeated: pictures with the same bytes as an earlier one: (path, path of the first).
        ignored: number of files that are neither pictures nor captions, by their ending.
    """

    found: int
    dataset: Captioned | None
    problems: tuple[Problem, ...]
    repeated: tuple[tuple[str, str], ...]
    ignored: Mapping[str, int]


def examine(root: Path, *, folder_names: bool = False) -> Generator[tuple[int, int], None, Examination]:
    """Look through a folder, telling how many of how many pictures were read; ``folder_names`` as in ``scan``.

    Raises:
        DataError: ``root`` is not a folder.
    """
    seen = scan(root, folder_names=folder_names)
    problems = list(seen.problems)
    read = yield from read_all(root, seen.found, SIDE, 0, problems)
    good = [(picture, item) for picture, item in zip(read.kept, read.loaded, strict=True) if picture.captions]
    dataset: Captioned | None = None
    repeated: Sequence[tuple[str, str]] = ()
    if good:
        pictures, items = (list(column) for column in zip(*good, strict=True))
        dataset = dataset_of(seen, Read(pictures, items, read.cache), SIDE, ())
        repeated = repetitions(dataset)
        problems += _on_both_sides(dataset, repeated)
    if not seen.found:
        problems.append(Problem(".", f"holds no PNG, JPEG or WebP pictures; {LAYOUTS}"))
    elif dataset is None or dataset.count == 0:
        problems.append(Problem(".", "has nothing to train on: no picture outside validation/ has a caption and opens"))
    ordered = tuple(sorted(problems, key=lambda problem: (problem.path, problem.kind, problem.reason)))
    return Examination(len(seen.found), dataset, ordered, tuple(repeated), seen.ignored)


def repetitions(dataset: Captioned) -> list[tuple[str, str]]:
    """Pictures whose bytes came up before, each with the first picture of those bytes."""
    first, out = dict[str, str](), list[tuple[str, str]]()
    for entry in dataset.entries:
        if entry.sha256 in first:
            out.append((entry.path, first[entry.sha256]))
        first.setdefault(entry.sha256, entry.path)
    return out


def _on_both_sides(dataset: Captioned, repeated: Sequence[tuple[str, str]]) -> list[Problem]:
    """Pictures that folders named train/ and validation/ put on both sides: validation would measure memory."""
    split = {entry.path: entry.split for entry in dataset.entries}
    return [
        Problem(path, f"has the same bytes as {first} on the other side of the split; remove one", kind="split")
        for path, first in repeated
        if split[path] != split[first]
    ]
