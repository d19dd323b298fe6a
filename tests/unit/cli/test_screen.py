"""Pictures painted over each other in place, read as a terminal would show them."""

from __future__ import annotations

import io
import os
import re

import pytest
import torch
from torch import Tensor

from unfog.cli.screen import Screen
from unfog.media.terminal import inside, moves, repainted

COLOURS = {"TERM": "xterm", "COLORTERM": "truecolor"}
MOVE = re.compile(r"\x1b\[(\d*)([AKJ])|\x1b\[[\d;]*m|(\r)|(\n)|(.)")


class Terminal(io.StringIO):
    """24 rows of 80 columns."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0


@pytest.fixture
def terminal(monkeypatch) -> Terminal:
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((80, 24)))
    return Terminal()


def flat(value: int, side: int = 6) -> Tensor:
    return torch.full((3, side, side), value, dtype=torch.uint8)


def seen(text: str) -> list[str]:
    """The lines on a terminal after all of ``text`` was written to it."""
    lines, row, column = [""], 0, 0
    for number, move, back, down, mark in MOVE.findall(text):
        if move == "A":
            row -= int(number)
            assert row >= 0
        elif move == "K":
            lines[row] = lines[row][:column]
        elif move == "J":
            lines[row:] = [lines[row][:column]]
        elif back:
            column = 0
        elif down:
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif mark:
            lines[row] = lines[row][:column].ljust(column) + mark + lines[row][column + 1 :]
            column += 1
    return lines


def test_a_picture_is_painted_over_the_one_before_and_then_wiped_out(terminal):
    screen = Screen(terminal, COLOURS)
    assert screen.moves
    terminal.write("above\n")
    for value in (10, 20, 30):
        screen.preview(flat(value)[None])
        assert seen(terminal.getvalue()) == ["above", *["▀" * 6] * 3, "", ""]
    assert "38;2;30;30;30" in terminal.getvalue()
    screen.preview(flat(40, side=4)[None])  # a smaller one leaves nothing of the larger
    assert seen(terminal.getvalue()) == ["above", *["▀" * 4] * 2, "", ""]
    screen.add(flat(50))
    assert seen(terminal.getvalue()) == ["above", ""]
    screen.preview(flat(60)[None])
    screen.add(flat(70))
    screen.finish()
    assert seen(terminal.getvalue()) == ["above", *["▀" * 6 + "  " + "▀" * 6] * 3, "", ""]
    assert "38;2;70;70;70" in terminal.getvalue()


def test_where_the_cursor_cannot_move_there_are_the_finished_pictures_only(terminal):
    for stream, environment in ((io.StringIO(), COLOURS), (terminal, {"TERM": "dumb"})):
        screen = Screen(stream, environment)
        assert not screen.moves
        screen.preview(flat(200)[None])
        assert stream.getvalue() == ""
        screen.add(flat(200))
        screen.finish()
        assert stream.getvalue().splitlines() == ["#" * 6] * 3 + [""]


def test_a_moving_picture_fits_the_terminal(terminal):
    assert inside(64, 64, columns=80, rows=24) == 44
    assert inside(64, 64, columns=30, rows=24) == 30
    assert inside(64, 32, columns=200, rows=24) == 88
    assert inside(64, 64, columns=80, rows=1) == 2
    screen = Screen(terminal, COLOURS)
    screen.preview(flat(10, side=64)[None])
    assert screen.lines <= 24


def test_a_terminal_that_moves(terminal):
    assert moves(terminal, {"TERM": "xterm"})
    assert moves(terminal, {"TERM": "xterm", "NO_COLOR": "1"})
    assert not moves(terminal, {})
    assert repainted("a\nb", 0) == "a\x1b[K\nb\x1b[K\n"
    assert repainted("a", 2) == "\x1b[2A\ra\x1b[K\n\x1b[J"
