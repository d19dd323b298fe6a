"""Which things a sentence names and how they stand to each other: what is painted as layers (``tasks/layers.py``).

    prompt := things (``phrases.py``) joined by what stands between them (``standing.py``), with ground and style

"a turtle wearing sunglasses playing basketball, noto style" is a turtle, sunglasses that it wears and a basketball
that it holds, each in that style. Words that say nothing of places set things side by side. What is worn or held
belongs to the last thing that is neither; clothes are held. Grounds and styles are read in the words of the captions
(``data/compose/words.py``), numbers up to six.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from unfog.config.manifest import Knowledge
from unfog.config.sample import Layer, Layout, Standing
from unfog.data.compose.words import (
    COLOUR_WORDS,
    EMPTY,
    GROUND_TAGS,
    GROUND_WORDS,
    STYLE_LEADS,
    STYLE_TAILS,
)
from unfog.data.scenes_palette import COLOURS
from unfog.text.closed import CLOSED
from unfog.text.phrases import Thing, things_in, with_names
from unfog.text.prompt import parse
from unfog.text.reading import Reading, reading_of
from unfog.text.spelling import normal, words_of
from unfog.text.standing import Link, link_of, listed, ordered
from unfog.text.things import things

MOST = 8  # things, counted one by one
LONGEST = 1000  # characters: who writes more does not list things, and reading takes time
BEYOND = re.compile(
    r"\b(?:no|not|without|never|isn't|doesn't|except|nothing|many|dozen|dozens|hundred|seven|eight|nine|ten"
    r"|eleven|twelve|(?<!\.)(?:[789]|\d\d+))\b"
)  # what is not there, or too often
BLENDED = re.compile(
    r"\b(?:made (?:out )?of|made from|shaped|shape of|form of|mix of|mixture|hybrid|half|like|as an?|full of"
    r"|filled with|covered (?:in|with|by))\b"
)  # two things in one
WORN = frozenset(
    {"crown", "sun hat", "top hat", "graduation cap", "baseball cap", "glasses", "sunglasses", "headphones"}
)
CLOTHES = frozenset({"t-shirt", "jeans", "dress", "sneaker"})  # "in" which one is not inside
LARGE = re.compile(r"(?:animal|person|face|place|transport|plant-other|cat-face|monkey-face)")  # subgroups: not held


def layers_of(knowledge: Knowledge, prompt: str, *, alone: bool = False) -> Layout | None:
    """The layers of a prompt; ``None`` if it names no two things, too many, what is not there, or has parts (AND).

    Other things than the model knows are left out.

    Args:
        knowledge: of the model that paints them.
        prompt: as people write it; typing mistakes are read as the words they must be.
        alone: one thing without a ground is a layer, too (which leaves everything around it transparent).
    """
    if len(normal(prompt)) > LONGEST or not isinstance(parse(prompt), str):
        return None
    reading = reading_of(knowledge)
    text, ground = without_ground(" ".join(normal(reading(prompt)).split()))
    text, style = without_style(text, knowledge.styles)
    if BEYOND.search(text) or BLENDED.search(text):
        return None
    if alone and not ground and names_foreign(reading, text):
        return Layout(layers=(Layer(prompt=" ".join(words_of(text)) + (f", {style}" if style else "")),))
    text = with_names(reading, text)
    placed = standings(text, things_in(reading.known, text))
    count = sum(one.thing.copies for one in placed)
    if not (2 - alone <= count <= MOST) or (alone and count == 1 and ground):
        return None
    ending = f", {style}" if style else ""
    layers = [one.layer(ending) for one in placed]
    return Layout(layers=tuple(layers), ground=ground and ground + ending)


@dataclass(frozen=True)
class Placed:
    """A thing, and to which earlier one it belongs (by its place in the list): what that one is or does to it."""

    thing: Thing
    how: Standing = "beside"
    to: int | None = None

    def layer(self, ending: str) -> Layer:
        """As it is painted; ``ending``: the style."""
        thing = self.thing
        return Layer(prompt=thing.text + ending, copies=thing.copies, scale=thing.scale, stands=self.how, to=self.to)

    @property
    def carried(self) -> bool:
        """Whether it goes where its owner goes."""
        return self.how in ("wearing", "holding")


def standings(text: str, named: Sequence[Thing]) -> list[Placed]:
    """The things of a text in an order in which each but the first belongs to an earlier one."""
    out, owner = [Placed(thing) for thing in named[:1]], 0  # the last thing that is neither worn nor held
    last: Standing = "beside"
    for k, thing in enumerate(named[1:], start=1):
        between = text[named[k - 1].end : thing.start]
        worn, before = thing.concept in WORN, out[-1]
        link = link_of(between, text[thing.end : named[k + 1].start if k + 1 < len(named) else None], worn=worn)
        how = ordered(text) if link == Link() else link.how
        if not before.carried and (link.turned or (before.thing.concept in WORN and how == "on")):
            out[-1] = replace(before, thing=thing)
            out.append(Placed(before.thing, how if link.turned else "wearing", len(out) - 1))
            owner, last = len(out) - 1 - out[-1].carried, out[-1].how
            continue
        dressed = how == "wearing" or (how == "inside" and thing.concept in CLOTHES)
        if worn and (how in ("holding", "inside") or (last == "wearing" and listed(between))):
            how = "wearing"
        if dressed and not worn:  # nobody here has a body that clothes would fit: they are at the side
            how = "holding"
        if how == "holding" and link.weak and is_large(thing.concept):
            how = "beside"
        if before.how == "between" and before.thing.copies == 1 and listed(between):  # the other of two ends
            how, owner = "left of", before.to or 0
        out.append(Placed(thing, how, owner))
        owners = out[owner].thing.copies
        if out[-1].carried and owners > 1 and not thing.counted:  # "two cats in hats": one hat each
            out[-1] = replace(out[-1], thing=replace(thing, copies=owners))
        last = "wearing" if dressed else how
        owner = owner if out[-1].carried else len(out) - 1
    return out


def names_foreign(reading: Reading, text: str) -> bool:
    """Whether a text is a name in another language than English, and nothing else but an article."""
    named = " ".join(word for word in words_of(text) if word not in CLOSED)
    return named in {" ".join(words_of(name)) for name in reading.known.foreign}


def is_large(concept: str) -> bool:
    """Whether nobody holds such a thing in a hand."""
    return any(LARGE.match(thing.subgroup) for thing in things().by_name.get(concept, ()))


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
        end = r"(?!\w)" if phrase != "on {c}" else r"(?=\W*$|\s*[,.;])"  # a cat on red pumpkins has another ground
        made.append((re.compile(rf"(?<!\w){words}{end}"), empty))
    return made


@cache
def styles(name: str) -> list[re.Pattern[str]]:
    """Patterns of all that captions say of a style, the longest first."""
    phrases = [*STYLE_LEADS.get(name, ()), *STYLE_TAILS.get(name, ())]  # type: ignore[call-overload]
    phrases += [f"in the {name} style", f"in {name} style", f"{name} style:", f"{name} style", f"{name} emoji of"]
    phrases += [f"{name} emoji", f"{name}:", f", {name}", name]
    return [re.compile(rf"(?<!\w)(?:an? )?{re.escape(p)}(?!\w)") for p in sorted(phrases, key=len, reverse=True)]
