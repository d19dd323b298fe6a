"""Letters of a word in groups of three and four: what a misspelt or inflected word still shares with the right one.

"turtle" is <tu tur urt rtl tle le> and <tur turt urtl rtle tle>, hashed into a table (Bojanowski et al. 2017).
A typing mistake changes the BPE pieces of a word completely and only a few of its groups of letters.
"""

from __future__ import annotations

import unicodedata
import zlib
from functools import lru_cache

LENGTHS = (3, 4)
MOST = 24  # groups of one word; longer words keep their first ones


@lru_cache(maxsize=65536)
def grams(word: str, buckets: int) -> tuple[int, ...]:
    """Rows 1..``buckets``-1 of the table for a word in any case; row 0 means none."""
    marked = f"<{unicodedata.normalize('NFKC', word).lower()}>"
    found = [marked[k : k + n] for n in LENGTHS for k in range(len(marked) - n + 1)]
    return tuple(1 + zlib.crc32(part.encode()) % (buckets - 1) for part in found[:MOST])
