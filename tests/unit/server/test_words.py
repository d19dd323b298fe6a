"""How a model reads a text."""

from __future__ import annotations

import pytest
from tests.support.models import tiny_tokenizer

from unfog.config.manifest import Knowledge
from unfog.server.words import Reader, pieces, places
from unfog.text.reading import Misspelt, Reading

READER = Reader(tiny_tokenizer(), Reading(Knowledge(concepts=("circle", "star"), words="a red green above two the of")))


@pytest.mark.parametrize(
    ("phrase", "text", "spans"),
    [
        ("zebra", "a Zebra, zebra", [(2, 7), (9, 14)]),
        ("red fox", "red   fox", [(0, 9)]),
        ("a.b", "acb a.b", [(4, 7)]),
        ("", "x", []),
    ],
)
def test_places(phrase, text, spans):
    assert places(phrase, text) == spans


def test_a_typing_mistake_is_no_unknown_word_and_hides_none():
    found = pieces(READER, "a red circel above a stra frut", 16)
    assert "".join(token["text"] for token in found if not token["known"]).strip() == "frut"
    left_out = [token["text"] for token in pieces(READER, "a red circle, 4k", 16) if not token["known"]]
    assert left_out[-2:] == ["<0x34>", "<0x6B>"]
    fish = Misspelt("fsih", (4, 8), "fish")
    assert places("flying fish", "a flying fsih, flying  fish", [fish]) == [(2, 13), (15, 27)]


def test_tokens_of_a_word_that_was_never_shown_are_marked():
    found = pieces(READER, "a red zebra above a circle", 16)
    strange = "".join(token["text"] for token in found if not token["known"])
    assert strange.replace(" ", "").endswith("ebra")
    assert all(token["known"] for token in found if token["text"].strip() in ("red", "circle", "above"))
    assert [token["read"] for token in pieces(READER, "a red circle", 2)] == [True, True, False]
