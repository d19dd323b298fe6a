"""Commands in this process, as a person would type them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from unfog.cli.main import run

PROMPT = "a red circle"


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        assert self.code == 0, self.err
        return json.loads(self.out)


class Unfog:
    """``unfog(*arguments)`` with one thread, under a home of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: object) -> Said:
        self.capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = self.capsys.readouterr()
        return Said(int(code), out, err)

    def error(self, *arguments: object) -> tuple[int, str]:
        """Exit code and the one line of a command that must fail."""
        said = self(*arguments)
        assert said.code != 0
        assert said.out == ""
        (line,) = said.err.splitlines()
        assert line.startswith("unfog: ")
        assert line.isprintable()
        return said.code, line.removeprefix("unfog: ")


def tree(folder: Path) -> list[str]:
    """Everything below a folder, hidden files included."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
