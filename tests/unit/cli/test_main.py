"""Every failure becomes one line and its exit code."""

from __future__ import annotations

import errno

import pytest
import torch
import typer

from unfog import __version__
from unfog.cli import main
from unfog.util import errors
from unfog.util.errors import Exit


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.DiskError("cannot write a\nb"), Exit.DISK, "cannot write a\\nb"),
        (errors.RecipeError("r"), Exit.RECIPE, "r"),
        (errors.InterruptedRunError("saved"), Exit.INTERRUPTED, "saved"),
        (KeyboardInterrupt(), Exit.CTRL_C, "stopped"),
        (typer.Abort(), Exit.CTRL_C, "stopped"),
        (typer.BadParameter("no\x1b[2J such"), Exit.USAGE, "Invalid value: no\\x1b[2J such. See `unfog --help`."),
        (MemoryError(), Exit.MEMORY, "out of memory: ask for a smaller --size or a smaller batch"),
        (torch.OutOfMemoryError("CUDA"), Exit.MEMORY, "out of memory: ask for a smaller --size or a smaller batch"),
        (
            RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate memory: you tried"),
            Exit.MEMORY,
            "out of memory: ask for a smaller --size or a smaller batch",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "a\x07b"),
            Exit.DISK,
            "a\\x07b: Permission denied; check the path and its permissions",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_failures_of_people_and_machines(error, code, line):
    assert main.failure(error) == (code, line)


@pytest.mark.parametrize("error", [RuntimeError("a\nb"), KeyError("k"), OSError(5, "no file named"), AssertionError()])
def test_our_own_bugs(error):
    code, line = main.failure(error)
    assert code == Exit.INTERNAL
    assert line.startswith(f"internal error ({type(error).__name__}: ")
    assert line.endswith("please report it with the traceback: set UNFOG_DEBUG=1")
    assert line.isprintable()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["genrate"], "No such command 'genrate'. Did you mean 'generate'? See `unfog --help`."),
        (["generate"], "Missing argument 'PROMPT'. See `unfog generate --help`."),
        (["generate", "a", "--stesp", "3"], "No such option: --stesp"),
        (["model"], "Missing command. See `unfog model --help`."),
        (["model", "shwo"], "No such command 'shwo'. Did you mean 'show'? See `unfog model --help`."),
    ],
)
def test_wrong_words_lead_to_the_help(capsys, arguments, said):
    assert main.run(arguments) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"unfog: {said}")
    assert err.count("\n") == 1


def test_help_and_version(capsys):
    assert main.run([]) == main.run(["--help"]) == 0
    out, err = capsys.readouterr()
    assert out[: len(out) // 2] == out[len(out) // 2 :]
    assert "generate  Make pictures from a sentence." in out
    assert err == ""
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"unfog {__version__}\n"


def test_the_traceback_is_there_for_those_who_ask(capsys, monkeypatch):
    assert main.run(["generate", "a", "--model", "no/such"]) == Exit.MODEL
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setenv("UNFOG_DEBUG", "1")
    assert main.run(["generate", "a", "--model", "no/such"]) == Exit.MODEL
    assert capsys.readouterr().err.startswith("Traceback (most recent call last)")
