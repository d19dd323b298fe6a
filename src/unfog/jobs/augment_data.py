"""What ``unfog augment`` works with: the training pictures to copy, their classes, and pictures to test on.

Pictures are read, checked and split as ``unfog train`` does, at the 32 pixels that near-copies and classifiers are
looked at; the files themselves are read again, one by one, when copies of them are made.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from unfog.config.augment import READING, AugmentRequest
from unfog.config.manifest import Manifest
from unfog.config.train import DataConfig, RunConfig
from unfog.data.captioned import Captioned
from unfog.data.classes import Rule, class_names, class_of, rule_of
from unfog.data.folder import read_folder
from unfog.data.scan import Found, scan
from unfog.evaluate.small_classifier import SIDE
from unfog.jobs.datasets import BUILT_IN, source_folder
from unfog.jobs.events import Event, Note, told
from unfog.jobs.settings import Chosen, settle
from unfog.util.errors import DataError, UsageError


@dataclass(frozen=True)
class Source:
    """A training picture: its place among all, what its file says, and the number of its class (0 without classes)."""

    number: int
    found: Found
    label: int


@dataclass(frozen=True)
class Test:
    """Pictures to test on with the numbers of their classes."""

    pixels: UInt8[Tensor, "t 3 h w"]
    answers: Int64[Tensor, " t"]


@dataclass(frozen=True)
class Originals:
    """The pictures of the folder.

    Attributes:
        pixels: all of them, validation pictures too, as squares of 32 pixels.
        classes: their names; none where nobody asked for classes.
        test: ``None`` where there is nothing to test on.
    """

    dataset: Captioned
    pixels: UInt8[Tensor, "n 3 h w"]
    sources: tuple[Source, ...]
    classes: tuple[str, ...]
    test: Test | None

    @property
    def trained(self) -> UInt8[Tensor, "k 3 h w"]:
        """The training pictures."""
        return self.pixels[torch.tensor([source.number for source in self.sources])]

    @property
    def labels(self) -> Int64[Tensor, " k"]:
        """Classes of the training pictures."""
        return torch.tensor([source.label for source in self.sources])


def augment_request_for(
    manifest: Manifest,
    data: str | Path,
    chosen: Chosen,
    settings: dict[str, object],
    *,
    reading: tuple[str, ...] = (),
) -> AugmentRequest:
    """A complete request; ``settings`` are fields of ``AugmentRequest``, ``reading`` assignments as of ``unfog train``.

    Raises:
        UsageError: something out of bounds, a built-in source, or settings that belong to training.
    """
    for assignment in reading:
        if assignment.partition("=")[0].strip() not in READING:
            raise UsageError(f"--set {assignment} is no setting of augment; there are {', '.join(READING)}")
    if str(data) in BUILT_IN and not Path(data).is_dir():
        raise UsageError(f"{str(data)!r} is no folder; write one first: unfog data {data} --out DIR")
    config = DataConfig(source=str(data), missing_captions="folder")
    config = RunConfig(data=config).override(reading).data
    request = AugmentRequest.parse(
        {"data": config.model_dump(), "sample": settle(manifest, chosen).model_dump()} | settings
    )
    low, high = request.strength
    if low > high:
        raise UsageError(f"the strength goes from {low:g} down to {high:g}; give the smaller number first")
    if request.test is not None and not request.prove:
        raise UsageError("--test says what to prove it on; ask for --prove, too, or leave it out")
    return request


def read_originals(request: AugmentRequest) -> Generator[Event, None, Originals]:
    """Read the folder, and the pictures to test on where something is proved.

    Raises:
        DataError: as of ``read_folder``, no classes where they are needed, or nothing to test on.
    """
    root = source_folder(request.data)
    dataset, rows = yield from read(root, request.data, request.label)
    everything = dataset.pixels(range(len(dataset.entries)))
    trained = [k for k, entry in enumerate(dataset.entries) if entry.split == "train"]
    if not (request.prove or request.label_preserving):
        sources = tuple(Source(k, rows[dataset.entries[k].path], 0) for k in trained)
        return Originals(dataset, everything, sources, (), None)
    rule = rule_of([rows[dataset.entries[k].path] for k in trained], request.label)
    names = [class_of(rows[dataset.entries[k].path], rule, request.label) for k in trained]
    classes = class_names(names, rule)
    sources = tuple(
        Source(k, rows[dataset.entries[k].path], classes.index(name)) for k, name in zip(trained, names, strict=True)
    )
    if request.test is None:
        valid = [k for k, entry in enumerate(dataset.entries) if entry.split == "valid"]
        kept = [k for k in valid if class_of(rows[dataset.entries[k].path], rule, request.label) in classes]
        if len(kept) < len(valid):
            yield Note(f"{len(valid) - len(kept)} validation pictures are of classes without a training picture")
        test = tested(dataset, rows, kept, classes, rule, request.label)
    else:
        other, more = yield from read(Path(request.test), request.data, request.label)
        known = {entry.sha256 for entry in dataset.entries if entry.split == "train"}
        kept = [k for k, entry in enumerate(other.entries) if entry.sha256 not in known]
        if len(kept) < len(other.entries):
            repeated = len(other.entries) - len(kept)
            yield Note(
                f"{repeated} pictures of {request.test} are training pictures, too, and are left out of the test"
            )
        test = tested(other, more, kept, classes, rule, request.label)
    if request.prove and test is None:
        raise DataError(
            f"there is nothing to prove it on: {request.test or root} has no picture kept for validation; name other"
            " pictures with --test DIR, or put some into the folders train/ and validation/"
        )
    return Originals(dataset, everything, sources, classes, test)


def read(
    root: Path, config: DataConfig, column: str | None
) -> Generator[Event, None, tuple[Captioned, dict[str, Found]]]:
    """A folder as training reads it, and what is known of each picture by its path."""
    reading = read_folder(root, SIDE, missing=config.missing_captions, broken=config.broken_files)
    dataset = yield from told(reading, f"reading {root}")
    seen = scan(root, folder_names=config.missing_captions == "folder", columns=() if column is None else (column,))
    rows = {picture.path: picture for picture in seen.found}
    lost = [entry.path for entry in dataset.entries if entry.path not in rows]
    if lost:
        raise DataError(f"{root / lost[0]} changed since it was first read (it is gone); start again")
    return dataset, rows


def tested(
    dataset: Captioned,
    rows: dict[str, Found],
    kept: list[int],
    classes: tuple[str, ...],
    rule: Rule,
    column: str | None,
) -> Test | None:
    """Some pictures of a folder as a test; ``None`` for none.

    Raises:
        DataError: a class that no training picture has.
    """
    if not kept:
        return None
    names = [class_of(rows[dataset.entries[k].path], rule, column) for k in kept]
    for k, name in zip(kept, names, strict=True):
        if name not in classes:
            some = ", ".join(classes[:6]) + (", ..." if len(classes) > 6 else "")
            raise DataError(
                f"{dataset.entries[k].path} is of the class {name!r}, which no training picture has: {some}"
            )
    return Test(dataset.pixels(kept), torch.tensor([classes.index(name) for name in names]))
