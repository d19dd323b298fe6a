"""What is read of a body, before anything else is done with it."""

from __future__ import annotations

import itertools
import json
import sys

import pytest

from unfog.server import answers
from unfog.server.answers import PARTS_LIMIT, json_of
from unfog.util.errors import UsageError


@pytest.mark.parametrize("part", ["1,", "[],", "{},", '"",', '"a":1,'])
def test_bodies_of_too_many_parts_are_refused_before_they_are_read(part, monkeypatch):
    monkeypatch.setattr(answers, "json", None)
    with pytest.raises(UsageError, match=f"more than {PARTS_LIMIT} strings, brackets and commas"):
        json_of(f"[{part * PARTS_LIMIT}1]".encode())


def test_no_more_of_a_body_is_looked_at_than_it_takes_to_refuse_it(monkeypatch):
    monkeypatch.setattr(answers, "depths", lambda text: itertools.count() if text == "deep" else itertools.repeat(1))
    with pytest.raises(UsageError, match="nested more than 32 deep"):
        json_of(b"deep")
    with pytest.raises(UsageError, match="strings, brackets and commas"):
        json_of(b"long")


def test_a_body_may_have_many_parts():
    data = {"ids": [["x"]] * (PARTS_LIMIT // 8)}
    assert json_of(json.dumps(data).encode()) == data


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\u96ea", "\U0001f600"])
def test_a_long_text_is_not_looked_at_letter_by_letter(letter):
    """Whatever is called or resumed is counted: in Python, a letter would be at least once."""
    calls, data = 0, json.dumps([letter * 10_000]).encode()

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = json_of(data)
    finally:
        sys.setprofile(before)
    assert found == [letter * 10_000]
    assert 0 < calls < 500


@pytest.mark.parametrize("text", [r'"a\ud800"', r'{"\udc00": 1}', r'["\ude00\ud83d"]', '"é\\ud800"'])
def test_half_a_character_is_refused(text):
    with pytest.raises(UsageError, match="unpaired surrogate"):
        json_of(text.encode())


def test_two_halves_are_a_character():
    assert json_of(rb'"\ud83d\ude00"') == "\U0001f600"
