"""Walk a folder of captioned pictures: which pictures, which captions, which layout, which problems.

Pictures are listed by the bytes of their path relative to the root, so the order is the same on every system. Hidden
files are skipped; links that lead out of the folder are not followed. Nothing is decoded here.
"""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from unfog.data.captions import SIDECARS, TABLES, Problem, Row, Table, read_sidecar, read_table
from unfog.data.dataset import Split
from unfog.data.licence import LICENCE_FILES, identify
from unfog.media.image import EXTENSIONS
from unfog.util.errors import DataError

OTHER_PICTURES = frozenset({".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".svg", ".psd", ".ico"})
VALID_FOLDERS = frozenset({"valid", "validation", "val", "test"})
LAYOUTS = "accepted layouts: a.png with a.txt beside it; or metadata.jsonl or metadata.csv with the columns file_name and text"


@dataclass(frozen=True)
class Found:
    """A picture file that was found, not opened yet. ``path`` is relative, with forward slashes."""

    path: str
    captions: tuple[str, ...]
    licence: str | None
    attribution: str | None
    split_group: str | None
    split: Split | None


@dataclass(frozen=True)
class Scan:
    """What a folder holds. ``layout`` is the sentence to print; ``problems`` do not include undecodable pictures."""

    root: Path
    found: tuple[Found, ...]
    layout: str
    problems: tuple[Problem, ...]


def scan(root: Path) -> Scan:
    """Look through a folder and its subfolders.

    Raises:
        DataError: ``root`` is not a folder.
    """
    if not root.is_dir():
        raise DataError(f"{root} is not a folder; give the folder that holds your pictures")
    problems = list[Problem]()
    names = list_files(root, problems)
    tables = [read_table(root, name, problems) for name in names if name.rpartition("/")[2] in TABLES]
    problems += [
        Problem(name, "is not read; export it as metadata.jsonl") for name in names if name.endswith("metadata.parquet")
    ]
    rows = dict[str, Row]()
    for table in tables:
        for path, row in table.rows.items():
            if path in rows:
                problems.append(Problem(table.path, f"describes {path}, which another table describes too; keep one"))
            rows[path] = row
    pictures = [name for name in names if _suffix(name) in EXTENSIONS]
    missing = sorted(set(rows) - {nfc(path) for path in pictures})
    problems += [Problem(path, "is listed in a metadata table but is not there") for path in missing]
    sidecars = _sidecars(names)
    folders_split = _splits_by_folder(pictures)
    licence = _folder_licence(root, names)
    found, kinds = list[Found](), dict[str, int]()
    for path in pictures:
        row = rows.get(nfc(path), Row())
        sidecar = sidecars.get(path.rpartition(".")[0])
        captions = read_sidecar(root, sidecar, problems) if sidecar else ()
        source = (
            f"sidecar {_suffix(sidecar)}"
            if captions and sidecar
            else "metadata table"
            if row.captions
            else "no caption"
        )
        kinds[source] = kinds.get(source, 0) + 1
        captions = captions or tuple(dict.fromkeys(row.captions))
        if not captions:
            problems.append(Problem(path, "has no caption", kind="caption"))
        forced = _split_of(path) if folders_split else None
        found.append(Found(path, captions, row.licence or licence, row.attribution, row.split_group, forced))
    return Scan(root, tuple(found), _layout(kinds, tables, folders_split), tuple(problems))


def list_files(root: Path, problems: list[Problem]) -> list[str]:
    """Relative paths of all files below ``root``, sorted by their bytes; unusable pictures go to ``problems``."""
    names = list[str]()
    inside = root.resolve()
    for folder, subfolders, files in os.walk(root):
        links = [Path(folder) / name for name in subfolders if (Path(folder) / name).is_symlink()]
        problems += [
            Problem(link.relative_to(root).as_posix(), "is a link to a folder; copy the folder") for link in links
        ]
        subfolders[:] = [name for name in subfolders if not name.startswith((".", "__"))]
        for file in files:
            if file.startswith("."):
                continue
            path = Path(folder) / file
            name = path.relative_to(root).as_posix()
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                problems.append(Problem(name, "is a link out of the folder; copy the file instead"))
            elif _suffix(name) in OTHER_PICTURES:
                problems.append(Problem(name, "is not PNG, JPEG or WebP; convert it"))
            else:
                names.append(name)
    return sorted(names, key=os.fsencode)


def nfc(text: str) -> str:
    """One spelling of accented letters: some systems store file names decomposed (e + accent)."""
    return unicodedata.normalize("NFC", text)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _sidecars(names: list[str]) -> dict[str, str]:
    """Caption file by the picture path without its ending; .txt before .caption."""
    out = dict[str, str]()
    for suffix in reversed(SIDECARS):
        out.update({name[: -len(suffix)]: name for name in names if _suffix(name) == suffix})
    return out


def _split_of(path: str) -> Split | None:
    first = path.partition("/")[0]
    return "valid" if first in VALID_FOLDERS else "train" if first == "train" else None


def _splits_by_folder(pictures: list[str]) -> bool:
    """Whether every picture lies in train/ or in a validation folder, and both kinds are there."""
    return {_split_of(path) for path in pictures} == {"train", "valid"}


def _folder_licence(root: Path, names: list[str]) -> str | None:
    """The licence named by a LICENSE file at the top; None if there is none or it is not recognised."""
    for name in names:
        if name.lower() in LICENCE_FILES:
            return identify((root / name).read_bytes()[: 2**16].decode("utf-8", "replace"))
    return None


def _layout(kinds: dict[str, int], tables: list[Table], folders_split: bool) -> str:
    """One sentence for people."""
    if not kinds:
        return "no pictures"
    columns = {table.path: f"column {table.column}" if table.column else "no caption column" for table in tables}
    parts = [f"{kind}: {number} pictures" for kind, number in sorted(kinds.items())]
    parts += [f"{path} ({column})" for path, column in columns.items()]
    return "; ".join([*parts, "split by the folders train/ and validation/"] if folders_split else parts)
