"""AND, NOT and weights are read where they are meant, and nowhere else."""

from __future__ import annotations

import pytest

from unfog.text.prompt import PARTS, Composition, parse, parts_of
from unfog.util.errors import UsageError


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("a red circle AND a blue square", [("a red circle", 1), ("a blue square", 1)]),
        ("a cat :1.2 AND a dog :0.5", [("a cat", 1.2), ("a dog", 0.5)]),
        ("a beach NOT people", [("a beach", 1), ("people", -1)]),
        ("a beach AND NOT people:0.5, NOT dogs : .25", [("a beach", 1), ("people", -0.5), ("dogs", -0.25)]),
        ("NOT people", [("people", -1)]),
        ("NOT people AND a beach", [("people", -1), ("a beach", 1)]),
        ("a cat AND a dog :-1", [("a cat", 1), ("a dog", -1)]),
        ("a\nAND\n b,, AND\tNOT c", [("a", 1), ("b", 1), ("c", -1)]),
        ("12:30 AND a sign: stop AND a smile :-) AND (a cat:1.2)", None),
        ("a :+1e0 AND b :0", [("a", 1), ("b", 0)]),
    ],
)
def test_parts(prompt, parts):
    found = parse(prompt)
    assert isinstance(found, Composition)
    if parts is None:  # colons that belong to the words
        parts = [(text, 1) for text in ("12:30", "a sign: stop", "a smile :-)", "(a cat:1.2)")]
    assert [(part.text, part.weight) for part in found.parts] == parts
    assert parts_of(found) == found.parts


@pytest.mark.parametrize(
    "prompt",
    ["", " ", "a red circle", "a cat and a dog, not a bird", "a cat :1.5", "ANDROID NOTES", "an AND-gate, 'NOT'"],
)
def test_a_text_without_them_stays_as_it_is(prompt):
    assert parse(prompt) == prompt
    ((text, weight),) = [(part.text, part.weight) for part in parts_of(parse(prompt))]
    assert (text, weight) == (prompt, 1)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("a AND AND b", "a part of 'a AND AND b' has none"),
        ("NOT", "a part of 'NOT' has none"),
        ("a NOT", "a part of 'a NOT' has none"),
        ("AND a", "words on both sides"),
        ("a NOT NOT b", "words on both sides"),
        ("a AND , AND b", "words on both sides"),
        (" :2 AND b", "words on both sides"),
        ("a :nan AND b", "'nan' is no weight of 'a': write a number from -10 to 10 after the colon"),
        ("a AND b :-inf", "'-inf' is no weight"),
        ("a AND b :1e999", "'1e999' is no weight"),
        ("a AND b :10.5", "'10.5' is no weight"),
        ("a AND b :1,5", "'1,5' is no weight"),
        ("a NOT b :-1", "NOT 'b' has the weight -1; NOT turns the sign already"),
        (" AND ".join("a" * (PARTS + 1)), "at most 16 parts between AND and NOT, this one 17"),
    ],
)
def test_what_has_no_meaning_is_refused(prompt, said):
    with pytest.raises(UsageError) as found:
        parse(prompt)
    assert said in str(found.value)


def test_as_many_parts_as_are_allowed_and_long_texts():
    assert len(parts_of(parse(" AND ".join("a" * PARTS)))) == PARTS
    with pytest.raises(UsageError) as found:
        parse("x" * 4000 + " AND")
    assert len(str(found.value)) < 300
