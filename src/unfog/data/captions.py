"""Captions and credits of a folder of pictures, in the layouts people have.

    sidecar    a.png + a.txt (or a.caption): every non-empty line is one caption; UTF-8
    table      metadata.jsonl or metadata.csv beside the pictures (the "imagefolder" layout of Hugging Face datasets):
               column file_name is a path relative to the table, column text, caption or prompt the caption (in JSON
               also a list of captions); a picture listed twice has both captions

A sidecar beside a picture wins over the table. Optional columns: licence (or license), attribution, and split_group
(pictures of one group land on the same side of the train/validation split). Nothing here stops at the first problem:
every function returns what it could read and the problems it met.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SIDECARS = (".txt", ".caption")
TABLES = ("metadata.jsonl", "metadata.csv")
CAPTION_COLUMNS = ("text", "caption", "prompt")
LICENCE_COLUMNS = ("licence", "license")
SIDECAR_BYTES = 2**20
TABLE_BYTES = 2**30


@dataclass(frozen=True)
class Problem:
    """A file that cannot be used, and why. ``kind`` is "broken" for pictures, tables and sidecars nobody can read and
    "caption" for a picture without one."""

    path: str
    reason: str
    kind: str = "broken"


@dataclass
class Row:
    """What a table says about one picture (captions grow while the table is read)."""

    captions: list[str] = field(default_factory=list)
    licence: str | None = None
    attribution: str | None = None
    split_group: str | None = None


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


def read_table(root: Path, path: str, problems: list[Problem]) -> Table:
    """A metadata.jsonl or metadata.csv file; ``path`` is relative to ``root``."""
    text = _text(root, path, TABLE_BYTES, problems)
    records = _csv_records if path.endswith(".csv") else _json_records
    folder = path.rpartition("/")[0]
    column: str | None = None
    rows = dict[str, Row]()
    for number, record in records(text or "", path, problems):
        name = record.get("file_name")
        if not isinstance(name, str) or not name:
            problems.append(Problem(path, f"line {number} has no file_name; every row needs one"))
            continue
        row = rows.setdefault(_joined(folder, name), Row())
        found = next((key for key in CAPTION_COLUMNS if record.get(key) is not None), None)
        column = column or found
        if found is not None:
            row.captions += _captions(record[found], f"line {number}, column {found}", path, problems)
        row.licence = _string(record, LICENCE_COLUMNS) or row.licence
        row.attribution = _string(record, ("attribution",)) or row.attribution
        row.split_group = _string(record, ("split_group",)) or row.split_group
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
    try:
        return [(reader.line_num, {key: value for key, value in row.items() if key}) for row in reader]
    except csv.Error as error:
        problems.append(Problem(path, f"line {reader.line_num} is not CSV ({error})"))
        return []


def _text(root: Path, path: str, most_bytes: int, problems: list[Problem]) -> str | None:
    try:
        if (root / path).stat().st_size > most_bytes:
            problems.append(Problem(path, f"has more than {most_bytes} bytes"))
            return None
        return (root / path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(path, f"is not UTF-8 text (byte {error.start}); save it as UTF-8"))
    except OSError as error:
        problems.append(Problem(path, f"cannot be read ({error.strerror})"))
    return None
