"""Which things a sentence names and how they stand to each other: what is painted as layers (``tasks/layers.py``).

    prompt  := things joined by what stands between them, with a ground and a style anywhere
    thing   := [number] {colour, size, other name} name

"a turtle wearing sunglasses playing basketball, noto style" is a turtle, sunglasses that it wears and a basketball
that it holds, each in that style. What stands between two things says how (``STANDINGS``, the most specific first);
words that say nothing of places set them side by side. What is worn or held belongs to the last thing that is neither.
Grounds and styles are read in the words of the captions (``data/compose/words.py``), numbers up to six.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from unfog.config.manifest import Knowledge
from unfog.config.sample import Layer, Layout, Standing
from unfog.data.compose.nouns import noun
from unfog.data.compose.words import (
    COLOUR_WORDS,
    EMPTY,
    GROUND_TAGS,
    GROUND_WORDS,
    NUMBERS,
    SIZE_WORDS,
    STYLE_LEADS,
    STYLE_TAILS,
)
from unfog.data.scenes_palette import COLOURS
from unfog.text.known import Known
from unfog.text.prompt import parse
from unfog.text.reading import reading_of
from unfog.text.spelling import normal, words_of

MOST = 8  # things, counted one by one
ATTACHED: tuple[Standing, ...] = ("wearing", "holding")
SEVERAL = 2  # as many as a plural says by itself
SCALES = {"tiny": 0.4, "small": 0.65, "medium": 1.0, "big": 1.3, "giant": 1.6}
DETERMINERS = frozenset(
    ("a", "an", "the", "some", "this", "that", "my", "your", "his", "her", "its", "their", "single")
)
COUNTED = {word: n for n, word in NUMBERS.items()} | {str(n): n for n in NUMBERS}
BEYOND = re.compile(
    r"\b(no|not|without|never|isn't|doesn't|except|nothing|many|dozen|dozens|hundred|seven|eight|nine|ten"
    r"|eleven|twelve|[789]|\d\d+)\b"
)  # what is not there, or too often
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
WORN = frozenset(
    {"crown", "sun hat", "top hat", "graduation cap", "baseball cap", "glasses", "sunglasses", "headphones"}
)
STANDINGS: tuple[tuple[Standing, str], ...] = (
    ("between", r"between"),
    ("left of", r"\bleft\b"),
    ("right of", r"\bright\b"),
    ("inside", r"\b(inside|within|in)\b"),
    ("behind", r"\bbehind\b"),
    ("on", r"\b(on top|on|onto|upon|atop|riding|rides|sits|sitting|standing|driving|drives)\b"),
    ("above", r"\b(above|over|at the top)\b"),
    ("below", r"\b(below|under|beneath|underneath|at the bottom)\b"),
    ("wearing", r"\b(wearing|wears|dressed)\b"),
    ("holding", r"\b(holding|holds|carrying|carries|with|playing|plays|eating|eats|drinking|using|reading|kicking)\b"),
)
FOLLOWS = re.compile(r"^\W*(?:and|,|and also|&)?\W*$")


@dataclass(frozen=True)
class Thing:
    """A noun phrase of a prompt: what it says, which concept it names, how often, how large, and where it stands.

    ``counted``: a number says how often; a plural alone says only that there are several.
    """

    text: str
    concept: str
    copies: int
    counted: bool
    scale: float
    start: int
    end: int


def layers_of(knowledge: Knowledge, prompt: str, *, alone: bool = False) -> Layout | None:
    """The layers of a prompt; ``None`` if it names no two things, too many, what is not there, or has parts (AND).

    Other things than the model knows are left out.

    Args:
        knowledge: of the model that paints them.
        prompt: as people write it; typing mistakes are read as the words they must be.
        alone: one thing without a ground is a layer, too (which leaves everything around it transparent).
    """
    if not isinstance(parse(prompt), str):
        return None
    text = normal(reading_of(knowledge)(prompt))
    if BEYOND.search(text):
        return None
    for one in reading_of(knowledge).unknown(text):
        if one.nearest is not None and one.text in words_of(one.nearest):  # a pig is drawn by its face
            text = re.sub(rf"\b{re.escape(one.text)}\b", one.nearest, text)
    text, ground = without_ground(text)
    text, style = without_style(text, knowledge.styles)
    things = found_in(reading_of(knowledge).known, text)
    if not things:
        return None
    stand = standings(text, things)
    copies = list[int]()
    for thing, (how, to) in zip(things, stand, strict=True):  # "two cats in hats": one hat each
        each = to is not None and how in ATTACHED and not thing.counted and copies[to] > 1
        copies.append(copies[to] if each and to is not None else thing.copies)
    count = sum(copies)
    if not (2 - alone <= count <= MOST) or (alone and count == 1 and ground):
        return None
    ending = f", {style}" if style else ""
    layers = [
        Layer(prompt=thing.text + ending, copies=n, scale=thing.scale, stands=how, to=to)
        for thing, n, (how, to) in zip(things, copies, stand, strict=True)
    ]
    return Layout(layers=tuple(layers), ground=ground and ground + ending)


def standings(text: str, things: Sequence[Thing]) -> list[tuple[Standing, int | None]]:
    """To which earlier thing each is said to stand, and what that one is or does to it."""
    out: list[tuple[Standing, int | None]] = [("beside", None)]
    owner = 0  # the last thing that is neither worn nor held
    for k in range(1, len(things)):
        between = text[things[k - 1].end : things[k].start]
        how = standing(between)
        worn = things[k].concept in WORN
        if worn and out[-1][0] == "wearing" and FOLLOWS.match(between):  # "sunglasses and a hat"
            how = "wearing"
        if worn and how in ("holding", "inside"):  # "with a hat", "in a hat"
            how = "wearing"
        if how == "wearing" and not worn:
            how = "holding"
        out.append((how, owner))
        if how not in ATTACHED:
            owner = k
    return out


def standing(between: str) -> Standing:
    """How something stands to what comes behind these words."""
    for name, words in STANDINGS:
        if re.search(words, between):
            return name
    return "beside"


def says_standing(words: str) -> bool:
    """Whether words say how things stand to each other."""
    return standing(words) != "beside"


def found_in(known: Known, text: str) -> list[Thing]:
    """The things that a text names, in its order."""
    words = [(match[0].replace("’", "'"), match.span()) for match in WORD.finditer(text)]
    names = known.names_at([word.removesuffix("'s") for word, _ in words])
    out, before = list[Thing](), 0
    k = 0
    while k < len(words):
        if k not in names:
            k += 1
            continue
        length, concept = names[k]
        end = k + length
        while end in names and text[words[end - 1][1][1] : words[end][1][0]] == " ":  # "robot dog": the last is meant
            length, concept = names[end]
            end += length
        first = k
        while first > before and words[first - 1][0] in modifiers():
            first -= 1
        introduced = words[first - 1][0] if first > before else ""
        said = [word for word, _ in words[first:end]]
        named = " ".join(said[-length:])
        plural = named not in known.naming
        copies = COUNTED.get(introduced, SEVERAL if plural else 1)
        start = first - (introduced in DETERMINERS or introduced in COUNTED)
        phrase = " ".join(word for word in said[:-length] if word not in sizes())
        phrase = f"{phrase} {concept if plural else named}".strip()
        scale = next((SCALES[sizes()[word]] for word in said if word in sizes()), 1.0)
        counted, ends = introduced in COUNTED, (words[start][1][0], words[end - 1][1][1])
        out.append(Thing(noun(phrase).indefinite, concept, copies, counted, scale, *ends))
        before = k = end
    return out


def without_ground(text: str) -> tuple[str, str]:
    """The text without what it says of the ground, and that ground as the prompt of a picture of nothing else."""
    for pattern, empty in grounds():
        if match := pattern.search(text):
            colour = next((found for found in match.groups() if found), "white")
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return rest, empty.format(c=colour) if empty else ""
    return text, ""


def without_style(text: str, known: Sequence[str]) -> tuple[str, str]:
    """The text without what it says of the style, and the style's name."""
    for style in sorted(known, key=len, reverse=True):
        for pattern in styles(style):
            if match := pattern.search(text):
                return f"{text[: match.start()]}  {text[match.end() :]}", f"{style} style"
    return text, ""


@cache
def grounds() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of all that captions say of grounds, the longest first, each with the ground alone (blank: none)."""
    colours = "|".join(
        sorted({*COLOURS, *(w for words in COLOUR_WORDS.values() for w in words)}, key=len, reverse=True)
    )
    out = dict[str, str]()
    for kind, phrases in GROUND_WORDS.items():
        empty = "" if kind == "transparent" else EMPTY[kind][0]
        out |= dict.fromkeys((*phrases, *(f",{tag}" for tag in GROUND_TAGS[kind])), empty)
    made = list[tuple[re.Pattern[str], str]]()
    for phrase, empty in sorted(out.items(), key=lambda item: -len(item[0])):
        words = re.escape(phrase).replace(r"\{c\}", f"({colours})").replace(",", r",\s*")
        words = re.sub(r"(?<=\\ )(?:an?|the)\\ ", r"(?:(?:an?|the)\\ )?", words)
        words = words.replace(f"({colours})\\ ", f"(?:({colours})\\ )?")
        made.append((re.compile(rf"(?<!\w){words}(?!\w)"), empty))
    return made


@cache
def styles(name: str) -> list[re.Pattern[str]]:
    """Patterns of all that captions say of a style, the longest first."""
    phrases = [*STYLE_LEADS.get(name, ()), *STYLE_TAILS.get(name, ())]  # type: ignore[call-overload]
    phrases += [f"in the {name} style", f"in {name} style", f"{name} style:", f"{name} style", f"{name} emoji of"]
    phrases += [f"{name} emoji", f"{name}:", f", {name}", name]
    return [re.compile(rf"(?<!\w)(?:an? )?{re.escape(p)}(?!\w)") for p in sorted(phrases, key=len, reverse=True)]


@cache
def sizes() -> dict[str, str]:
    """Words that say how large something is, and the size."""
    return {word: size for size, words in SIZE_WORDS.items() for word in words if " " not in word}


@cache
def modifiers() -> frozenset[str]:
    """Words that stand before a name and belong to it."""
    return frozenset((*COLOURS, *(w for words in COLOUR_WORDS.values() for w in words), *sizes()))
