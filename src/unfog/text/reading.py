"""Typing mistakes of a prompt, undone before the text encoder reads it.

A word is changed only if the model was never shown it, it is no other word, and one edit behind its first letter makes
it a word that captions had, or the plural of a name (``data/compose/typo.py`` makes the same ones). Other words are of
the table of things ("boot" is no "boat"), or common English ones (``common.py``: "hive" is no "have").
Where more of the other words of a prompt are English than foreign, the words that only other languages have do not
count, neither as what was meant ("a sphere" is no "Schere") nor as right (the "tre" of "a pine tre" is no Italian one).
A word of three letters is recognised if all its letters are there ("caat", "cta"), or if it can only be one thing of
which a letter is missing ("cr"), since other changes too easily make another word; but any edit will do where the word
beside it completes a name ("police csr"). Of several words a thing's name goes first, then one with the same letters,
then the thing that the manifest names first.

A number glued to letters that captions never had ("4k", "mp3") is no number, yet its digit would be read as one, since
digits are tokens of their own: "a dog, 4k" are four dogs. It is left out, unless the letters are a word ("4dogs"), or
of a script that writes numbers so ("2只猫", two cats); "8bit" is "8-bit".
Emoji are read by their names (``emoji.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from unfog.config.manifest import Knowledge
from unfog.data.compose.said import english_texts, foreign_texts
from unfog.text.closed import CLOSED, ENGLISH_ONLY, FOREIGN_ONLY
from unfog.text.common import common_words
from unfog.text.emoji import signs, spelt
from unfog.text.known import Known, Unknown
from unfog.text.spelling import HANGUL, UNSPACED, WORD, normal, one_edit, singulars, words_of
from unfog.text.things import things

SHORT = 3  # letters
MODELS = 8  # whose reading is kept ready
GLUED = re.compile(r"(?=.*\d)(?!x\d+$)[^\W_]*[^\W\d_][^\W_]*")  # "x3" is a number
LETTERS = re.compile(r"[^\W\d_]+")
NOTHING = re.compile(r",\s*(?=,|$)|^\s*,\s*")  # between commas


@dataclass(frozen=True)
class Misspelt:
    """A word of a prompt, where it stands, and what it is read as; ``None``: it is left out."""

    text: str
    at: tuple[int, int]
    meant: str | None

    def __str__(self) -> str:
        if self.meant is None:
            return f"{self.text!r} is left out: it is not something I know, and no number"
        return f"{self.text!r} is read as {self.meant!r}"


class Reading:
    """Prompts as a model reads them; ``reading(text)`` is the text without the mistakes."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.known = Known(knowledge)
        names = [words_of(name) for name in self.known.called]
        self.rank = {word: -len(names) + k for k, words in reversed([*enumerate(names)]) for word in words}
        self.beside = frozenset(pair for words in names for pair in pairwise(words))
        self.joined = {word.replace("-", ""): word for word in self.known.said if "-" in word}
        grammar = foreign_grammar() if self.known.foreign else frozenset[str]()
        foreign = FOREIGN_ONLY | grammar | {word for name in self.known.foreign for word in words_of(name)}
        self.english = ENGLISH_ONLY | ((self.rank.keys() | common_words()) - foreign)
        self.foreign = frozenset(foreign - (self.known.said - grammar) - self.rank.keys() - ENGLISH_ONLY)
        self._by_letter = dict[str, list[str]]()
        for word in sorted(word for word in self.known.likely if word.isascii() and len(word) >= SHORT):
            self._by_letter.setdefault(word[0], []).append(word)

    def __call__(self, prompt: str) -> str:
        prompt = self.spelt(prompt)
        mistakes = self.mistakes(prompt)
        for one in reversed(mistakes):
            prompt = prompt[: one.at[0]] + (one.meant or "") + prompt[one.at[1] :]
        return " ".join(NOTHING.sub("", prompt).split()) if any(one.meant is None for one in mistakes) else prompt

    def spelt(self, prompt: str) -> str:
        """With the names of its emoji, if the model knows things by name: captions of a folder may have emoji."""
        return spelt(prompt) if self.known.concepts else prompt

    def remarks(self, prompt: str) -> tuple[list[Misspelt], list[Unknown]]:
        """What to tell the writer of a prompt: what is read as something else, and what the model was never shown."""
        emoji = [Misspelt(*sign) for sign in signs(prompt)] if self.known.concepts else []
        return [*emoji, *self.mistakes(self.spelt(prompt))], self.unknown(prompt)

    def unknown(self, prompt: str) -> list[Unknown]:
        """What of a prompt the model was never shown, when its typing mistakes are undone."""
        return self.known.unknown(self(prompt))

    def mistakes(self, prompt: str) -> list[Misspelt]:
        """The mistyped words of a prompt and those that are left out, in its order."""
        found = [(match[0], match.span()) for match in WORD.finditer(prompt)]
        words = [normal(text) for text, _ in found]
        leaning = [(word in self.english) - (word in self.foreign) for word in words]
        others = [self.foreign if sum(leaning) > lean else frozenset[str]() for lean in leaning]
        options = [self._alike(*pair) for pair in zip(words, others, strict=True)]
        out = list[Misspelt]()
        for k, (text, at) in enumerate(found):
            around = [options[j] or [words[j]] if 0 <= j < len(words) else [] for j in (k - 1, k + 1)]
            if joined := self.joined.get(words[k]):
                out.append(Misspelt(text, at, joined))
            elif self._no_number(words[k]):
                out.append(Misspelt(text, at, None))
            elif best := self._best(words[k], options[k], *around):
                out.append(Misspelt(text, at, best))
        return out

    def _no_number(self, word: str) -> bool:
        """Whether a word has digits that say no number, and letters that say nothing, either."""
        spelt = self.known.spellings
        if not GLUED.fullmatch(word) or word in spelt or UNSPACED.search(word) or HANGUL.search(word):
            return False
        parts = LETTERS.findall(word)
        return not any(len(part) >= SHORT and part in spelt for part in parts)

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

    def _alike(self, word: str, others: frozenset[str]) -> list[str]:
        """The words that one edit makes of a mistyped one; nothing if it is right, or another word.

        Args:
            others: words of other languages than the prompt's.
        """
        if len(word) < SHORT - 1 or not (word.isascii() and word.isalpha()):
            return []
        if word in CLOSED or word in common_words() or (word in self.known.spellings and word not in others):
            return []
        if any(things().means(spelling) for spelling in {word, *singulars(word)} - self.known.spellings):
            return []
        return [one for one in self._by_letter.get(word[0], ()) if one not in others and one_edit(one, word)]


@cache
def foreign_grammar() -> frozenset[str]:
    """Words that captions of composed scenes have in other languages and not in English."""
    english = {word for text in english_texts() for word in words_of(normal(text))}
    return frozenset(word for text in foreign_texts() for word in words_of(normal(text))) - english


@lru_cache(maxsize=MODELS)
def reading_of(knowledge: Knowledge) -> Reading:
    """How a model of this knowledge reads; worked out once, since that takes longer than a question."""
    return Reading(knowledge)
