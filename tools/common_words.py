"""Make the table of common English words that are one edit from another one.

    python tools/common_words.py DIR [--most 35]

writes ``src/unfog/assets/words.txt``, by which a plain word that a model was never shown is not taken for a typing
mistake (``text/common.py``). DIR holds the lists of SCOWL by size (``english-words.10``, ...; the package ``scowl`` of
Debian), a smaller size being more common. Plurals are left out, since they are made by rule, and so is a word that no
edit behind the first letter makes another one: the table would be three times as long.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from unfog.data.compose.nouns import plural_word
from unfog.text.common import FILE
from unfog.text.spelling import inflections, one_edit
from unfog.util.files import write_atomic

SIZES = (10, 20, 35, 40, 50)
SPELLINGS = ("english", "american", "british")
SHORTEST = 3  # letters: shorter ones are closed (``text/closed.py``) or interjections ("ha"), and few
HEAD = """# Common English words that one edit behind the first letter makes another one; plurals are made by rule.
# From SCOWL (see NOTICE), sizes up to {most}; made by tools/common_words.py.
"""


def words_in(folder: Path, most: int) -> set[str]:
    """Plain lower-case words of the lists up to a size."""
    files = [folder / f"{kind}-words.{size}" for kind in SPELLINGS for size in SIZES if size <= most]
    words = {word for file in files for word in file.read_text("latin-1").split()}
    return {word for word in words if word.isascii() and word.isalpha() and word.islower() and len(word) >= SHORTEST}


def without_plurals(words: Collection[str]) -> set[str]:
    """Words that are no plural of another one."""
    return set(words) - {plural_word(word) for word in words if plural_word(word) != word}


def alike(words: Collection[str]) -> set[str]:
    """Words that one edit behind the first letter makes another one that is not their inflection."""
    table = defaultdict[str, set[str]](set)
    for word in words:
        for part in shorter(word):
            table[part].add(word)
    return {word for word in words if any(mistaken(word, other) for part in shorter(word) for other in table[part])}


def shorter(word: str) -> set[str]:
    """The word, and it without one letter behind the first: what two words that are one edit apart share."""
    return {word} | {word[:k] + word[k + 1 :] for k in range(1, len(word))}


def mistaken(one: str, other: str) -> bool:
    """Whether one word may be taken for the other."""
    inflected = one in inflections(other) or other in inflections(one)
    return one != other and one[0] == other[0] and one_edit(one, other) and not inflected


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description="the table of common words")
    parser.add_argument("folder", type=Path, help="folder with english-words.10 and so on")
    parser.add_argument("--most", type=int, default=35, choices=SIZES, help="largest list")
    asked = parser.parse_args()
    words = words_in(asked.folder, asked.most)
    found = sorted(without_plurals(alike(words)))
    text = HEAD.format(most=asked.most) + "\n".join(found) + "\n"
    write_atomic(FILE, text.encode())
    print(f"{len(found)} of {len(words)} words, {len(text.encode()) / 1024:.0f} kB in {FILE}")


if __name__ == "__main__":
    main()
