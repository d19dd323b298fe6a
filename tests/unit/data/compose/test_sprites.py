"""Folders of transparent pictures become sprites of one size, and say clearly why they do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.pictures import encoded, pattern, write

from unfog.data.compose.sprite_pixels import fit, has_one_colour, longest_side
from unfog.data.compose.sprites import Sprites, load_sprites
from unfog.util.errors import DataError


def box(size: tuple[int, int], at: tuple[int, int, int, int], rgba: tuple[int, int, int, int]) -> np.ndarray:
    """(h, w, 4) transparent but for a rectangle left, top, right, bottom."""
    out = np.zeros((size[1], size[0], 4), dtype=np.uint8)
    out[at[1] : at[3], at[0] : at[2]] = rgba
    return out


def sticker(k: int = 0) -> np.ndarray:
    return box((20, 18), (3 + k, 2, 13, 12), (10 * k, 200, 30, 255))


def table(root: Path, *rows: Mapping[str, object]) -> None:
    (root / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_a_sprite_is_trimmed_centred_and_scaled() -> None:
    fitted = fit(Image.fromarray(box((50, 40), (5, 10, 35, 20), (255, 0, 0, 255))))  # 30 x 10
    assert fitted is not None
    seen = (fitted.pixels[3] > 127).nonzero()  # 60 x 20 in the middle of 64 x 64
    assert (seen.amin(dim=0).tolist(), seen.amax(dim=0).tolist()) == ([22, 2], [41, 61])
    assert fitted.pixels[:, 32, 32].tolist() == [255, 0, 0, 255]
    assert fitted.scale == 2.0
    assert fitted.share(5, 10) == (2 / 64, 22 / 64)
    assert fitted.share(20, 15) == (0.5, 0.5)
    assert longest_side(fitted.pixels) == 60 / 64
    assert longest_side(torch.zeros(4, 64, 64, dtype=torch.uint8)) == 0.0


def test_colours_are_premultiplied_and_nothing_bleeds_from_below() -> None:
    hidden = np.full((30, 30, 4), (255, 255, 255, 0), dtype=np.uint8)  # white under full transparency
    hidden[6:24, 6:24] = (0, 0, 200, 255)
    hidden[12:18, 12:18, 3] = 102
    fitted = fit(Image.fromarray(hidden))
    assert fitted is not None
    assert fitted.pixels[:, 32, 32].tolist() == [0, 0, 80, 102]
    assert int(fitted.pixels[:2].max()) == 0
    assert bool((fitted.pixels[:3] <= fitted.pixels[3]).all())


def test_a_faint_rim_does_not_count_and_nothing_at_all_is_no_sprite() -> None:
    rim = box((40, 40), (0, 0, 40, 40), (9, 9, 9, 8))
    assert fit(Image.fromarray(rim)) is None
    rim[10:30, 10:30] = (9, 9, 9, 255)
    fitted = fit(Image.fromarray(rim))
    assert fitted is not None
    assert fitted.scale == 3.0


@pytest.mark.parametrize(
    ("colours", "one"),
    [
        (((200, 30, 30), (120, 10, 10)), True),  # light and dark red
        (((200, 30, 30), (220, 90, 20)), True),  # red and orange
        (((200, 30, 30), (30, 30, 200)), False),
        (((90, 90, 90), (200, 200, 205)), True),  # grey
        (((240, 240, 240), (30, 150, 60)), True),  # green on white
    ],
)
def test_what_has_one_colour(colours: tuple[tuple[int, int, int], ...], *, one: bool) -> None:
    first, second = colours
    picture = box((30, 30), (0, 0, 30, 30), (*first, 255))
    picture[:, 15:, :3] = second
    fitted = fit(Image.fromarray(picture))
    assert fitted is not None
    assert has_one_colour(fitted.pixels) is one


def test_transparent_pixels_have_no_colour() -> None:
    assert not has_one_colour(torch.zeros(4, 64, 64, dtype=torch.uint8))


def test_a_plain_captioned_folder(tmp_path: Path) -> None:
    write(tmp_path / "b.png", sticker(), "red turtle\nsomething longer about it")
    write(tmp_path / "a.webp", encoded(sticker(4), "WEBP", lossless=True, exact=True), "cat")
    sprites = load_sprites(tmp_path)
    assert [(s.concept, s.family, s.style, s.name) for s in sprites.table] == [
        ("cat", "cat", "", "cat"),
        ("red turtle", "red turtle", "", "red turtle"),
    ]
    first = sprites.table[0]
    assert (first.synonyms, dict(first.names), first.group, dict(first.anchors)) == ((), {}, "", {})
    assert (first.mirror, first.recolour, first.size) == (False, True, 60 / 64)
    assert (first.licence, first.attribution, first.roles, first.head) == ("unknown", "", (), 0.0)
    assert sprites.pixels.shape == (2, 4, 64, 64)
    assert sprites.pixels[:, :, 32, 32].tolist() == [[40, 200, 30, 255], [0, 200, 30, 255]]


def test_styles_are_subfolders_if_every_picture_lies_in_one(tmp_path: Path) -> None:
    for style in ("flat", "3d"):
        write(tmp_path / style / "x.png", sticker(), "turtle")
    write(tmp_path / "flat" / "y.png", sticker(1), "cat")
    sprites = load_sprites(tmp_path)
    assert [(s.concept, s.style) for s in sprites.table] == [("turtle", "3d"), ("turtle", "flat"), ("cat", "flat")]
    assert sprites.concepts == ("turtle", "cat")
    assert (sprites.of("turtle"), sprites.of("cat")) == ((0, 1), (2,))
    write(tmp_path / "z.png", sticker(2), "dog")
    assert {s.style for s in load_sprites(tmp_path).table} == {""}


def test_train_and_validation_folders_are_no_styles(tmp_path: Path) -> None:
    for folder in ("train", "valid"):
        write(tmp_path / folder / "x.png", sticker(), "turtle")
    assert {s.style for s in load_sprites(tmp_path).table} == {""}


def test_every_column_reaches_the_sprite(tmp_path: Path) -> None:
    write(tmp_path / "noto/t.png", box((40, 30), (10, 0, 40, 30), (10, 200, 30, 255)))
    table(
        tmp_path,
        {
            "file_name": "noto/t.png",
            "text": "turtle, noto style",
            "concept": "1F422",
            "family": "F",
            "style": "n",
            "name": "turtle",
            "synonyms": ["tortoise"],
            "names": {"de": ["Schildkröte"]},
            "group": "animals",
            "mirror": True,
            "recolour": False,
            "anchors": {"head": [0.25, 0], "back": [1, 1]},
            "head": 0.3,
            "roles": ["mount", "held"],
            "licence": "MIT",
            "attribution": "Ann B",
        },
    )
    (sprite,) = load_sprites(tmp_path).table
    assert (sprite.concept, sprite.family, sprite.style, sprite.name) == ("1F422", "F", "n", "turtle")
    assert (sprite.synonyms, dict(sprite.names), sprite.group) == (("tortoise",), {"de": ("Schildkröte",)}, "animals")
    assert (sprite.mirror, sprite.recolour, sprite.roles) == (True, False, ("mount", "held"))
    assert (sprite.licence, sprite.attribution) == ("MIT", "Ann B")
    # 30 x 30 pixels from (10, 0) become 60 x 60 from (2, 2): the picture's (10, 0) is the sprite's corner
    assert dict(sprite.anchors) == {"head": (2 / 64, 2 / 64), "back": (62 / 64, 62 / 64)}
    assert sprite.head == pytest.approx(0.3 * 40 * 2 / 64)


def test_a_name_column_is_caption_enough_and_split_group_a_family(tmp_path: Path) -> None:
    write(tmp_path / "t.png", sticker())
    table(tmp_path, {"file_name": "t.png", "name": "turtle", "split_group": "reptiles"})
    (sprite,) = load_sprites(tmp_path).table
    assert (sprite.name, sprite.concept, sprite.family) == ("turtle", "turtle", "reptiles")


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("mirror", "yes", r"t\.png: column mirror is 'yes'; it should be true or false"),
        ("synonyms", "tortoise", r"column synonyms is 'tortoise'; it should be a list of texts"),
        ("name", 7, r"column name is '7'; it should be a text"),
        ("names", {"de": "Hund"}, r"it should be lists of texts by language"),
        ("names", ["Hund"], r"it should be lists of texts by language"),
        ("anchors", {"tail": [0.5, 0.5]}, r"it should be points of head, eyes, hand, back in 0\.\.1"),
        ("anchors", {"head": [0.5, 1.5]}, r"it should be points of head"),
        ("anchors", {"head": [0.5]}, r"it should be points of head"),
        ("anchors", {"head": [True, 0.5]}, r"it should be points of head"),
        ("anchors", 0.5, r"it should be points of head"),
        ("head", -0.1, r"column head is '-0\.1'; it should be a number in 0\.\.1"),
        ("roles", ["king"], r"it should be a list of hat, glasses, held, mount"),
    ],
)
def test_columns_of_another_kind_are_named(tmp_path: Path, column: str, value: object, says: str) -> None:
    write(tmp_path / "t.png", sticker())
    table(tmp_path, {"file_name": "t.png", "text": "turtle", column: value})
    with pytest.raises(DataError, match=says):
        load_sprites(tmp_path)


def refusal(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_sprites(folder)
    return str(caught.value)


def test_pictures_that_cannot_be_sprites_are_named_with_the_fix(tmp_path: Path) -> None:
    write(tmp_path / "a.png", pattern(13, 11), "a")
    write(tmp_path / "b.jpg", encoded(pattern(13, 11), "JPEG"), "b")
    write(tmp_path / "c.png", np.zeros((11, 13, 4), dtype=np.uint8), "c")
    write(tmp_path / "d.png", encoded(sticker())[:60], "d")
    write(tmp_path / "e.png", sticker(), "e")
    said = refusal(tmp_path)
    assert "a.png has no transparency (RGB); remove its background and save it as PNG or WebP with alpha" in said
    assert "b.jpg has no transparency" in said
    assert "c.png is fully transparent; remove it" in said
    assert said.endswith(" and 1 more")
    for name in "abc":
        next(tmp_path.glob(f"{name}.*g")).unlink()
        (tmp_path / f"{name}.txt").unlink()
    assert "d.png is damaged" in refusal(tmp_path)


def test_a_picture_without_a_name_a_picture_of_another_format_and_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no PNG or WebP pictures; accepted layouts"):
        load_sprites(tmp_path)
    write(tmp_path / "a.png", sticker())
    assert "a.png: has no caption; write its name into a .txt file beside it" in refusal(tmp_path)
    write(tmp_path / "b.svg", b"<svg/>")
    assert "b.svg: is not PNG, JPEG or WebP; convert it" in refusal(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        load_sprites(tmp_path / "a.png")


def test_the_fingerprint_notices_pixels_and_words_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "one"
    write(root / "a.png", sticker(), "turtle")
    before = load_sprites(root).fingerprint()
    assert before.startswith("sha256:")
    write(tmp_path / "two" / "b.webp", encoded(sticker(), "WEBP", lossless=True, exact=True), "turtle")
    assert load_sprites(tmp_path / "two").fingerprint() == before
    write(root / "a.txt", b"tortoise")
    renamed = load_sprites(root).fingerprint()
    write(root / "a.png", sticker(1))
    repainted = load_sprites(root).fingerprint()
    assert len({before, renamed, repainted}) == 3


def test_licences_are_counted(tmp_path: Path) -> None:
    for k in range(3):
        write(tmp_path / f"{k}.png", sticker(k), "x")
    table(tmp_path, *({"file_name": f"{k}.png", "licence": "MIT"} for k in range(2)))
    sprites = load_sprites(tmp_path)
    assert isinstance(sprites, Sprites)
    assert sprites.licences() == {"MIT": 2, "unknown": 1}
