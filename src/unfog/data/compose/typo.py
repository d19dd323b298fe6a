"""Typing mistakes: one edit in some of a caption's longer words, as fingers make them.

Swapped, dropped and doubled letters and neighbouring keys are the four classes of Damerau (1964, "A technique for
computer detection and correction of spelling errors"), with the first letter kept: it is rarely wrong.
"""

from __future__ import annotations

import re

from unfog.util.random import Dice

WORD = re.compile(r"[a-z]{4,}")
NEIGHBOURS = {
    key: row[k - 1 : k] + row[k + 1 : k + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for k, key in enumerate(row)
}
SHORT_WORD = re.compile(r"[a-z]{3,}")
FUNCTION_WORDS = frozenset(
    ("the", "and", "for", "with", "from", "into", "onto", "over", "under", "between", "through", "without", "their")
)
SHARE = 0.3  # of the words that can be hit


def misspelt(word: str, dice: Dice) -> str:
    """A word of two plain letters or more with one edit behind its first letter; it always differs."""
    at = dice.integer(1, len(word) - 1)
    kind = dice.integer(0, 3)
    if kind == 0:
        at = min(at, len(word) - 2)
        if word[at] != word[at + 1]:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + dice.choice(NEIGHBOURS[word[at]]) + word[at + 1 :]


def with_typos(text: str, dice: Dice) -> str:
    """The text with a mistake in about ``SHARE`` of its words of four or more plain letters, in at least one."""
    words = list(WORD.finditer(text))
    if not words:
        return text
    hit = [w for w in words if dice.chance(SHARE)] or [dice.choice(words)]
    for word in reversed(hit):
        text = text[: word.start()] + misspelt(word[0], dice) + text[word.end() :]
    return text


def with_every_word_misspelt(text: str, dice: Dice) -> str:
    """The text with one mistake in each of its content words: three or more plain letters, ``FUNCTION_WORDS`` apart."""
    return SHORT_WORD.sub(lambda word: word[0] if word[0] in FUNCTION_WORDS else misspelt(word[0], dice), text)
