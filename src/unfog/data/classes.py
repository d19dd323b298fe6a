"""Which class a picture belongs to: what a column of the table says, the subfolder it lies in, or its caption.

a column    where one is named; every picture needs an entry
folder      "cat" for ``train/cat/07.png``, if every picture lies in such a subfolder
caption     else the first caption; two pictures of one class then have the same text
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from unfog.data.captions import tidy
from unfog.data.scan import Found, folder_caption
from unfog.util.errors import DataError

Rule = Literal["column", "folder", "caption"]
LEAST = 2  # training pictures of a class


def rule_of(pictures: Sequence[Found], column: str | None) -> Rule:
    """Where the classes of a folder are found."""
    if column is not None:
        return "column"
    return "folder" if all(folder_caption(picture.path) for picture in pictures) else "caption"


def class_of(picture: Found, rule: Rule, column: str | None) -> str:
    """The class of one picture, which has a caption.

    Raises:
        DataError: the column has no entry for it, or it lies in no subfolder.
    """
    match rule:
        case "column":
            found = picture.columns.get(column or "")
            if found is None:
                raise DataError(f"{picture.path} has no entry in the column {column!r}, which is to say its class")
            return tidy(str(found))
        case "folder":
            names = folder_caption(picture.path)
            if not names:
                raise DataError(f"{picture.path} lies in no subfolder, whose name would be its class")
            return names[0]
        case "caption":
            return picture.captions[0]


def class_names(trained: Sequence[str], rule: Rule) -> tuple[str, ...]:
    """All classes of the training pictures, sorted.

    Raises:
        DataError: a single class, or one with a single picture.
    """
    counts = Counter(trained)
    rare = min(counts, key=lambda name: (counts[name], name))
    if len(counts) < 2 or counts[rare] < LEAST:
        what = f"only one, {rare!r}" if len(counts) < 2 else f"{len(counts)}, of which {rare!r} has one picture"
        raise DataError(
            f"a classifier needs at least 2 classes of {LEAST} training pictures each, and by the {rule} there are"
            f" {what}; put the pictures into a subfolder per class, or name a column with --label"
        )
    return tuple(sorted(counts))
