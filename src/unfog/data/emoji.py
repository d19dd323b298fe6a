"""The emoji of this machine's colour font as a dataset: every picture with its Unicode name as caption.

Fonts are installed everywhere and none is shipped here: whoever trains on them answers to the font's licence, which is
recorded with every picture; a font of unknown or proprietary licence makes the dataset not redistributable. Names come
from the package ``emoji``; a caption is the name as a person would type it:

    :man_mage_light_skin_tone: -> man mage, light skin tone        :France: -> flag of France

The validation split is by family: skin tones, genders and the signs for them do not tell pictures apart, so all forms
of a concept land on the same side.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor

from unfog.data.captioned import Captioned, Entry
from unfog.data.captions import tidy
from unfog.data.emoji_font import ColourFont, extra, find_font, open_font
from unfog.data.folder import CACHE_BYTES
from unfog.data.split import RULE, assign, split_key
from unfog.media.image import pixels_of, square
from unfog.util.errors import DataError

SKIN_TONE = re.compile(r" ((?:(?:medium-)?(?:light|dark)|medium) skin tone)(?= |$)")
FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}|\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]+\U000e007f")
# Variation selector, skin tones, female and male sign with their joiner: what does not make another concept.
DECORATION = re.compile("\ufe0f|[\U0001f3fb-\U0001f3ff]|\u200d[\u2640\u2642]")
PERSON = str.maketrans({"\U0001f468": "\U0001f9d1", "\U0001f469": "\U0001f9d1"})  # man, woman -> person


def load_emoji(
    size: int, *, limit: int | None = None, font: Path | None = None, cache_bytes: int = CACHE_BYTES
) -> Captioned:
    """Every fully qualified emoji that the font has, in the order of its code points.

    Args:
        size: side of the pictures in pixels.
        limit: at most that many, evenly spaced over all.
        font: font file; None takes one of this machine (``find_font``).
        cache_bytes: pictures kept drawn in memory; what does not fit is drawn again at every visit.

    Raises:
        DataError: the extra ``emoji`` is not installed, or there is no font that can be drawn.
    """
    names = emoji_names()
    drawn = find_font() if font is None else open_font(font)
    glyphs = {text: glyph for text in names if (glyph := drawn.glyph(text)) is not None}
    if not glyphs:
        raise DataError(f"{drawn.path} has no emoji; give another font")
    keep = len(glyphs) if limit is None else min(limit, len(glyphs))
    texts = [list(glyphs)[k * len(glyphs) // keep] for k in range(keep)]

    def draw(k: int) -> UInt8[Tensor, "3 size size"]:
        return pixels_of(square(drawn.picture(glyphs[texts[k]], size), size))

    cache = torch.empty((min(keep, cache_bytes // (3 * size * size)), 3, size, size), dtype=torch.uint8)
    hashes = list[str]()
    for k in range(keep):
        pixels = draw(k)
        hashes.append(hashlib.sha256(pixels.numpy().tobytes()).hexdigest())
        if k < len(cache):
            cache[k] = pixels
    splits = assign([split_key(sha, family(text)) for sha, text in zip(hashes, texts, strict=True)])
    entries = tuple(
        Entry(
            code_points(text),
            sha256,
            3 * size * size,
            size,
            size,
            (names[text],),
            drawn.licence,
            split,
            facts(drawn, text),
        )
        for text, sha256, split in zip(texts, hashes, splits, strict=True)
    )
    return Captioned(
        name="emoji",
        size=size,
        entries=entries,
        cache=cache,
        fetch=None if len(cache) == keep else draw,
        layout=f"{drawn.name} ({drawn.licence}): {keep} of {len(glyphs)} emoji",
        split_rule=RULE,
    )


def emoji_names() -> dict[str, str]:
    """The caption of every fully qualified emoji, ordered by code points.

    Raises:
        DataError: the extra ``emoji`` is not installed.
    """
    package = extra("emoji")
    table: Mapping[str, Mapping[str, Any]] = package.EMOJI_DATA
    full = package.STATUS["fully_qualified"]
    return {text: caption(text, row["en"]) for text, row in sorted(table.items()) if row["status"] == full}


def caption(text: str, short_name: str) -> str:
    """``:dark_skin_tone_name:`` as people type it; flags say that they are flags."""
    words = tidy(short_name.strip(":").replace("_", " "))
    if FLAG.fullmatch(text):
        return f"flag of {words}"
    return re.sub(r"(skin tone) (?!skin)", r"\1, ", SKIN_TONE.sub(r", \1", words))


def family(text: str) -> str:
    """The concept of an emoji: one for all its skin tones and genders, as code points."""
    return code_points(DECORATION.sub("", text).translate(PERSON))


def code_points(text: str) -> str:
    """``1F468-200D-1F680``."""
    return "-".join(f"{ord(character):04X}" for character in text)


def facts(font: ColourFont, text: str) -> tuple[tuple[str, str], ...]:
    """What is written down with a picture besides caption and licence."""
    rows = {
        "attribution": f"{font.name}, {font.notice}" if font.notice else font.name,
        "split_group": family(text),
        "emoji": text,
        "codepoints": code_points(text),
        "font": font.name,
        "font_version": font.version,
    }
    return tuple(rows.items())
