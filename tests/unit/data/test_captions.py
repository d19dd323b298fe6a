"""Sidecars and tables as people write them; what cannot be read is named, and the rest is still read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unfog.data.captions import Problem, Row, Table, read_sidecar, read_table, tidy


def sidecar(root: Path, data: bytes) -> tuple[tuple[str, ...], list[Problem]]:
    (root / "a.txt").write_bytes(data)
    problems = list[Problem]()
    return read_sidecar(root, "a.txt", problems), problems


def table(root: Path, name: str, text: str) -> tuple[Table, list[str]]:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8", newline="")
    problems = list[Problem]()
    found = read_table(root, name, problems)
    assert all(problem.path == name for problem in problems)
    return found, [problem.reason for problem in problems]


def jsonl(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_every_line_is_a_caption(tmp_path: Path) -> None:
    assert sidecar(tmp_path, "a red  fox\r\n\r\n \tzwei\tgrüne Sterne \na red fox".encode()) == (
        ("a red fox", "zwei grüne Sterne"),
        [],
    )
    assert sidecar(tmp_path, b"\xef\xbb\xbfwith a mark\n") == (("with a mark",), [])
    assert sidecar(tmp_path, b" \n\n") == ((), [])


def test_letters_have_one_spelling() -> None:
    assert tidy("Cafe\u0301\u00a0 noir\u2028") == "Caf\u00e9 noir"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"fine\xff\xfe", "is not UTF-8 text (byte 4); save it as UTF-8"),
        ("a fox".encode("utf-16"), "is not UTF-8 text (byte 3 is zero); save it as UTF-8"),
        ("a fox".encode("utf-16-le"), "is not UTF-8 text (byte 1 is zero); save it as UTF-8"),
    ],
)
def test_a_sidecar_that_is_no_text_is_named(tmp_path: Path, data: bytes, says: str) -> None:
    assert sidecar(tmp_path, data) == ((), [Problem("a.txt", says)])


def test_a_huge_sidecar_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    os.truncate(tmp_path / "a.txt", 2**40)  # sparse; reading it would take a terabyte
    problems = list[Problem]()
    assert read_sidecar(tmp_path, "a.txt", problems) == ()
    assert problems == [Problem("a.txt", "has more than 1048576 bytes")]
    assert read_sidecar(tmp_path, "gone.txt", problems) == ()
    assert problems[1] == Problem("gone.txt", "cannot be read (No such file or directory)")


def test_rows_of_a_json_table(tmp_path: Path) -> None:
    text = jsonl(
        {"file_name": "a.png", "text": "one", "licence": "CC0-1.0", "attribution": " Ann  B ", "split_group": "g"},
        {"file_name": "./sub\\b.png", "text": ["two", " ", "three"], "license": "MIT"},
        {"file_name": "a.png", "text": "uno", "other": {"ignored": 1}},
        {"image": "c.png", "caption": "from column image"},
    )
    found, problems = table(tmp_path, "metadata.jsonl", text + "\n")
    assert problems == []
    assert found == Table(
        "metadata.jsonl",
        "text",
        {
            "a.png": Row(["one", "uno"], "CC0-1.0", "Ann B", "g"),
            "sub/b.png": Row(["two", "three"], "MIT"),
            "c.png": Row(["from column image"]),
        },
    )


def test_further_columns_are_kept_if_asked_for(tmp_path: Path) -> None:
    text = jsonl(
        {"file_name": "a.png", "text": "one", "name": "x", "mirror": False, "other": 1},
        {"file_name": "a.png", "anchors": {"eyes": [0.5, 0.4]}, "name": None},
        {"file_name": "b.png", "name": ""},
    )
    (tmp_path / "metadata.jsonl").write_text(text, encoding="utf-8")
    rows = read_table(tmp_path, "metadata.jsonl", [], ("name", "mirror", "anchors")).rows
    assert rows["a.png"].columns == {"name": "x", "mirror": False, "anchors": {"eyes": [0.5, 0.4]}}
    assert rows["b.png"].columns == {}


def test_paths_are_relative_to_the_table(tmp_path: Path) -> None:
    found, _ = table(tmp_path, "deep/er/metadata.jsonl", jsonl({"file_name": "x/Cafe\u0301.png", "prompt": "p"}))
    assert list(found.rows) == ["deep/er/x/Caf\u00e9.png"]
    assert found.column == "prompt"


@pytest.mark.parametrize(
    "name",
    ["/etc/a.png", "\\\\server\\a.png", "C:\\a.png", "c:/a.png", "../a.png", "x/../../a.png", "x\\..\\a.png", ".."],
)
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    for kind, text in (
        ("metadata.jsonl", jsonl({"file_name": name, "text": "t"}, {"file_name": "a.png", "text": "fine"})),
        ("metadata.csv", f'file_name,text\n"{name}",t\na.png,fine\n'),
    ):
        found, problems = table(tmp_path, kind, text)
        assert found.rows == {"a.png": Row(["fine"])}
        line = {"metadata.jsonl": 1, "metadata.csv": 2}[kind]
        assert problems == [f"line {line} names {name!r}; file_name is a path below the table's folder"]


def test_names_that_only_look_like_it_are_fine(tmp_path: Path) -> None:
    names = ["..a.png", "a..png", "x/...b.png", "c: d.png", ".../e.png"]
    found, problems = table(tmp_path, "metadata.jsonl", jsonl(*({"file_name": name, "text": "t"} for name in names)))
    assert problems == []
    assert list(found.rows) == names


def test_every_bad_line_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    lines = [
        '{"file_name": "a.png", "text": "fine"}',
        "not json",
        "[1, 2]",
        '{"text": "nobody"}',
        '{"file_name": 7, "text": "number"}',
        '{"file_name": "b.png", "text": {"en": "x"}}',
        '{"file_name": "c.png", "text": ["fine", 3]}',
        '{"file_name": "d.png", "text": "half \\ud83d"}',
        '{"file_name": "e.png", "text": "whole \\ud83d\\ude00"}',
        "[" * 200_000,
        '{"file_name": "f.png", "text": null}',
    ]
    found, problems = table(tmp_path, "metadata.jsonl", "\n".join(lines))
    assert found.rows == {
        "a.png": Row(["fine"]),
        "b.png": Row(),
        "c.png": Row(),
        "e.png": Row(["whole \U0001f600"]),
        "f.png": Row(),
    }
    starts = [
        "line 2 is not JSON",
        "line 3 is not an object",
        "line 8 holds half of a surrogate pair",
        "line 10 is not JSON",
        "line 4 has no file_name",
        "line 5 has no file_name",
        "line 6, column text is \"{'en': 'x'}\"; a caption is a string or a list of strings",
        "line 7, column text is \"['fine', 3]\"",
    ]
    assert len(problems) == len(starts)
    assert [start for start, problem in zip(starts, problems, strict=True) if not problem.startswith(start)] == []


def test_rows_of_a_csv_table(tmp_path: Path) -> None:
    text = '\ufefffile_name,caption,license\r\na.png,"a fox, ""red""\nand small",MIT\r\nb.png,,\r\n\r\nc.png\r\n'
    found, problems = table(tmp_path, "metadata.csv", text)
    assert problems == []
    assert found.column == "caption"
    assert found.rows == {"a.png": Row(['a fox, "red" and small'], "MIT"), "b.png": Row(), "c.png": Row()}


def test_an_unquoted_comma_does_not_end_a_caption_silently(tmp_path: Path) -> None:
    found, problems = table(tmp_path, "metadata.csv", "file_name,text\na.png,a round, red ball\nb.png,fine\n")
    assert problems == ["line 2 has more than 2 fields; put texts with commas in quotes"]
    assert found.rows == {"b.png": Row(["fine"])}


def test_a_csv_table_with_other_columns_says_which(tmp_path: Path) -> None:
    found, problems = table(tmp_path, "metadata.csv", "path;text\na.png;fox\n")
    assert problems == ["has the columns path;text; one must be file_name"]
    assert found.rows == {}


def test_broken_quotes_end_a_csv_table_with_a_problem(tmp_path: Path) -> None:
    found, problems = table(tmp_path, "metadata.csv", 'file_name,text\na.png,fine\nb.png,"x"y\nc.png,lost\n')
    assert found.rows == {"a.png": Row(["fine"])}
    assert len(problems) == 1
    assert problems[0].startswith("is not CSV after line 2 (")
    assert problems[0].endswith("; the rest was not read")


def test_an_empty_table_is_no_problem(tmp_path: Path) -> None:
    for name in ("metadata.jsonl", "metadata.csv"):
        assert table(tmp_path, name, "") == (Table(name, None, {}), [])
