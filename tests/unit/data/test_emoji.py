"""Emoji of every kind of colour font, made on the spot: pixels, names, families, licences, and errors with a fix."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("emoji")
pytest.importorskip("uharfbuzz")
pytest.importorskip("fontTools")

from tests.support.fonts import GLYPHS, STORED, Kind, colour_font, stored
from tests.support.outcome import outcome

from unfog.config.train import DataConfig
from unfog.data import emoji_font
from unfog.data.emoji import caption, emoji_names, facts, family, load_emoji
from unfog.data.emoji_font import find_font, font_folders, open_font
from unfog.jobs.datasets import default_side, open_dataset
from unfog.util.errors import DataError, Exit

DRAWN: list[Kind] = ["CBDT", "sbix", "COLR0", "COLR1"]
# Text, glyph and caption of everything in the test fonts that is a fully qualified emoji, in the dataset's order.
HELD = [
    ("\u2764\ufe0f", "heart", "red heart"),
    ("\U0001f1eb\U0001f1f7", "france", "flag of France"),
    ("\U0001f3f4", "black_flag", "black flag"),
    ("\U0001f468", "man", "man"),
    ("\U0001f468\u200d\U0001f4bb", "technologist", "man technologist"),
    ("\U0001f4bb", "laptop", "laptop"),
    ("\U0001f600", "grin", "grinning face"),
]


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("fonts")
    return {kind: colour_font(root / f"{kind}.ttf", kind) for kind in (*DRAWN, "SVG", "plain")}


@pytest.fixture
def no_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only place for fonts is an empty folder."""
    monkeypatch.setattr(emoji_font, "font_folders", lambda: [tmp_path / "fonts"])
    (tmp_path / "fonts").mkdir()
    return tmp_path / "fonts"


@pytest.mark.parametrize("kind", DRAWN)
def test_the_sequences_of_a_font_with_their_names(fonts: dict[str, Path], kind: Kind) -> None:
    data = load_emoji(8, font=fonts[kind])
    assert [dict(e.info)["emoji"] for e in data.entries] == [text for text, _, _ in HELD]
    assert [e.captions for e in data.entries] == [(name,) for _, _, name in HELD]
    assert [e.path for e in data.entries][:2] == ["2764-FE0F", "1F1EB-1F1F7"]


@pytest.mark.parametrize("kind", ["CBDT", "sbix"])
def test_bitmaps_are_centred_over_white_and_not_touched(fonts: dict[str, Path], kind: Kind) -> None:
    """At the size of the stored picture nothing is resized, so every pixel is known."""
    width, height = STORED
    data = load_emoji(width, font=fonts[kind])
    for (_, glyph, _), pixels in zip(HELD, data.cache, strict=True):
        rgba = np.asarray(stored(glyph)).astype(float)
        over = rgba[..., :3] * rgba[..., 3:] / 255 + 255 - rgba[..., 3:]
        wanted = np.full((width, width, 3), 255.0)
        wanted[(width - height) // 2 : (width + height) // 2] = over
        assert np.abs(pixels.permute(1, 2, 0).numpy() - wanted).max() <= 0.5
    smaller = load_emoji(5, font=fonts[kind]).cache[0].float()  # 4 x 4 means of the heart, which is green
    assert smaller[:, 2, 0].tolist() == pytest.approx([0, 255, 0], abs=30)
    assert smaller[:, 3, 4].tolist() == pytest.approx([255, 255, 255], abs=30)


@pytest.mark.parametrize("kind", ["COLR0", "COLR1"])
def test_vector_layers_are_painted_in_their_places(fonts: dict[str, Path], kind: Kind) -> None:
    data = load_emoji(20, font=fonts[kind])
    for (_, glyph, _), pixels in zip(HELD, data.cache, strict=True):
        colour = torch.tensor(GLYPHS[glyph][1])
        away = (pixels.int() - colour[:, None, None]).abs()
        assert away[:, 1:14, :].max() <= 1
        assert away[:, 1:19, 6:].max() <= 1
        assert max(away[:, 0].max(), away[:, 19, 6:].max()) <= 4  # the box of the font ends between two pixels
        half = colour[:, None, None].float() * (1 - 128 / 255)  # under half-transparent black, lower left
        assert (pixels[:, 16:19, :4].float() - half).abs().max() <= 6  # Lanczos rings next to an edge


def test_pixels_are_drawn_again_beyond_the_cache(fonts: dict[str, Path]) -> None:
    whole = load_emoji(6, font=fonts["COLR1"])
    some = load_emoji(6, font=fonts["COLR1"], cache_bytes=2 * 3 * 6 * 6)
    assert (len(whole.cache), len(some.cache)) == (7, 2)
    assert torch.equal(some.pixels(range(7)), whole.cache)
    assert some.fingerprint() == whole.fingerprint()
    assert load_emoji(7, font=fonts["COLR1"]).fingerprint() != whole.fingerprint()


def test_a_limit_is_spread_over_all(fonts: dict[str, Path]) -> None:
    few = load_emoji(6, font=fonts["CBDT"], limit=3)
    assert [e.captions[0] for e in few.entries] == ["red heart", "black flag", "man technologist"]
    assert len(load_emoji(6, font=fonts["CBDT"], limit=99).entries) == 7


def test_sequences_that_the_font_lacks_are_not_drawn_from_parts(fonts: dict[str, Path]) -> None:
    for kind in DRAWN:
        font = open_font(fonts[kind])
        assert font.glyph("\U0001f468\u200d\U0001f4bb") is not None
        lacking = {
            "man and woman": "\U0001f468\u200d\U0001f469",
            "flag of England, a black flag with letters nobody sees": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
            "two emoji": "\U0001f600\U0001f600",
            "a letter": "A",
            "a joiner alone": "\u200d",
            "nothing": "",
        }
        assert {what for what, text in lacking.items() if font.glyph(text) is not None} == set()


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("\U0001f600", ":grinning_face:", "grinning face"),
        ("\U0001f1eb\U0001f1f7", ":France:", "flag of France"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", ":England:", "flag of England"),
        ("x", ":man_mage_light_skin_tone:", "man mage, light skin tone"),
        ("x", ":man_medium-dark_skin_tone_beard:", "man, medium-dark skin tone, beard"),
        ("x", ":handshake_medium_skin_tone_dark_skin_tone:", "handshake, medium skin tone, dark skin tone"),
        ("x", ":light_bulb:", "light bulb"),
        ("x", ":1st_place_medal:", "1st place medal"),
        ("x", ":AB_button_(blood_type):", "AB button (blood type)"),
    ],
)
def test_names_as_people_type_them(text: str, name: str, wanted: str) -> None:
    assert caption(text, name) == wanted


def test_all_names_are_clean_and_different() -> None:
    names = emoji_names()
    assert len(names) > 3500
    assert len(set(names.values())) == len(names)
    assert [name for name in names.values() if "_" in name or ":" in name or ",," in name or name != name.strip()] == []
    assert "flag of United States" in names.values()
    assert list(names) == sorted(names)


def test_all_forms_of_a_concept_are_one_family() -> None:
    runner = ["1F3C3", "1F3C3-1F3FD", "1F3C3-1F3FF-200D-2640-FE0F", "1F3C3-200D-2642-FE0F"]
    technologist = ["1F468-200D-1F4BB", "1F469-1F3FB-200D-1F4BB", "1F9D1-200D-1F4BB"]
    for members, wanted in ((runner, "1F3C3"), (technologist, "1F9D1-200D-1F4BB"), (["2764-FE0F"], "2764")):
        assert {family("".join(chr(int(c, 16)) for c in text.split("-"))) for text in members} == {wanted}


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ({"licence": "Licensed under the SIL Open Font License, Version 1.1."}, "OFL-1.1"),
        ({"licence": "Licensed under the Apache License, Version 2.0"}, "Apache-2.0"),
        ({"licence": "", "address": "https://openfontlicense.org"}, "OFL-1.1"),
        ({"licence": "You may use this font as permitted by the EULA."}, "proprietary"),
        ({"licence": "", "copyright_notice": "(c) 2001 A Foundry. All rights reserved."}, "proprietary"),
        ({"licence": "Ask."}, "unknown"),
        ({"licence": ""}, "unknown"),
    ],
)
def test_the_licence_is_read_from_the_font(tmp_path: Path, said: dict[str, Any], licence: str) -> None:
    assert open_font(colour_font(tmp_path / "emoji.ttf", "CBDT", **said)).licence == licence


@pytest.mark.parametrize(
    ("text", "licence", "free"),
    [
        ("Apache License, Version 2.0", "Apache-2.0", True),
        ("Microsoft supplied font", "proprietary", False),
        ("", "unknown", False),
    ],
)
def test_the_licence_of_the_font_holds_for_every_picture(
    tmp_path: Path, text: str, licence: str, *, free: bool
) -> None:
    path = colour_font(tmp_path / "emoji.ttf", "CBDT", family="Odd Emoji", licence=text)
    data = load_emoji(6, font=path)
    assert data.licences() == {licence: 7}
    assert data.redistributable() is free
    assert dict(data.entries[4].info) == {
        "attribution": "Odd Emoji, Copyright 2001 Nobody",
        "split_group": "1F9D1-200D-1F4BB",
        "emoji": "\U0001f468\u200d\U0001f4bb",
        "codepoints": "1F468-200D-1F4BB",
        "font": "Odd Emoji",
        "font_version": "Version 1.5",
    }
    assert facts(open_font(path), "\U0001f468\u200d\U0001f4bb") == data.entries[4].info


def test_a_free_font_is_taken_before_others(no_fonts: Path) -> None:
    colour_font(no_fonts / "AEmoji.ttf", "CBDT", licence="ask", family="Unknown")
    (no_fonts / "deep").mkdir()
    colour_font(no_fonts / "deep" / "ZEmoji.ttf", "COLR0", family="Free")
    (no_fonts / "BadEmoji.ttf").write_bytes(b"not a font")
    colour_font(no_fonts / "Another.ttf", "CBDT", family="Not named like one")
    assert find_font().name == "Free"
    (no_fonts / "deep" / "ZEmoji.ttf").unlink()
    assert find_font().name == "Unknown"


def test_no_font_says_how_to_get_one(no_fonts: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_font()
    assert str(caught.value).startswith(f"no colour-emoji font was found in {no_fonts}; install one (Debian, Ubuntu: ")
    assert caught.value.exit_code == Exit.DATA


def test_fonts_that_cannot_be_drawn_are_named_with_the_reason(no_fonts: Path, fonts: dict[str, Path]) -> None:
    for kind in ("SVG", "plain"):
        (no_fonts / f"{kind}Emoji.ttf").write_bytes(fonts[kind].read_bytes())
    (no_fonts / "TornEmoji.ttf").write_bytes(fonts["CBDT"].read_bytes()[:300])
    with pytest.raises(DataError) as caught:
        find_font()
    said = str(caught.value)
    assert f"{no_fonts / 'SVGEmoji.ttf'} stores its pictures as SVG, which is not drawn here" in said
    assert f"{no_fonts / 'plainEmoji.ttf'} has no colours" in said
    assert str(no_fonts / "TornEmoji.ttf") in said
    assert "install one" in said


def test_a_named_font_must_be_one(tmp_path: Path, fonts: dict[str, Path]) -> None:
    (tmp_path / "text.ttf").write_text("not a font")
    with pytest.raises(DataError, match=r"text\.ttf is not a font"):
        load_emoji(8, font=tmp_path / "text.ttf")
    with pytest.raises(DataError, match=r"gone\.ttf cannot be read \(No such file"):
        load_emoji(8, font=tmp_path / "gone.ttf")
    with pytest.raises(DataError, match="a font with a table CBDT, sbix or COLR is needed"):
        load_emoji(8, font=fonts["plain"])


@pytest.mark.parametrize("module", ["emoji", "uharfbuzz"])
def test_without_the_extra_the_error_names_the_command(
    monkeypatch: pytest.MonkeyPatch, fonts: dict[str, Path], module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=rf'need the package {module}, which is missing: pip install "unfog\[emoji\]"'):
        load_emoji(8, font=fonts["CBDT"])


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_fonts_are_looked_for_where_systems_keep_them(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in {"WINDIR": "W", "LOCALAPPDATA": "L", "XDG_DATA_HOME": "H", "XDG_DATA_DIRS": "/one:/two"}.items():
        monkeypatch.setenv(name, value)
    wanted = {
        "linux": ["H/fonts", "/one/fonts", "/two/fonts"],
        "darwin": ["/Library/Fonts", "/System/Library/Fonts"],
        "win32": ["W/Fonts", "L/Microsoft/Windows/Fonts"],
    }
    folders = [path.as_posix() for path in font_folders()]
    assert [folder for folder in wanted[platform] if folder not in folders] == []


def test_emoji_are_a_source_to_train_on(no_fonts: Path) -> None:
    colour_font(no_fonts / "Emoji.ttf", "sbix")
    config = DataConfig(source="emoji", flip=True)
    assert default_side(config, 64) == 32
    data = outcome(open_dataset(config, 9))
    assert (data.name, data.size, data.count, data.valid_count) == ("emoji", 9, 7, 0)
    seeds = [data.batch(range(7), seed=seed, split="train") for seed in range(8)]
    assert len({batch.x.numpy().tobytes() for batch in seeds}) > 1
    assert {tuple(batch.captions) for batch in seeds} == {tuple(name for _, _, name in HELD)}
