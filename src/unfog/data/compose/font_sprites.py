"""Sprites from the colour-emoji font of this machine, for whoever has no folder of pictures.

Every emoji is one sprite with its Unicode name; forms that differ by skin tone or the sign for a gender, and flags, are
left out. Nothing more is known of them, so they are not turned round, wear nothing and ride nothing. Whoever trains on
a font answers to its licence, which is recorded.
"""

from __future__ import annotations

from pathlib import Path

import torch

from unfog.data.compose.sprite_pixels import SIDE, fit, has_one_colour, longest_side
from unfog.data.compose.sprites import Sprite, Sprites
from unfog.data.emoji import DECORATION, FLAG, code_points, emoji_names, family
from unfog.data.emoji_font import find_font, open_font
from unfog.util.errors import DataError


def font_sprites(font: Path | None = None, side: int = SIDE) -> Sprites:
    """Every emoji that the font has, in the order of its code points.

    Args:
        font: font file; ``None`` takes one of this machine.
        side: of the sprites in pixels.

    Raises:
        DataError: the extra ``emoji`` is not installed, or there is no font that can be drawn.
    """
    drawn = find_font() if font is None else open_font(font)
    table, pixels = list[Sprite](), list[torch.Tensor]()
    for text, name in emoji_names().items():
        plain = DECORATION.sub("", text) == text.replace("\ufe0f", "") and not FLAG.fullmatch(text)
        glyph = drawn.glyph(text) if plain else None
        fitted = None if glyph is None else fit(drawn.sticker(glyph, side), side)
        if fitted is None:
            continue
        sprite = Sprite(
            concept=code_points(text),
            family=family(text),
            style="",
            name=name,
            synonyms=(),
            names={},
            group="",
            mirror=False,
            recolour=has_one_colour(fitted.pixels),
            anchors={},
            size=longest_side(fitted.pixels),
            licence=drawn.licence,
            attribution=f"{drawn.name}, {drawn.notice}" if drawn.notice else drawn.name,
        )
        table.append(sprite)
        pixels.append(fitted.pixels)
    if not table:
        raise DataError(f"{drawn.path} has no emoji; give another font, or a folder of pictures")
    return Sprites(tuple(table), torch.stack(pixels))
