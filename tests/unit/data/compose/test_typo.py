from __future__ import annotations

import pytest

from unfog.data.compose.typo import misspelt, with_typos
from unfog.util.random import Dice, Draw


def distance(a: str, b: str) -> int:
    """Edits (insert, delete, replace, swap neighbours) from one word to another: optimal string alignment."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@pytest.mark.parametrize("word", ["turtle", "blue", "noon", "pizza", "quiz", "background"])
def test_one_edit_behind_the_first_letter(word):
    seen = {misspelt(word, Dice(3, k, Draw.TEST)) for k in range(300)}
    assert all(distance(word, other) == 1 and other[0] == word[0] for other in seen)
    assert {len(other) - len(word) for other in seen} == {-1, 0, 1}
    assert len(seen) > 5


def test_at_least_one_word_is_hit_and_short_words_and_numbers_never():
    text = "3 small red turtles on a green background"
    hits = 0
    for k in range(200):
        changed = with_typos(text, Dice(4, k, Draw.TEST)).split(" ")
        assert len(changed) == 8
        edits = [distance(a, b) for a, b in zip(text.split(" "), changed, strict=True)]
        assert max(edits) == 1
        assert [edits[at] for at in (0, 2, 4, 5)] == [0, 0, 0, 0]
        hits += sum(edits)
    assert 1.1 < hits / 200 < 1.7  # four words at 0.3, at least one
    assert with_typos("a red fox", Dice(4, 1, Draw.TEST)) == "a red fox"
