"""Common English words: who writes one of them in a prompt means it, even if the model was never shown it.

The table (``assets/words.txt``) holds those that one edit behind the first letter makes another common word ("hive",
"have"), because no other one is likely to be taken for a mistake; their plurals are made here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from unfog.data.compose.nouns import plural_word

FILE = Path(__file__).resolve().parents[1] / "assets" / "words.txt"


@cache
def common_words() -> frozenset[str]:
    """The words of this package's table and their plurals, read once."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    return frozenset(words).union(map(plural_word, words))
