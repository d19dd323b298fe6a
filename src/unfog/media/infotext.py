r"""Infotext: the one-paragraph description of a picture that programs of the Stable Diffusion web UI family read.

    infotext := prompt [ "\n" "Negative prompt: " negative ] "\n" params
    params   := key ": " value { ", " key ": " value }
    key      := \w[\w \-/]+                    at least two characters
    value    := plain | JSON string            quoted iff it contains a comma, a colon or a line break

It is lossy: a last line of the prompt with three or more pairs reads as parameters, a line that starts with "Negative
prompt:" ends the prompt, outer quotes of quoted values vanish. So it is written for others; our own pictures are read
from their recipe (``media/recipe.py``). The reader takes text of strangers: it never raises and its time is linear.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from unfog.config.edit import Img2Img
from unfog.config.names import GRIDS, SAMPLERS
from unfog.config.recipe import AnyRecipe, Recipe

NEGATIVE = "Negative prompt:"
FEWEST_PAIRS = 3  # a last line with fewer pairs belongs to the prompt
LONGEST = 2**18  # characters looked at
GUIDES = {
    "increasing": "CFG increasing",
    "cfgpp": "CFG PP scale",
    "cfg_zero": "CFG Zero Star",
    "tcfg": "TCFG",
    "apg": "APG eta",
    "fdg": "FDG coarse",
    "pag": "PAG scale",
    "seg": "SEG scale",
    "slg": "SLG scale",
    "threshold": "Threshold percentile",
}

KEY_CHARACTERS = re.compile(r"[\w \-/]")
KEY = re.compile(r"\w[\w \-/]+")
QUOTED = re.compile(r'"((?:\\.|[^\\"])+)"(?=,|$)')
PLAIN = re.compile(r"[^,]*")
SIZE = re.compile(r"(\d+)x(\d+)")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Infotext:
    """What an infotext says. ``fields`` keep their order; a size ``64x48`` becomes ``Size-1`` and ``Size-2``."""

    prompt: str
    negative: str = ""
    fields: Mapping[str, str] = field(default_factory=dict[str, str])


def write_infotext(recipe: AnyRecipe) -> str:
    """The infotext of a recipe, in the key order of the programs that read it."""
    s, canvas = recipe.sample, recipe.canvas or recipe.size
    fields = {
        "Steps": str(s.steps),
        "Sampler": SAMPLERS[s.sampler].label,
        "Schedule type": GRIDS[s.grid].label,
        "CFG scale": repr(s.guidance),
        "Seed": str(recipe.seed),
        "Size": "x".join(map(str, canvas)),
        "Model hash": recipe.model.sha256[:10],
        "Model": recipe.model.name,
    }
    extra = {"Eta": s.eta, "CFG rescale": s.rescale, "SAG scale": s.sag}
    fields |= {key: repr(value) for key, value in extra.items() if value}
    fields |= {GUIDES[guide.name]: repr(True if guide.value is None else guide.value) for guide in s.guide}
    if not isinstance(recipe, Recipe) and isinstance(recipe.way, Img2Img):
        fields["Denoising strength"] = repr(recipe.way.strength)
    if isinstance(recipe, Recipe) and recipe.layout is not None and recipe.layout.layers:
        fields["Layers"] = str(len(recipe.layout.layers))
    if canvas != recipe.size:  # what others call the second size of a picture that is painted small
        fields["Hires resize"] = "x".join(map(str, recipe.size))
    return compose(Infotext(recipe.prompt, recipe.negative, {**fields, "Version": f"unfog-{recipe.unfog}"}))


def compose(info: Infotext) -> str:
    """The text of an infotext; control characters but the line break are left out, as PNG wants (W3C PNG, 11.3.3)."""
    pairs = ", ".join(f"{key}: {quote(value)}" for key, value in info.fields.items())
    negative = [f"{NEGATIVE} {info.negative}"] if info.negative else []
    return CONTROL.sub("", "\n".join([info.prompt, *negative, pairs]))


def quote(value: str) -> str:
    """A value as a JSON string if it would be misread otherwise."""
    return json.dumps(value, ensure_ascii=False) if any(c in value for c in ",:\n") else value


def unquote(value: str) -> str:
    """The inverse of ``quote``; what is no JSON string stays as it is."""
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    try:
        text: object = json.loads(value)
    except ValueError:
        return value
    return text if isinstance(text, str) else value


def in_one_piece(info: Infotext) -> bool:
    """Whether an infotext is one of ours, of a picture that was not put together from layers."""
    return info.fields.get("Version", "").startswith("unfog-") and "Layers" not in info.fields


def read_infotext(text: str) -> Infotext:
    """Prompt, negative prompt and fields of an infotext; a text without parameters is all prompt."""
    *lines, last = text[:LONGEST].strip().split("\n")
    found = list(pairs(last))
    if len(found) < FEWEST_PAIRS:
        lines, found = [*lines, last], []
    at = next((k for k, line in enumerate(lines) if line.strip().startswith(NEGATIVE)), len(lines))
    negative = "\n".join(lines[at:]).strip().removeprefix(NEGATIVE)
    fields = dict[str, str]()
    for key, value in found:
        if size := SIZE.fullmatch(value):
            fields |= {f"{key}-1": size[1], f"{key}-2": size[2]}
        else:
            fields[key] = unquote(value)
    return Infotext("\n".join(lines[:at]).strip(), negative.strip(), fields)


def pairs(line: str) -> Iterator[tuple[str, str]]:
    r"""Keys and raw values of a parameter line: what ``\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)`` finds.

    Searching with that pattern takes quadratic time on a long word without a colon; going from colon to colon does not.
    """
    start = 0
    while (colon := line.find(":", start)) >= 0:
        first = colon
        while first > start and KEY_CHARACTERS.match(line[first - 1]):
            first -= 1
        key = KEY.search(line, first, colon)
        if key is None:
            start = colon + 1
            continue
        at = colon + 1
        while at < len(line) and line[at].isspace():
            at += 1
        value = QUOTED.match(line, at) or PLAIN.match(line, at)
        assert value is not None
        yield key[0], value[0].strip()
        start = value.end() + 1
