"""One thing per file, one step per function."""

from __future__ import annotations

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 70


def test_files_are_short(modules):
    assert {name: source.lines for name, source in modules.items() if source.lines > MOST_LINES_OF_A_FILE} == {}


def test_functions_are_short(modules):
    long = {
        f"{name}:{function.line} {function.name}": function.length
        for name, source in modules.items()
        for function in source.functions
        if function.length > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}
