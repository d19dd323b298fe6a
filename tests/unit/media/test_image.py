"""Picture files become the pixels a person sees, exactly; damaged ones become one error."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.pictures import encoded, pattern, raw_png

from unfog.media.image import (
    TRAINING,
    Limits,
    decode,
    decode_rgba,
    from_uint8,
    picture_of,
    pixels_of,
    quiet,
    read_bytes,
    square,
    to_uint8,
)
from unfog.util.errors import DataError
from unfog.util.random import Dice, Draw


def values(data: bytes) -> np.ndarray:
    """(h, w, 3) of a file."""
    return np.asarray(decode(data, name="x"))


def test_all_256_values_survive_the_way_to_the_network_and_back() -> None:
    v = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    x = from_uint8(v)
    assert x.min() == -1.0
    assert x.max() == 1.0
    assert torch.equal(to_uint8(x), v)


def test_values_are_rounded_and_clipped() -> None:
    x = torch.tensor([-9.0, -1.0, 0.4 / 127.5 - 1, 0.6 / 127.5 - 1, 0.0, 253.9 / 127.5 - 1, 1.0, 1.7, float("inf")])
    assert to_uint8(x).tolist() == [0, 0, 0, 1, 128, 254, 255, 255, 255]
    with pytest.raises(DataError, match="NaN"):
        to_uint8(torch.tensor([0.0, float("nan")]))


def test_lossless_files_give_their_pixels() -> None:
    wanted = pattern(13, 11)
    for data in (encoded(wanted), encoded(wanted, "WEBP", lossless=True)):
        assert np.array_equal(values(data), wanted)
    assert np.array_equal(pixels_of(decode(encoded(wanted), name="x")).permute(1, 2, 0).numpy(), wanted)


def test_jpeg_comes_close() -> None:
    y, x = np.mgrid[:24, :40]
    smooth = np.stack([6 * x, 9 * y, 3 * (x + y)], axis=-1).astype(np.uint8)
    for options in ({}, {"progressive": True}):
        got = values(encoded(smooth, "JPEG", quality=95, subsampling=0, **options)).astype(int)
        assert np.abs(got - smooth).max() <= 6


def test_transparency_is_flattened_over_white() -> None:
    rgba = np.zeros((2, 3, 4), dtype=np.uint8)
    rgba[0, :, 3] = (0, 128, 255)
    rgba[1] = (200, 100, 0, 51)
    got = values(encoded(rgba))
    assert got[0].tolist() == [[255] * 3, [127] * 3, [0] * 3]
    assert got[1, 0].tolist() == [244, 224, 204]  # 255 - (255 - v) * 51 / 255
    assert np.array_equal(values(encoded(rgba, "WEBP", lossless=True, exact=True)), got)


def test_transparent_palettes_greys_and_colours_are_flattened_too() -> None:
    palette = Image.new("P", (3, 2))
    palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    palette.putdata([0, 1, 2, 2, 1, 0])
    assert values(encoded(palette))[0].tolist() == [[10, 20, 30], [40, 50, 60], [70, 80, 90]]
    got = values(encoded(palette, transparency=bytes([255, 0, 128])))
    assert got[0].tolist() == [[10, 20, 30], [255, 255, 255], [162, 167, 172]]
    assert got[1].tolist() == got[0].tolist()[::-1]
    grey = Image.fromarray(np.array([[0, 100, 200]], dtype=np.uint8))
    assert values(encoded(grey, transparency=100))[0, :, 0].tolist() == [0, 255, 200]
    colour = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], dtype=np.uint8))
    assert values(encoded(colour, transparency=(4, 5, 6)))[0].tolist() == [[1, 2, 3], [255, 255, 255]]
    both = Image.merge("LA", [Image.new("L", (1, 1), 55), Image.new("L", (1, 1), 51)])
    assert values(encoded(both))[0, 0].tolist() == [215] * 3


def test_transparency_is_kept_if_asked_for() -> None:
    rgba = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4) * 10
    for data in (encoded(rgba), encoded(rgba, "WEBP", lossless=True, exact=True)):
        picture = decode_rgba(data, name="x")
        assert picture.mode == "RGBA"
        assert np.array_equal(np.asarray(picture), rgba)
    grey = decode_rgba(encoded(Image.fromarray(np.array([[0, 100]], dtype=np.uint8)), transparency=100), name="x")
    assert np.asarray(grey).tolist() == [[[0, 0, 0, 255], [100, 100, 100, 0]]]
    turned = decode_rgba(encoded(rgba, orientation=6), name="x")
    assert np.array_equal(np.asarray(turned), np.rot90(rgba, -1))


def test_a_picture_without_transparency_is_refused_if_it_must_be_kept() -> None:
    for data in (encoded(pattern(5, 4)), encoded(pattern(5, 4), "JPEG")):
        with pytest.raises(DataError, match=r"x has no transparency \(RGB\); remove its background and save it as PNG"):
            decode_rgba(data, name="x")
    with pytest.raises(DataError, match="x is damaged"):
        decode_rgba(encoded(np.full((40, 40, 4), 77, dtype=np.uint8))[:60], name="x")
    with pytest.raises(DataError, match=r"x is 5x4 = 20 pixels; at most 19 are allowed"):
        decode_rgba(encoded(pattern(5, 4)), name="x", limits=Limits(pixels=19))


def test_greys_of_one_eight_and_sixteen_bits() -> None:
    assert values(encoded(Image.fromarray(np.array([[False, True, False]]))))[0, :, 0].tolist() == [0, 255, 0]
    assert values(encoded(Image.fromarray(np.array([[7, 77]], dtype=np.uint8))))[0].tolist() == [[7] * 3, [77] * 3]
    deep = np.array([[0, 128, 129, 32896, 65535 - 129, 65535]], dtype=np.uint16)
    assert values(encoded(Image.fromarray(deep)))[0, :, 1].tolist() == [0, 0, 1, 128, 254, 255]


def test_sixteen_bits_of_colour() -> None:
    rows = np.array([[[0x12AB, 0xFFFF, 0x0000], [0x8000, 0x00FF, 0x7FFF]]], dtype=">u2").tobytes()
    got = values(raw_png(2, 1, rows, depth=16, colour=2))
    assert got.tolist() == [[[0x12, 0xFF, 0x00], [0x80, 0x00, 0x7F]]]


def test_cmyk_is_converted() -> None:
    colour = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert np.abs(values(encoded(colour, "JPEG", quality=95)).astype(int) - (255, 0, 0)).max() <= 3


# What was done to an upright picture before it was stored with this EXIF orientation (TIFF 6.0, tag 274).
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_pictures_stand_upright(orientation: int, kind: str) -> None:
    upright = pattern(13, 11)
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(np.ascontiguousarray(STORED[orientation](upright)), kind, orientation=orientation, **options)
    assert np.array_equal(values(data), upright)


def test_a_photograph_stands_upright() -> None:
    upright = np.zeros((32, 48, 3), dtype=np.uint8)
    upright[:16, :24] = 255
    got = values(encoded(np.rot90(upright).copy(), "JPEG", orientation=6))
    assert got.shape == (32, 48, 3)
    assert got[4, 4].min() > 240
    assert got[28, 4].max() < 15


def test_only_the_first_picture_of_a_camera_file_counts() -> None:
    first, second = (Image.fromarray(a) for a in (pattern(37, 23), pattern(9, 8)))
    out = io.BytesIO()
    first.save(out, format="MPO", save_all=True, append_images=[second])
    assert values(out.getvalue()).shape == (23, 37, 3)


@pytest.mark.parametrize(
    "data",
    [
        encoded(pattern(37, 23)),
        encoded(pattern(37, 23), "JPEG"),
        encoded(pattern(37, 23), "JPEG", progressive=True),
        encoded(pattern(37, 23), "WEBP"),
        encoded(pattern(37, 23), "WEBP", lossless=True),
    ],
    ids=["png", "jpeg", "progressive", "webp", "lossless webp"],
)
def test_a_truncated_file_is_damaged(data: bytes) -> None:
    assert values(data).shape == (23, 37, 3)
    for share in (0.4, 0.6, 0.8):
        with pytest.raises(DataError, match=r"^a\.png is damaged \(.+\); save the picture again or remove it$"):
            decode(data[: int(share * len(data))], name="a.png")


def test_a_changed_byte_is_an_error_or_a_picture_and_nothing_else() -> None:
    """400 files, each with up to five bytes changed; Pillow's decoders raise a dozen kinds of exceptions on them."""
    seeds = [
        encoded(np.dstack([pattern(23, 19), pattern(23, 19)[..., :1]]), orientation=6),
        encoded(Image.fromarray(pattern(23, 19)).quantize(9)),
        encoded(pattern(23, 19), "JPEG", orientation=8),
        encoded(pattern(23, 19), "JPEG", progressive=True),
        encoded(pattern(23, 19), "WEBP", orientation=3),
    ]
    outcomes = {"picture": 0, "error": 0}
    for k in range(400):
        dice = Dice(1, k, Draw.TEST)
        data = bytearray(seeds[k % len(seeds)])
        for _ in range(dice.integer(1, 5)):
            data[dice.integer(0, min(len(data), 300) - 1)] = dice.integer(0, 255)
        try:
            with quiet():
                assert decode(bytes(data), name="x").mode == "RGB"
            outcomes["picture"] += 1
        except DataError:
            outcomes["error"] += 1
    assert min(outcomes.values()) > 40


def test_warnings_about_exif_stay_inside() -> None:
    data = encoded(pattern(37, 23), "JPEG", orientation=6)
    at = data.index(b"\x01\x12\x00\x03")
    damaged = data[: at + 2] + b"\x00\x02\x00\x00\xff\xff" + data[at + 8 :]  # a text of 64 kB, which is not there
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert decode(damaged, name="x").size == (37, 23)
        before = len(heard)
        with quiet():
            assert decode(damaged, name="x").size == (37, 23)
        assert before > 0
        assert len(heard) == before


def test_the_square_is_the_middle() -> None:
    for width, height, left, top in ((17, 11, 3, 0), (11, 18, 0, 3), (11, 11, 0, 0)):
        a = pattern(width, height)
        got = np.asarray(square(Image.fromarray(a), 11))
        assert np.array_equal(got, a[top : top + 11, left : left + 11])


def test_fine_detail_is_averaged_and_not_aliased() -> None:
    board = ((np.indices((64, 64)).sum(0) % 2) * 255).astype(np.uint8)
    picture = Image.fromarray(board).convert("RGB")
    box = np.asarray(square(picture, 8, kernel="box"))
    assert set(box.ravel().tolist()) <= {127, 128}
    assert np.abs(np.asarray(square(picture, 8)).astype(int) - 127.5).max() <= 3
    blocks = np.kron(pattern(4, 4), np.ones((6, 6, 1), dtype=np.uint8))
    assert np.array_equal(np.asarray(square(Image.fromarray(blocks), 4, kernel="box")), pattern(4, 4))


def test_a_large_jpeg_read_at_reduced_scale_looks_the_same() -> None:
    y, x = np.mgrid[:640, :800]
    smooth = np.stack([x * 255 // 799, y * 255 // 639, 128 + 100 * np.sin(x / 90)], axis=-1).astype(np.uint8)
    data = encoded(smooth, "JPEG", quality=95)
    small = decode(data, name="x", at_least=16)
    assert small.size == (100, 80)  # an eighth: still four times 16
    whole, fast = (np.asarray(square(p, 16)).astype(int) for p in (decode(data, name="x"), small))
    assert np.abs(whole - fast).max() <= 4
    assert decode(data, name="x", at_least=300).size == (800, 640)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_pictures_of_one_three_and_four_channels(channels: int, mode: str) -> None:
    pixels = torch.arange(channels * 6, dtype=torch.uint8).reshape(channels, 2, 3)
    picture = picture_of(pixels)
    assert (picture.mode, picture.size) == (mode, (3, 2))
    assert torch.equal(pixels_of(picture), pixels)
    with pytest.raises(ValueError, match="got 2"):
        picture_of(torch.zeros(2, 2, 3, dtype=torch.uint8))


def test_what_is_no_readable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.png cannot be read \(No such file or directory\)"):
        read_bytes(tmp_path / "gone.png")
    with pytest.raises(DataError, match="not a regular file"):
        read_bytes(tmp_path)
    (tmp_path / "long.png").touch()
    os.truncate(tmp_path / "long.png", TRAINING.file_bytes + 1)  # sparse: takes no room
    with pytest.raises(DataError, match="has 67108865 bytes; at most 67108864"):
        read_bytes(tmp_path / "long.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DataError, match="not a regular file"):
        read_bytes(tmp_path / "a.png")
