"""Every threat of docs/security.md has its attack test, and every attack test its row: neither can rot."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROWS = {f"T{k}" for k in range(1, 39)}
FOLDERS = ("tests/attacks", "tests/browser")
ROW = re.compile(r"\bT\d{1,2}\b")


def named(repo: Path) -> dict[str, set[str]]:
    """The rows that the docstrings of each test file name, its own and those of its tests."""
    found = dict[str, set[str]]()
    for folder in FOLDERS:
        for path in sorted((repo / folder).glob("test_*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
            texts = [ast.get_docstring(node) or "" for node in (tree, *tests)]
            found[path.relative_to(repo).as_posix()] = {row for text in texts for row in ROW.findall(text)}
    return found


def table(repo: Path) -> dict[str, set[str]]:
    """The files that docs/security.md names for each row."""
    found = dict[str, set[str]]()
    for line in (repo / "docs/security.md").read_text(encoding="utf-8").splitlines():
        if re.match(r"\| T\d", line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found[cells[0].split()[0]] = set(re.findall(r"tests/\w+/test_\w+\.py", cells[-1]))
    return found


def test_every_row_is_attacked(repo):
    assert ROWS - set().union(*named(repo).values()) == set()
    assert set().union(*named(repo).values()) <= ROWS


def test_the_table_says_where(repo):
    listed, files = table(repo), named(repo)
    assert list(listed) == sorted(ROWS, key=lambda row: int(row[1:]))
    for row, paths in listed.items():
        assert paths, row
        for path in paths:
            assert row in files[path], (row, path)
    for path, rows in files.items():
        assert {row for row in rows if path not in listed[row]} == set(), path


def test_every_attack_test_has_its_row(repo):
    assert [path for path, rows in named(repo).items() if path.startswith("tests/attacks/") and not rows] == []
