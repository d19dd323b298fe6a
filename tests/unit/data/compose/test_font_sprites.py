"""Sprites of every kind of colour font, made on the spot: what is kept, what it is called, and what is clear in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

pytest.importorskip("emoji")
pytest.importorskip("uharfbuzz")
pytest.importorskip("fontTools")

from tests.support.fonts import GLYPHS, STORED, Kind, colour_font

from unfog.data.compose.font_sprites import font_sprites
from unfog.data.compose.layout import draw_scene
from unfog.data.compose.render import render
from unfog.data.compose.sprite_pixels import LONGEST, SIDE
from unfog.util.errors import DataError
from unfog.util.random import Dice, Draw

NAMES = ["red heart", "black flag", "man", "man technologist", "laptop", "grinning face"]  # not the flag of France


@pytest.mark.parametrize("kind", ["CBDT", "sbix", "COLR0", "COLR1"])
def test_every_emoji_is_a_sprite(tmp_path: Path, kind: Kind) -> None:
    sprites = font_sprites(colour_font(tmp_path / "font.ttf", kind))
    assert [s.name for s in sprites.table] == NAMES
    assert sprites.table[3].family == "1F9D1-200D-1F4BB"  # a person, like the woman
    grin = sprites.pixels[NAMES.index("grinning face")].float()
    solid = grin[3] > 250
    assert torch.equal(grin[:3, solid].median(1).values, torch.tensor(GLYPHS["grin"][1]).float())
    assert (grin[:3] <= grin[3:]).all()  # premultiplied
    assert 0.05 < solid.float().mean() < 1


def test_what_is_clear_in_a_font_stays_clear(tmp_path: Path) -> None:
    """The stored pictures are opaque on their left half and half clear above: that half alone is a sprite."""
    sprites = font_sprites(colour_font(tmp_path / "font.ttf", "CBDT"))
    alpha = sprites.pixels[NAMES.index("laptop"), 3]
    seen = (alpha > 128).nonzero()
    height, width = (seen.amax(0) - seen.amin(0) + 1).tolist()
    assert max(height, width) == LONGEST
    assert alpha[:, 0].max() == 0
    assert alpha.shape == (SIDE, SIDE)
    assert STORED == (20, 16)


def test_scenes_are_composed_of_them(tmp_path: Path) -> None:
    sprites = font_sprites(colour_font(tmp_path / "font.ttf", "COLR0"))
    scenes = [draw_scene(Dice(3, k, Draw.SCENE), sprites) for k in range(20)]
    assert sum(g.look.sprite is not None for s in scenes for g in s.groups) > 5
    assert torch.isfinite(render(scenes, sprites, 32)).all()


def test_a_font_without_emoji(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no colours"):
        font_sprites(colour_font(tmp_path / "font.ttf", "plain"))
