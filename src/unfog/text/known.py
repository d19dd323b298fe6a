"""Which words of a prompt a model was never shown, and what it knows that is nearest.

A word is known if training captions had it: as a word of their grammar, as the name of a thing (of several words
together, or the head of such a name: the "hat" of "top hat"), in the plural or another inflection, or if
it names nothing (``closed.py``). Typing mistakes are not undone here but before (``reading.py``).

What is nearest: another number, another colour (in CIELAB, lightness counting half), the neighbour in a table of things
(``things.py``), else the head of a compound ("motorboat": "boat").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from PIL import ImageColor

from unfog.config.manifest import Knowledge
from unfog.data.compose.nouns import head_at, plural_word
from unfog.data.scenes_palette import COLOURS, lab, palette_lab
from unfog.text.closed import CLOSED, NUMBERS, SIGNS
from unfog.text.spelling import HANGUL, HIRAGANA, UNSPACED, inflections, normal, singulars, stem, words_of
from unfog.text.things import things

LEAST = 4  # letters of what a compound ends in, and of what inflections share
ENDING = 3  # letters that inflection may change in scripts that have no plurals here
LONGEST = 5  # words of a name
LONGEST_TEXT = 4096  # characters that are looked at: one of a prompt may stand for eighteen others (NFKC)


@dataclass(frozen=True)
class Unknown:
    """A word or name that the model was never shown, and the nearest thing it knows, if there is one."""

    text: str
    nearest: str | None = None

    def __str__(self) -> str:
        near = "" if self.nearest is None else f"; nearest: {self.nearest!r}"
        return f"{self.text!r} is not something I know{near}"


class Known:
    """What a model knows, ready for questions."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.concepts = [tuple(map(normal, text.split("|"))) for text in knowledge.concepts]
        self.said = frozenset(words_of(normal(knowledge.words)))
        self.foreign = [normal(name) for text in knowledge.names.values() for name in text.split("|")]

    def unknown(self, prompt: str) -> list[Unknown]:
        """What of a prompt is not known, in its order, each once."""
        text = normal(prompt)[:LONGEST_TEXT]
        runs = [rest for run in UNSPACED.findall(text) if (rest := self._rest(run))]
        phrases = self._strange(words_of(UNSPACED.sub(" ", text)))
        return [Unknown(phrase, self.nearest(phrase)) for phrase in dict.fromkeys([*runs, *phrases])]

    def nearest(self, text: str) -> str | None:
        """The known thing, colour or number that is nearest to one that is not known (see the module docstring)."""
        if text in NUMBERS or text.isdigit():
            before = NUMBERS[: NUMBERS.index(text)] if text in NUMBERS else NUMBERS
            return next((word for word in reversed(before) if word in self.said), None)
        if (colour := nearest_colour(text)) in self.said:
            return colour
        called = self.called or {word: word for word in sorted(self.said)}
        for spelling in (text, *singulars(text)):
            if (near := things().nearest(spelling, called)) is not None:
                return called[near]
        if text.endswith("ing"):  # what is done: "wearing" is no kind of ring
            return None
        ends = [name for name in called if len(name) >= LEAST and text.endswith(name) and " " not in name]
        return called[max(ends, key=len)] if ends else None

    @cached_property
    def called(self) -> dict[str, str]:
        """Every English name and the first name of its concept; the most useful concepts first."""
        return {name: concept[0] for concept in self.concepts for name in concept}

    @cached_property
    def _names(self) -> dict[str, list[list[str]]]:
        """Names of several words by their first, longest first."""
        out = dict[str, list[list[str]]]()
        for words in sorted(map(words_of, self.called), key=len, reverse=True):
            if len(words) > 1:
                out.setdefault(words[0], []).append(words)
        return out

    @cached_property
    def _alone(self) -> frozenset[str]:
        """Words that are known by themselves: of the grammar, names, and the heads of names."""
        names = [words for words in map(words_of, self.called) if words]
        heads = {words[head_at(words)] for words in names}
        return self.said | CLOSED | heads | {word for name in self.foreign for word in words_of(name)}

    @cached_property
    def _parts(self) -> frozenset[str]:
        """Every word of which anything known is made."""
        return self._alone | {word for name in self.called for word in words_of(name)}

    @cached_property
    def _inflected(self) -> dict[str, set[str]]:
        """Plurals and stems, each with the words it may stand for."""
        out = dict[str, set[str]]()
        for word in self.said | CLOSED | {word for name in self.called for word in words_of(name)}:
            out.setdefault(plural_word(word), set()).add(word)
            out.setdefault(stem(word), set()).add(word)
        return out

    @cached_property
    def spellings(self) -> frozenset[str]:
        """Every word of which anything known is made, with its inflections if it is an English one."""
        return self._parts | CLOSED | {form for word in self._parts if word.isascii() for form in inflections(word)}

    @cached_property
    def likely(self) -> frozenset[str]:
        """What a mistyped word may be: words as above and plurals; most other inflections are no words ("seaed")."""
        return self._parts | {plural_word(word) for name in self.called for word in words_of(name)}

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        """Words by their first letter, among which those are sought whose inflections no rule here makes."""
        out = dict[str, list[str]]()
        for word in sorted(self._parts):
            out.setdefault(word[:1], []).append(word)
        return out

    def _spelt(self, word: str) -> set[str]:
        """The known words that a word of a prompt may be."""
        found = ({word} & self._parts) | self._inflected.get(word, set()) | self._inflected.get(stem(word), set())
        return found if found or word.isascii() else {w for w in self._by_letter.get(word[0], ()) if same_stem(w, word)}

    def _named(self, word: str) -> set[str]:
        """The known words that a word is, or is the plural of."""
        return {one for one in self._spelt(word) if word in (one, plural_word(one))}

    def names_at(self, words: list[str]) -> dict[int, tuple[int, str]]:
        """English names among the words of a text: where each begins, how many words it has, which concept it names.

        The head of a name stands for the first concept that has it: "hat" for "top hat". Plurals count, other
        inflections do not: who is drinking is no drink.
        """
        out, spelt, at = dict[int, tuple[int, str]](), [self._named(word) for word in words], 0
        while at < len(words):
            length = max(1, self._name_at(spelt, at))
            ways = [sorted(spelt[k], key=lambda one, k=k: (one != words[k], one)) for k in range(at, at + length)]
            names = [" ".join(one) for one in product(*ways)]  # as it is spelt, before what it may be the plural of
            concept = next((c for name in names if (c := self.naming.get(name)) is not None), None)
            if concept is not None:
                out[at] = (length, concept)
            at += length
        return out

    @cached_property
    def naming(self) -> dict[str, str]:
        """Every name, as its words, and every head of a name with the first name of its concept."""
        whole = {" ".join(words_of(name)): concept for name, concept in self.called.items()}
        heads = dict[str, str]()
        for name, concept in self.called.items():
            words = words_of(name)
            if "of" not in words:  # a slice is no cake
                heads.setdefault(words[head_at(words)], concept)
        return heads | whole

    def _strange(self, words: list[str]) -> Iterator[str]:
        """Names and words that are not known."""
        spelt = [self._spelt(word) for word in words]
        alone = [bool(found & self._alone) for found in spelt]
        at = 0
        while at < len(words):
            if length := self._name_at(spelt, at):
                at += length
                continue
            length = next((n for n in range(LONGEST, 1, -1) if self._other(words, alone, at, n)), 1)
            if length > 1 or not alone[at]:
                yield " ".join(words[at : at + length])
            at += length

    def _name_at(self, spelt: list[set[str]], at: int) -> int:
        """Number of words of the longest known name that begins at a word."""
        names = [name for first in spelt[at] for name in self._names.get(first, ())]
        fits = [n for n in names if all(w in found for w, found in zip(n, spelt[at:], strict=False))]
        return max((len(name) for name in fits if at + len(name) <= len(spelt)), default=0)

    @staticmethod
    def _other(words: list[str], alone: list[bool], at: int, length: int) -> bool:
        """Whether the table of things has a name of so many words here, with one in it that is not known."""
        return not all(alone[at : at + length]) and " ".join(words[at : at + length]) in things().by_name

    def _rest(self, run: str) -> str:
        """What is left of a text without spaces when everything known is taken out; one sign beside a name is none."""
        rest = run
        for name in self._unspaced:
            rest = rest.replace(name, "")
        left = "".join(sign for sign in HIRAGANA.sub("", rest) if sign not in SIGNS)
        if rest == run:  # a name may also be written as it sounds
            return left or (run if len(run) > 1 and HIRAGANA.fullmatch(run) else "")
        return left if len(left) > 1 else ""

    @cached_property
    def _unspaced(self) -> list[str]:
        words = {part for text in (*self.foreign, *self.said) for part in UNSPACED.findall(text)}
        return sorted(words, key=len, reverse=True)


def same_stem(one: str, other: str) -> bool:
    """Whether two words begin alike for all but the last letters: at least four letters, or two syllables of Hangul."""
    alike = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return alike >= (2 if HANGUL.match(one) else LEAST) and alike >= max(len(one), len(other)) - ENDING


def nearest_colour(name: str) -> str | None:
    """The colour of the palette that is nearest to a colour of CSS; ``None``: it is none of these."""
    if (called := name.replace(" ", "")) not in ImageColor.colormap:
        return None
    rgb = torch.tensor(ImageColor.getrgb(called)[:3]) / 255
    hue = torch.tensor([0.5, 1.0, 1.0])  # a name says more of the hue than of how light it is
    return COLOURS[int(torch.cdist((lab(rgb) * hue)[None], palette_lab() * hue).argmin())]
