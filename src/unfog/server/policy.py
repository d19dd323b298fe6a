"""What a server does not draw: prompts with words that its owner has listed are refused, before any work.

Texts and list are brought to one spelling: NFKC, without case, accents and characters that nobody sees, and whatever is
no letter or digit is one blank. An entry is a word or a phrase and is found as whole words; ``*`` at either end stands
for any letters. The list knows spellings and no meanings: other words for the same, other languages and letters in
between pass, unless the model itself reads them as an entry (``text/reading.py``), and no picture is looked at.
Negative prompts are not read: they say what is not wanted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from unfog.config.ask import AnyAsk, EditAsk, TrainAsk, said_in
from unfog.util.errors import UsageError

HIDDEN = ("Cf", "Mn")  # characters that only change others or nothing: joiners, accents


class PolicyError(UsageError):
    """A prompt that the owner of a server refuses."""


class Policy:
    """The list of one server.

    Args:
        refused: its entries; none: nothing is refused.

    Raises:
        UsageError: one has no letters.
    """

    def __init__(self, refused: tuple[str, ...]) -> None:
        self.entries = {spelt(entry): entry for entry in refused}
        if "" in self.entries:
            raise UsageError(f"the refused word {self.entries['']!r} has no letters; leave it out")
        either = "|".join(sorted(map(pattern, refused), key=len, reverse=True))
        self.wanted = re.compile(either) if refused else None

    def check(self, ask: AnyAsk, read: Callable[[str], str] | None = None) -> None:
        """Look at the texts that say what is to be drawn.

        Args:
            read: how the model reads them, typing mistakes undone, which is looked at, too.

        Raises:
            PolicyError: one holds an entry.
        """
        if self.wanted is None or isinstance(ask, TrainAsk):
            return
        texts = [*said_in(ask), *([ask.prompt] if isinstance(ask, EditAsk) else [])]
        for text in texts if read is None else [*texts, *map(read, texts)]:
            if (found := self.wanted.search(spelt(text))) is not None:
                raise PolicyError(f"this server does not draw {found[0]!r}: its owner refuses it; say something else")


def spelt(text: str) -> str:
    """A text in the one spelling."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(c for c in letters if unicodedata.category(c) not in HIDDEN)
    return " ".join(re.findall(r"[^\W_]+", seen))


def pattern(entry: str) -> str:
    """The expression that finds an entry in a spelt text."""
    before = "" if entry.startswith("*") else r"\b"
    after = "" if entry.endswith("*") else r"\b"
    return before + re.escape(spelt(entry)) + after
