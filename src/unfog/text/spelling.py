"""Words of a text, and when two spellings are one word: plurals, inflections, one typing mistake."""

from __future__ import annotations

import re
import unicodedata

from unfog.data.compose.nouns import plural_word

MARKS = "\u0300-\u036f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u200d"  # accents; vowel signs of Devanagari
LETTER = rf"(?:[^\W_]|[{MARKS}])"
WORD = re.compile(rf"\d+-[^\W\d_]+|{LETTER}+(?:['’]{LETTER}+)?")
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")  # Japanese and Chinese, without their commas
HIRAGANA = re.compile("[\u3040-\u309f]+")
HANGUL = re.compile("[\uac00-\ud7a3]")
VOWEL = re.compile("[aeiouy]")
DOUBLING = re.compile("[^aeiou][aeiouy][^aeiouwxy]$")
ENDINGS = ("ing", "ed", "es", "s", "e")
LEAST = 3  # letters of a stem


def normal(text: str) -> str:
    """Lower case, one way to write every character."""
    return unicodedata.normalize("NFKC", text).lower().replace("’", "'")


def words_of(text: str) -> list[str]:
    """The words of a normal text; "t-shirt" is two, "8-bit" one, and "cat's" is "cat"."""
    return [word.removesuffix("'s").strip("'") for word in WORD.findall(text)]


def stem(word: str) -> str:
    """What English inflections of a word share: "wear" of "wears" and "wearing", "rid" of "ride" and "riding"."""
    for ending in ENDINGS:
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= LEAST and VOWEL.search(rest) and not word.endswith("ss"):
            doubled = ending in ("ing", "ed") and rest[-1] == rest[-2] and rest[-1] not in "aeiouls"
            return rest[:-1] if doubled else rest
    return word


def inflections(word: str) -> list[str]:
    """What English makes of a word, whichever it is: "rides", "rode" apart, "riding" of "ride", "hugged" of "hug"."""
    base = word.removesuffix("e")
    doubled = [word + word[-1]] if DOUBLING.search(word) else []
    return [plural_word(word), *(root + end for root in (base, *doubled) for end in ("ing", "ed"))]


def singulars(word: str) -> list[str]:
    """What an English plural may be the plural of."""
    out = [word[:-1]] if word.endswith("s") and len(word) > LEAST else []
    out += [word[:-2]] if word.endswith("es") and len(word) > LEAST + 1 else []
    out += [word[:-3] + "y"] if word.endswith("ies") else []
    out += [word[:-3] + "f", word[:-3] + "fe"] if word.endswith("ves") else []
    return out


def one_edit(one: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong, or swapped with the next tells two words apart (Damerau 1964)."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at + 1 : at + 2] + one[at : at + 1] + one[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped == other[at:]
