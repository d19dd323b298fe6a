"""Walk a folder of captioned pictures: which pictures, which captions, which layout, which problems.

Pictures are listed by the bytes of their path relative to the root, so the order is the same on every system. Hidden
files are skipped; links that lead out of the folder are not followed. Nothing is decoded here.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from unfog.data.captions import SIDECARS, TABLES, Problem, Row, Table, read_sidecar, read_table, tidy
from unfog.data.dataset import Split
from unfog.data.licence import LICENCE_FILES, identify
from unfog.media.image import EXTENSIONS
from unfog.util.errors import DataError
from unfog.util.files import MANIFEST

OTHER_PICTURES = frozenset({".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".svg", ".psd", ".ico"})
UNREAD_TABLE = "metadata.parquet"
OWN = (*TABLES, UNREAD_TABLE, MANIFEST)  # files that belong to a folder of pictures without being any
TRAIN_FOLDER = "train"
VALID_FOLDERS = frozenset({"valid", "validation", "val", "test"})
LICENCE_BYTES = 2**16
LAYOUTS = (
    "accepted layouts: a.png with a.txt beside it; "
    "or metadata.jsonl or metadata.csv with the columns file_name and text"
)


@dataclass(frozen=True)
class Found:
    """A picture file that was found, not opened yet.

    ``path`` is relative, with forward slashes; ``columns`` are the further table columns that ``scan`` was asked for;
    ``sidecar`` says that the captions are from a file beside it.
    """

    path: str
    captions: tuple[str, ...]
    licence: str | None
    attribution: str | None
    split_group: str | None
    split: Split | None
    columns: Mapping[str, Any] = field(default_factory=dict)
    sidecar: bool = False


@dataclass(frozen=True)
class Scan:
    """What a folder holds. ``layout`` is the sentence to print; ``problems`` do not include undecodable pictures.

    ``ignored`` counts the files that are neither pictures nor captions by their ending.
    """

    root: Path
    found: tuple[Found, ...]
    layout: str
    problems: tuple[Problem, ...]
    ignored: Mapping[str, int]


def scan(root: Path, *, folder_names: bool = False, columns: Sequence[str] = ()) -> Scan:
    """Look through a folder and its subfolders.

    Args:
        root: the folder.
        folder_names: a picture without a caption takes the name of the subfolder it lies in.
        columns: further columns of the metadata tables to keep with the pictures.

    Raises:
        DataError: ``root`` is not a folder.
    """
    if not root.is_dir():
        raise DataError(f"{root} is not a folder; give the folder that holds your pictures")
    problems = list[Problem]()
    names = list_files(root, problems)
    pictures = [name for name in names if _suffix(name) in EXTENSIONS]
    tables = [read_table(root, name, problems, columns) for name in names if _base(name) in TABLES]
    problems += [
        Problem(name, "is not read; export it as metadata.jsonl") for name in names if _base(name) == UNREAD_TABLE
    ]
    rows = _merged(tables, pictures, problems)
    sidecars = _sidecars(names)
    folders_split = _splits_by_folder(pictures)
    licence = _folder_licence(root, names, problems)
    found, sources = list[Found](), Counter[str]()
    for path in pictures:
        row = rows.get(nfc(path), Row())
        sidecar = sidecars.get(nfc(path.rpartition(".")[0]))
        captions = read_sidecar(root, sidecar, problems) if sidecar else ()
        beside = bool(captions)
        source = f"sidecar {_suffix(sidecar)}" if sidecar else ""
        if not captions:
            captions, source = tuple(dict.fromkeys(row.captions)), "metadata table"
        if not captions and folder_names:
            captions, source = folder_caption(path), "folder name"
        if not captions:
            source = "no caption"
            problems.append(Problem(path, "has no caption", kind="caption"))
        sources[source] += 1
        forced = _split_of(path) if folders_split else None
        found.append(
            Found(path, captions, row.licence or licence, row.attribution, row.split_group, forced, row.columns, beside)
        )
    layout = _layout(sources, tables, folders_split=folders_split)
    return Scan(root, tuple(found), layout, tuple(problems), _ignored(names))


def list_files(root: Path, problems: list[Problem]) -> list[str]:
    """Relative paths of all files below ``root``, sorted by their bytes; unusable ones go to ``problems`` instead."""
    names = list[str]()
    inside = root.resolve()

    def unreadable(error: OSError) -> None:
        name = Path(str(error.filename)).relative_to(root).as_posix()
        problems.append(Problem(name, f"cannot be listed ({error.strerror}); check its permissions"))

    for folder, subfolders, files in os.walk(root, onerror=unreadable):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__")))
        links = [Path(folder) / name for name in subfolders if (Path(folder) / name).is_symlink()]
        problems += [
            Problem(link.relative_to(root).as_posix(), "is a link to a folder; copy the folder") for link in links
        ]
        for file in sorted(files):
            if file.startswith("."):
                continue
            name = (Path(folder) / file).relative_to(root).as_posix()
            if (reason := _unusable(root, name, inside)) is not None:
                problems.append(Problem(name, reason))
            else:
                names.append(name)
    return sorted(names, key=os.fsencode)


def nfc(text: str) -> str:
    """One spelling of accented letters: some systems store file names decomposed (e + accent)."""
    return unicodedata.normalize("NFC", text)


def folder_caption(path: str) -> tuple[str, ...]:
    """The name of the folder a picture lies in, as words; nothing for the root, train/ and the validation folders."""
    folders = path.split("/")[:-1]
    if folders and _split_of(path) is not None:
        folders = folders[1:]
    text = tidy(folders[-1].replace("_", " ").replace("-", " ")) if folders else ""
    return (text,) if text else ()


def _unusable(root: Path, name: str, inside: Path) -> str | None:
    """Why a file must not be read; None if it may be, or is of no interest."""
    path, suffix = root / name, _suffix(name)
    wanted = suffix in EXTENSIONS or suffix in SIDECARS or _base(name) in TABLES or name.lower() in LICENCE_FILES
    if suffix in OTHER_PICTURES:
        return "is not PNG, JPEG or WebP; convert it"
    if not wanted:
        return None
    try:
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(inside):
            return "is a link out of the folder; copy the file instead"
        if not stat.S_ISREG(path.stat().st_mode):
            return "is not a regular file; remove it"
    except (OSError, RuntimeError):  # RuntimeError: links in a circle, before Python 3.13
        return "is a link that leads nowhere; remove it"
    return None


def _merged(tables: list[Table], pictures: list[str], problems: list[Problem]) -> dict[str, Row]:
    """The rows of all tables by picture; a picture described twice and one that is not there are problems."""
    rows = dict[str, Row]()
    for table in tables:
        twice = sorted(rows.keys() & table.rows.keys())
        if twice:
            reason = f"describes {len(twice)} pictures that another table describes too, first {twice[0]}; keep one"
            problems.append(Problem(table.path, reason))
        rows.update(table.rows)
    missing = sorted(set(rows) - {nfc(path) for path in pictures})
    problems += [Problem(path, "is listed in a metadata table but is not there") for path in missing]
    return rows


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _sidecars(names: list[str]) -> dict[str, str]:
    """Caption file by the picture path (NFC) without its ending; .txt before .caption."""
    out = dict[str, str]()
    for suffix in reversed(SIDECARS):
        out.update({nfc(name[: -len(suffix)]): name for name in names if _suffix(name) == suffix})
    return out


def _split_of(path: str) -> Split | None:
    first, slash, _ = path.partition("/")
    return "valid" if slash and first in VALID_FOLDERS else "train" if slash and first == TRAIN_FOLDER else None


def _splits_by_folder(pictures: list[str]) -> bool:
    """Whether every picture lies in train/ or in a validation folder, and both kinds are there."""
    return {_split_of(path) for path in pictures} == {"train", "valid"}


def _folder_licence(root: Path, names: list[str], problems: list[Problem]) -> str | None:
    """The licence named by a LICENSE file at the top; None if there is none or it is not recognised."""
    for name in names:
        if name.lower() in LICENCE_FILES:
            try:
                with (root / name).open("rb") as file:
                    return identify(file.read(LICENCE_BYTES).decode("utf-8", "replace"))
            except OSError as error:
                problems.append(Problem(name, f"cannot be read ({error.strerror})"))
    return None


def _ignored(names: list[str]) -> dict[str, int]:
    """How many files of which ending are neither pictures nor captions, by name."""
    known = EXTENSIONS | set(SIDECARS)
    rest = [name for name in names if _suffix(name) not in known and _base(name) not in OWN]
    return dict(sorted(Counter(_suffix(name) or _base(name) for name in rest).items()))


def _layout(sources: Counter[str], tables: list[Table], *, folders_split: bool) -> str:
    """One sentence for people."""
    if not sources:
        return "no pictures"
    parts = [f"{source}: {number} pictures" for source, number in sorted(sources.items())]
    parts += [f"{table.path} ({f'column {table.column}' if table.column else 'no caption column'})" for table in tables]
    return "; ".join([*parts, "split by the folders train/ and validation/"] if folders_split else parts)
