"""Server-sent events as they are written."""

from __future__ import annotations

import json

import pytest

from unfog.server.sse import written


def test_an_event():
    assert written("step", {"i": 1}, 7) == b'event: step\ndata: {"i": 1}\nid: 7\n\n'
    assert written("shutdown", {}) == b"event: shutdown\ndata: {}\n\n"


@pytest.mark.parametrize("text", ["two\nlines\r", "\u2028 and \x85", "ein Löwe", "\ud800"])
def test_whatever_is_said_is_one_line_to_every_client(text):
    """Python's own ``splitlines`` knows more ends of lines than the standard, and clients use it."""
    lines = written("note", {"message": text}, 1).decode("ascii").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["event", "data", "id", ""]
    assert json.loads(lines[1].removeprefix("data: ")) == {"message": text}
