"""Errors: one exit code each, one line always."""

from __future__ import annotations

import pytest

from unfog.util import errors
from unfog.util.errors import Exit, UnfogError, one_line

CODES = {
    "UsageError": 2,
    "DiskError": 3,
    "LockedError": 4,
    "DataError": 5,
    "DivergedError": 6,
    "MemoryLimitError": 7,
    "ModelError": 8,
    "RecipeError": 9,
    "InterruptedRunError": 75,
}


def test_every_error_has_its_exit_code():
    assert {kind.__name__: int(kind.exit_code) for kind in UnfogError.__subclasses__()} == CODES
    assert {name: int(code) for name, code in Exit.__members__.items() if code in (0, 70, 130)} == {
        "OK": 0,
        "INTERNAL": 70,
        "CTRL_C": 130,
    }


def test_exit_codes_are_distinct():
    assert len(set(Exit)) == len(Exit.__members__) == 12


@pytest.mark.parametrize("name", CODES)
def test_errors_are_value_errors_for_callers_from_python(name):
    with pytest.raises(ValueError, match=r"^steps = 0: use 1 to 1000$"):
        raise getattr(errors, name)("steps = 0: use 1 to 1000")


def test_a_message_stays_one_printable_line():
    hostile = "a\nb\r\x1b]0;title\x07\u2028c\ud800 日本 é"
    shown = one_line(hostile)
    assert shown == "a\\nb\\r\\x1b]0;title\\x07\\u2028c\\ud800 日本 é"
    assert len(shown.splitlines()) == 1
    assert str(UnfogError(hostile)) == shown
    shown.encode("utf-8")
