"""The table of common English words."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from tests.support.tools import tool

from unfog.data.compose.nouns import plural_word
from unfog.text.common import FILE, common_words


@pytest.fixture(scope="module")
def maker(repo: Path) -> ModuleType:
    return tool(repo, "common_words")


def test_what_is_a_common_word():
    assert {"hive", "hives", "moist", "grove", "shaping", "dragged"} <= common_words()
    assert common_words().isdisjoint({"haev", "trutle", "caat", "ha", "", "# From SCOWL"})


def test_the_table_says_nothing_twice(maker):
    lines = [line for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines == sorted(set(lines))
    assert not {plural_word(line) for line in lines if plural_word(line) != line} & set(lines)
    assert len(lines) > 10_000


def test_which_words_the_table_holds(maker, tmp_path):
    for kind in ("english", "american", "british"):
        for size, words in (
            (10, "hive have caves cave zebra ha I d'you"),
            (20, "café shipping sipping"),
            (35, "rare care"),
        ):
            (tmp_path / f"{kind}-words.{size}").write_text("\n".join(words.split()), "latin-1")
    words = maker.words_in(tmp_path, 20)
    assert words == {"hive", "have", "caves", "cave", "zebra", "shipping", "sipping"}
    assert maker.alike(words) == {"hive", "have", "shipping", "sipping"}  # "cave" and "caves" are one word
    assert maker.alike(maker.words_in(tmp_path, 35)) == {"hive", "have", "shipping", "sipping", "cave", "care"}
    assert maker.without_plurals({"cave", "caves", "hives"}) == {"cave", "hives"}
