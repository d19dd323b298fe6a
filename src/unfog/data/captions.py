"""Captions and credits of a folder of pictures, in the layouts people have.

    sidecar    a.png + a.txt (or a.caption): every non-empty line is one caption; UTF-8
    table      metadata.jsonl or metadata.csv beside the pictures (the "imagefolder" layout of Hugging Face datasets):
               column file_name (or image) is a path below the table's folder, column text, caption or prompt the
               caption (in JSON also a list of captions); a picture listed twice has both captions

A sidecar beside a picture wins over the table. Optional columns: licence (or license), attribution, and split_group
(pictures of one group land on the same side of the train/validation split). Nothing here stops at the first problem:
every function returns what it could read and the problems it met.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SIDECARS = (".txt", ".caption")
TABLES = ("metadata.jsonl", "metadata.csv")
NAME_COLUMNS = ("file_name", "image_file_name", "image")
CAPTION_COLUMNS = ("text", "caption", "prompt")
LICENCE_COLUMNS = ("licence", "license")
OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|(.*[/\\])?\.\.([/\\]|$)", re.DOTALL)  # absolute, or leading up with ".."
SIDECAR_BYTES = 2**20
TABLE_BYTES = 2**30


@dataclass(frozen=True)
class Problem:
    """A file that cannot be used, and why.

    ``kind`` is "broken" for pictures, tables and sidecars nobody can read, "caption" for a picture without one, and
    "split" for a picture on both sides of the train/validation split.
    """

    path: str
    reason: str
    kind: str = "broken"


@dataclass
class Row:
    """What a table says about one picture (captions grow while the table is read).

    ``columns`` holds the further columns that were asked for, as they stand in the table.
    """

    captions: list[str] = field(default_factory=list)
    licence: str | None = None
    attribution: str | None = None
    split_group: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A metadata file: rows by picture path relative to the root, and the caption column it used."""

    path: str
    column: str | None
    rows: dict[str, Row]


def tidy(text: str) -> str:
    """A caption as it is stored and hashed: NFC, single spaces, no line breaks at its ends or inside."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def read_sidecar(root: Path, path: str, problems: list[Problem]) -> tuple[str, ...]:
    """The captions in a sidecar file, one per non-empty line."""
    text = _text(root, path, SIDECAR_BYTES, problems)
    lines = (tidy(line) for line in (text or "").splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def read_table(root: Path, path: str, problems: list[Problem], columns: Sequence[str] = ()) -> Table:
    """A metadata.jsonl or metadata.csv file, ``path`` relative to ``root``; ``columns`` are kept as they stand."""
    text = _text(root, path, TABLE_BYTES, problems)
    records = _csv_records if path.endswith(".csv") else _json_records
    folder = path.rpartition("/")[0]
    column: str | None = None
    rows = dict[str, Row]()
    for number, record in records(text or "", path, problems):
        name = next((record[key] for key in NAME_COLUMNS if record.get(key)), None)
        if not isinstance(name, str):
            problems.append(Problem(path, f"line {number} has no file_name; every row needs one"))
            continue
        if OUTSIDE.match(name):
            problems.append(
                Problem(path, f"line {number} names {name!r}; file_name is a path below the table's folder")
            )
            continue
        row = rows.setdefault(_joined(folder, name), Row())
        found = next((key for key in CAPTION_COLUMNS if record.get(key) is not None), None)
        column = column or found
        if found is not None:
            row.captions += _captions(record[found], f"line {number}, column {found}", path, problems)
        row.licence = _string(record, LICENCE_COLUMNS) or row.licence
        row.attribution = _string(record, ("attribution",)) or row.attribution
        row.split_group = _string(record, ("split_group",)) or row.split_group
        row.columns |= {key: record[key] for key in columns if record.get(key) not in (None, "")}
    return Table(path, column, rows)


def _captions(value: Any, where: str, path: str, problems: list[Problem]) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        problems.append(Problem(path, f"{where} is {str(value)[:40]!r}; a caption is a string or a list of strings"))
        return []
    return [text for text in map(tidy, texts) if text]


def _string(record: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """The first non-empty string under ``keys``."""
    return next((tidy(record[key]) for key in keys if isinstance(record.get(key), str) and record[key].strip()), None)


def _joined(folder: str, name: str) -> str:
    """``name`` as written in a table of ``folder``, relative to the root, NFC; "./" and back slashes are understood."""
    parts = [part for part in [*folder.split("/"), *name.replace("\\", "/").split("/")] if part not in ("", ".")]
    return unicodedata.normalize("NFC", "/".join(parts))


def _json_records(text: str, path: str, problems: list[Problem]) -> list[tuple[int, dict[str, Any]]]:
    out = list[tuple[int, dict[str, Any]]]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if "\\u" in line:
                json.dumps(record, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            problems.append(Problem(path, f"line {number} holds half of a surrogate pair, which is no character"))
            continue
        except (ValueError, RecursionError) as error:
            problems.append(Problem(path, f"line {number} is not JSON ({error})"))
            continue
        if isinstance(record, dict):
            out.append((number, record))
        else:
            problems.append(
                Problem(path, f'line {number} is not an object like {{"file_name": "a.png", "text": "..."}}')
            )
    return out


def _csv_records(text: str, path: str, problems: list[Problem]) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    out = list[tuple[int, dict[str, Any]]]()
    try:
        columns = reader.fieldnames or ()
        if columns and not set(NAME_COLUMNS) & set(columns):
            problems.append(Problem(path, f"has the columns {', '.join(columns):.80}; one must be file_name"))
            return []
        for row in reader:
            if None in row:  # what an unquoted comma leaves over; the caption would silently end at it
                reason = f"line {reader.line_num} has more than {len(columns)} fields; put texts with commas in quotes"
                problems.append(Problem(path, reason))
            else:
                out.append((reader.line_num, row))
    except csv.Error as error:
        problems.append(Problem(path, f"is not CSV after line {reader.line_num} ({error}); the rest was not read"))
    return out


def _text(root: Path, path: str, most_bytes: int, problems: list[Problem]) -> str | None:
    try:
        if (root / path).stat().st_size > most_bytes:
            problems.append(Problem(path, f"has more than {most_bytes} bytes"))
            return None
        data = (root / path).read_bytes()
        if 0 not in data:
            return data.decode("utf-8-sig")
        problems.append(Problem(path, f"is not UTF-8 text (byte {data.index(0)} is zero); save it as UTF-8"))
    except UnicodeDecodeError as error:
        problems.append(Problem(path, f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
    except OSError as error:
        problems.append(Problem(path, f"cannot be read ({error.strerror})"))
    return None
