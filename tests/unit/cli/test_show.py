"""Watching a job: JSON alone on stdout, everything else on stderr, and nothing from strangers raw."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import torch
from tests.support.recipes import recipe_of

from unfog.cli import show
from unfog.cli.parse import seed_of, size_of
from unfog.cli.screen import Screen
from unfog.jobs.events import Event, Note, Picture, Preview, Progress, Result
from unfog.util.errors import UsageError

PIXELS = torch.zeros(3, 8, 8, dtype=torch.uint8)


def job() -> Iterator[Event]:
    yield Progress(1, 2, "half")
    yield Note("careful\x1b[2J")
    yield Preview(PIXELS[None])
    yield Picture(PIXELS, PIXELS[:, :4], recipe_of())
    yield Result({"files": ["a\nb"], "n": 3})


def test_json_is_alone_on_stdout(capsys):
    screen = Screen(io.StringIO(), {})
    payload = show.follow(job(), as_json=True, screen=screen)
    out, err = capsys.readouterr()
    assert json.loads(out) == payload == {"files": ["a\nb"], "n": 3}
    assert err == "unfog: note: careful\\x1b[2J\n"
    assert [p.shape for p in screen.pictures] == [(3, 4, 8)]  # as painted


def test_lines_for_a_person(capsys):
    show.follow(job(), as_json=False)
    assert capsys.readouterr().out == "files: ['a\\nb']\nn: 3\n"
    said: list[object] = []
    show.follow(job(), as_json=False, say=said.append)
    assert said == [{"files": ["a\nb"], "n": 3}]
    assert capsys.readouterr().out == ""


def test_without_a_terminal_there_is_a_line_now_and_then(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(show.time, "monotonic", lambda: now[0])
    log = show.Log()
    for k, at in enumerate((100.1, 129.9, 130.1, 150.0, 160.2)):
        now[0] = at
        log.advance(Progress(k, 9, "training"))
    assert capsys.readouterr().err == "2/9 training\n4/9 training\n"


@pytest.mark.parametrize(
    ("text", "size"), [(None, None), ("48x32", (48, 32)), ("48X32", (48, 32)), ("32", (32, 32)), ("0x7", (0, 7))]
)
def test_sizes(text, size):
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "x", "48x", "x32", "48x32x3", "-1x32", "4.5x3", "1e3x1", "48 x 32", "9" * 20])
def test_no_sizes(text):
    with pytest.raises(UsageError, match="is not a size; write WIDTHxHEIGHT"):
        size_of(text)


def test_seeds():
    assert seed_of(7) == 7
    assert seed_of(0) == 0
    assert all(0 <= seed_of(None) < 2**32 for _ in range(3))
    assert len({seed_of(None) for _ in range(9)}) > 1
