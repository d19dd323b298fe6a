"""One thing per file, one step per function."""

from __future__ import annotations

import ast

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 70


def test_files_are_short(repo, modules):
    lengths = {name: len((repo / name).read_text(encoding="utf-8").splitlines()) for name in modules}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_functions_are_short(modules):
    long = {
        f"{name}:{node.lineno} {node.name}": length
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}
