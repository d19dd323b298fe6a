"""Typing mistakes of a prompt, undone before the text encoder reads it.

A word is changed only if the model was never shown it, it means nothing else (``things.py``: a "boot" is no "boat", and
"cold" is no "could"), and one edit behind its first letter makes it a word that captions had, or the plural of a name
(``data/compose/typo.py`` makes the same ones). A prompt with an English article or the like is English: the names that
only other languages have are left out then, and "a sphere" is no "Schere".
A word of three letters is recognised if all its letters are there ("caat", "cta"), or if it can only be one thing of
which a letter is missing ("cr"), since other changes too easily make another word; but any edit will do where the word
beside it completes a name ("police csr"). Of several words a thing's name goes first, then one with the same letters,
then the thing that the manifest names first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from unfog.config.manifest import Knowledge
from unfog.text.closed import ENGLISH_ONLY
from unfog.text.known import Known, Unknown
from unfog.text.spelling import WORD, normal, one_edit, singulars, words_of
from unfog.text.things import things

SHORT = 3  # letters
MODELS = 8  # whose reading is kept ready


@dataclass(frozen=True)
class Misspelt:
    """A word of a prompt, where it stands, and what it is read as."""

    text: str
    at: tuple[int, int]
    meant: str

    def __str__(self) -> str:
        return f"{self.text!r} is read as {self.meant!r}"


class Reading:
    """Prompts as a model reads them; ``reading(text)`` is the text without the mistakes."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.known = Known(knowledge)
        names = [words_of(name) for name in self.known.called]
        self.rank = {word: -len(names) + k for k, words in reversed([*enumerate(names)]) for word in words}
        self.beside = frozenset(pair for words in names for pair in pairwise(words))
        self.foreign = frozenset(word for name in self.known.foreign for word in words_of(name))
        self.foreign -= self.known.said | self.rank.keys()
        self._by_letter = dict[str, list[str]]()
        for word in sorted(word for word in self.known.likely if word.isascii() and len(word) >= SHORT):
            self._by_letter.setdefault(word[0], []).append(word)

    def __call__(self, prompt: str) -> str:
        for one in reversed(self.mistakes(prompt)):
            prompt = prompt[: one.at[0]] + one.meant + prompt[one.at[1] :]
        return prompt

    def remarks(self, prompt: str) -> tuple[list[Misspelt], list[Unknown]]:
        """What to tell the writer of a prompt: what is read as something else, and what the model was never shown."""
        return self.mistakes(prompt), self.unknown(prompt)

    def unknown(self, prompt: str) -> list[Unknown]:
        """What of a prompt the model was never shown, when its typing mistakes are undone."""
        return self.known.unknown(self(prompt))

    def mistakes(self, prompt: str) -> list[Misspelt]:
        """The mistyped words of a prompt, in its order."""
        found = [(match[0], match.span()) for match in WORD.finditer(prompt)]
        words = [normal(text) for text, _ in found]
        others = frozenset[str]() if ENGLISH_ONLY.isdisjoint(words) else self.foreign
        options = [[one for one in self._alike(word) if one not in others] for word in words]
        out = list[Misspelt]()
        for k, (text, at) in enumerate(found):
            around = [options[j] or [words[j]] if 0 <= j < len(words) else [] for j in (k - 1, k + 1)]
            if best := self._best(words[k], options[k], *around):
                out.append(Misspelt(text, at, best))
        return out

    def _best(self, word: str, options: list[str], before: list[str], after: list[str]) -> str | None:
        """What a word was meant to be, beside those that its neighbours may be; ``None``: nobody knows."""
        fitting = [
            one
            for one in options
            if any((other, one) in self.beside for other in before)
            or any((one, other) in self.beside for other in after)
        ]
        clear = fitting or [one for one in options if len(one) > SHORT or set(one) == set(word)]
        if not clear and len(word) < SHORT and len(alone := [one for one in options if one in self.rank]) == 1:
            return alone[0]
        return min(
            clear,
            key=lambda one: (one not in self.rank, set(one) != set(word), self.rank.get(one, 0), one),
            default=None,
        )

    def _alike(self, word: str) -> list[str]:
        """The words that one edit makes of a mistyped one; nothing if it is right, or means something else."""
        if len(word) < SHORT - 1 or not (word.isascii() and word.isalpha()) or word in self.known.spellings:
            return []
        if any(things().means(spelling) for spelling in {word, *singulars(word)} - self.known.spellings):
            return []
        return [one for one in self._by_letter.get(word[0], ()) if one_edit(one, word)]


@lru_cache(maxsize=MODELS)
def reading_of(knowledge: Knowledge) -> Reading:
    """How a model of this knowledge reads; worked out once, since that takes longer than a question."""
    return Reading(knowledge)
