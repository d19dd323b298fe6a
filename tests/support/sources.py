"""What the house rules ask of a file of Python, found in one walk of its tree."""

from __future__ import annotations

import ast
from typing import NamedTuple


class Call(NamedTuple):
    """Where, of what (a dotted name, see ``chain``), and the names of its keywords."""

    line: int
    name: str
    keywords: set[str | None]


class Function(NamedTuple):
    """Where a function begins and how many lines it has."""

    line: int
    name: str
    length: int


class Source(NamedTuple):
    """One file."""

    lines: int
    calls: list[Call]
    imports: list[str]  # modules, relative ones left out
    functions: list[Function]


def read_source(text: str) -> Source:
    """Everything that is asked of the file with this text.

    Raises:
        SyntaxError: it is no Python.
    """
    found = Source(len(text.splitlines()), [], [], [])
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            found.calls.append(Call(node.lineno, chain(node.func), {keyword.arg for keyword in node.keywords}))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            found.functions.append(Function(node.lineno, node.name, length))
        elif isinstance(node, ast.Import):
            found.imports.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.imports.append(node.module)
    return found


def chain(node: ast.expr) -> str:
    """``a.b.c`` of an attribute chain; "" at the front if it starts with something else than a name."""
    if isinstance(node, ast.Attribute):
        return f"{chain(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
