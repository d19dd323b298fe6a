"""Pictures as characters: read back from the escapes as a terminal would show them."""

from __future__ import annotations

import io
import os
import pty
import re

import pytest
import torch
from torch import Tensor

from unfog.media.terminal import GAP, RAMP, RESET, colour_depth, fit, paint, palette, width_of

CELL = re.compile(r"\x1b\[38;(2;\d+;\d+;\d+|5;\d+);48;(2;\d+;\d+;\d+|5;\d+)m▀|( )|\x1b\[0m")


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def file() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO())


def numbers(*shape: int) -> Tensor:
    return (torch.arange(torch.Size(shape).numel()) * 37 % 256).to(torch.uint8).reshape(shape)


def shown(text: str) -> list[list[tuple[int, ...] | None]]:
    """Rows of pixels; ``None`` where nothing is painted."""
    rows: list[list[tuple[int, ...] | None]] = []
    for line in text.splitlines():
        cells = [m for m in CELL.finditer(line) if m[0] != RESET]
        assert "".join(m[0] for m in CELL.finditer(line)) == line
        rows += [[tuple(map(int, m[n].split(";")[1:])) if m[n] else None for m in cells] for n in (1, 2)]
    return rows


def pixel(picture: Tensor, y: int, x: int) -> tuple[int, ...]:
    return tuple(picture[:, y, x].tolist())


def test_every_pixel_has_its_colour():
    picture = numbers(3, 6, 5)
    rows = shown(paint([picture], columns=80, depth="true"))
    assert rows == [[pixel(picture, y, x) for x in range(5)] for y in range(6)]


def test_an_odd_last_row_is_repeated():
    picture = numbers(3, 3, 2)
    rows = shown(paint([picture], columns=80, depth="true"))
    assert len(rows) == 4
    assert rows[3] == rows[2] == [pixel(picture, 2, 0), pixel(picture, 2, 1)]


def test_pictures_stand_side_by_side_as_far_as_there_is_room():
    one, two, three = numbers(3, 2, 5), numbers(3, 4, 5).flip(1), numbers(1, 2, 5)
    rows = shown(paint([one, two, three], columns=5 + GAP + 5, depth="true"))
    assert len(rows) == 4 + 2 + 2  # an empty line is two rows of pixels
    assert rows[0] == [*(pixel(one, 0, x) for x in range(5)), *[None] * GAP, *(pixel(two, 0, x) for x in range(5))]
    assert rows[3] == [*[None] * (5 + GAP), *(pixel(two, 3, x) for x in range(5))]  # below the lower picture: blank
    assert rows[4] == rows[5] == []
    assert rows[7] == [pixel(three, 1, x) * 3 for x in range(5)]
    narrow = shown(paint([one, two], columns=5 + GAP + 4, depth="true"))
    assert max(map(len, narrow)) == 5


def test_a_wide_picture_is_averaged_and_a_small_one_is_not_enlarged():
    picture = torch.zeros(3, 8, 12, dtype=torch.uint8)
    picture[0, :, 1::2] = 201
    small = fit(picture, 6)
    assert small.shape == (3, 4, 6)
    assert small[0].unique().tolist() == [100]  # 100.5, rounded to even
    assert fit(picture, 12).shape == (3, 8, 12)
    assert fit(picture, 1000).shape == (3, 8, 12)
    assert fit(picture, 1).shape == (3, 2, 1)


@pytest.mark.parametrize(
    ("rgb", "number"),
    [
        ((0, 0, 0), 16),
        ((255, 255, 255), 231),
        ((255, 0, 0), 196),
        ((0, 0, 95), 17),
        ((90, 140, 200), 16 + 36 * 1 + 6 * 2 + 4),
        ((8, 8, 8), 232),
        ((127, 128, 129), 244),  # 8 + 10 * 12 = 128
        ((238, 238, 238), 255),
    ],
)
def test_the_palette_has_the_nearest_colour(rgb, number):
    assert palette(rgb) == number


def test_256_colours_are_used_where_there_are_no_more():
    picture = torch.tensor([255, 0, 0], dtype=torch.uint8)[:, None, None].expand(3, 2, 1)
    assert paint([picture], columns=9, depth="256").splitlines()[0] == f"\x1b[38;5;196;48;5;196m▀{RESET}"


def test_without_colour_brightness_is_a_character():
    ramp = torch.linspace(0, 255, 10).round().to(torch.uint8)
    text = paint([ramp.expand(1, 2, 10)], columns=80, depth="none")
    assert text.splitlines()[0] == RAMP.rstrip() or text.splitlines()[0] == RAMP
    half = torch.tensor([[0], [255]], dtype=torch.uint8)[None]
    assert paint([half], columns=80, depth="none").splitlines()[0] == RAMP[len(RAMP) // 2 - 1]
    green = torch.tensor([0, 255, 0], dtype=torch.uint8)[:, None, None].expand(3, 2, 1)
    assert paint([green], columns=9, depth="none").splitlines()[0] == RAMP[5]  # 0.587


def test_nothing_is_painted_for_no_picture():
    assert paint([], columns=80, depth="true") == ""


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true"),
        ({"COLORTERM": "24bit"}, "true"),
        ({"TERM": "xterm-kitty"}, "true"),
        ({"TERM": "xterm-direct"}, "true"),
        ({"WT_SESSION": "1"}, "true"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "none"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "none"),
        ({"NO_COLOR": "", "COLORTERM": "truecolor"}, "true"),  # no-color.org: only if not empty
    ],
)
def test_what_a_terminal_can_show(environment, depth):
    assert colour_depth(Terminal(io.BytesIO()), environment) == depth
    assert colour_depth(file(), environment) == "none"


def test_width_of_no_terminal_and_of_one_that_does_not_say():
    assert width_of(file()) == 80
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        assert os.get_terminal_size(stream.fileno()).columns == 0
        assert width_of(stream) == 80
    os.close(master)
