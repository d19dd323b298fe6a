"""Frames between processes."""

from __future__ import annotations

import asyncio
import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unfog.server.wire import HEAD, MOST, pack, receive, take

PLAIN = st.none() | st.booleans() | st.integers() | st.text()
JSON = PLAIN | st.lists(PLAIN | st.lists(PLAIN, max_size=2), max_size=3)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(max_size=9), JSON, max_size=4), st.binary(max_size=99))
def test_frames_come_as_they_went(message, blob):
    twice = io.BytesIO(pack(message, blob) + pack({}, b"end"))
    assert take(twice) == (message, blob)
    assert take(twice) == ({}, b"end")
    assert take(twice) is None


def test_half_a_frame_is_none():
    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(pack({"a": 1}, b"xyz")[:-1])
        reader.feed_eof()
        return await receive(reader)

    assert asyncio.run(run()) is None


def test_frames_that_are_far_too_large_are_refused_unread():
    with pytest.raises(ValueError, match=str(MOST)):
        take(io.BytesIO(HEAD.pack(MOST, 1)))
    assert struct.calcsize(">II") == HEAD.size


def test_numbers_that_json_does_not_know_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        pack({"a": float("nan")})
