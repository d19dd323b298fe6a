"""Format, size and frames from the first bytes alone, whatever the bytes are."""

from __future__ import annotations

import struct

import pytest
from PIL import Image
from tests.support.pictures import animated, chunk, encoded, pattern, raw_png

from unfog.media.header import Header, read_header
from unfog.media.image import SAFE, TRAINING, Limits, check_header, decode
from unfog.util.errors import DataError

FILES = {
    "png": encoded(pattern(37, 23)),
    "palette": encoded(Image.fromarray(pattern(37, 23)).quantize(5)),
    "jpeg": encoded(pattern(37, 23), "JPEG"),
    "with exif": encoded(pattern(37, 23), "JPEG", orientation=6),
    "grey jpeg": encoded(Image.fromarray(pattern(37, 23)).convert("L"), "JPEG"),
    "cmyk": encoded(Image.fromarray(pattern(37, 23)).convert("CMYK"), "JPEG"),
    "webp": encoded(pattern(37, 23), "WEBP"),
    "lossless webp": encoded(pattern(37, 23), "WEBP", lossless=True),
    "extended webp": encoded(pattern(37, 23), "WEBP", orientation=6),
}


@pytest.mark.parametrize("name", FILES)
def test_size_and_format_are_what_the_decoder_finds(name: str) -> None:
    kind = {"png": "PNG", "palette": "PNG"}.get(name, "WEBP" if "webp" in name else "JPEG")
    assert read_header(FILES[name]) == Header(kind, 37, 23)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_gives_the_size_or_nothing(name: str) -> None:
    found = [read_header(FILES[name][:n]) for n in range(len(FILES[name]))]
    assert {(h.width, h.height) for h in found if h is not None} == {(37, 23)}
    assert found[0] is None
    assert found[11] is None
    assert found[-1] is not None


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animation_is_seen(kind: str) -> None:
    header = read_header(animated(kind))
    assert header is not None
    assert (header.width, header.height, header.animated) == (13, 11, True)


def test_scans_of_a_jpeg_are_counted() -> None:
    baseline, progressive = (encoded(pattern(37, 23), "JPEG", progressive=p) for p in (False, True))
    counts = [h.scans for h in map(read_header, (baseline, progressive)) if h is not None]
    assert counts == [1, 10]  # the scan script of libjpeg for three components


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    data = FILES["jpeg"]
    assert read_header(data[:2] + b"\xff\xff\xff" + data[2:]) == Header("JPEG", 37, 23)


def test_a_header_made_to_take_long_is_given_up() -> None:
    jpeg, png = FILES["jpeg"], FILES["png"]
    assert read_header(jpeg[:2] + b"\xff" * 9_000 + jpeg[2:]) == Header("JPEG", 37, 23)
    assert read_header(jpeg[:2] + b"\xff" * 11_000 + jpeg[2:]) is None
    assert read_header(png[:33] + chunk(b"tEXt", b"") * 9_000 + png[33:]) == Header("PNG", 37, 23)
    assert read_header(png[:33] + chunk(b"tEXt", b"") * 11_000 + png[33:]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"<svg/>" * 20,
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"RIFF\x10\0\0\0WEBPABCD" + bytes(40),
        b"\xff\xd8\xff\xe0\x00\x00" * 9,
    ],
)
def test_what_is_none_of_the_three_has_no_header(data: bytes) -> None:
    assert read_header(data) is None
    with pytest.raises(DataError, match=r"^x\.png is (empty|not a readable PNG, JPEG or WebP)"):
        check_header(data, name="x.png")


def bomb(width: int, height: int, kind: str) -> bytes:
    """A few bytes that announce a picture of this size."""
    if kind == "PNG":
        return raw_png(width, height, b"", depth=8, colour=2)
    if kind == "JPEG":
        return b"\xff\xd8\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(64)
    sizes = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return b"RIFF\x60\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + sizes + bytes(64)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_400_megapixels_is_refused_before_any_decoder(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("a decoder saw it"))
    data = bomb(20000, 20000, kind)
    assert len(data) < 200
    with pytest.raises(DataError, match=r"a\.png is 20000x20000 = 400000000 pixels; at most 50000000 are allowed"):
        decode(data, name="a.png")


@pytest.mark.parametrize(
    ("data", "limits", "says"),
    [
        (encoded(pattern(1, 1)), TRAINING, "is 1x1 pixels; every side needs at least 8"),
        (encoded(pattern(7, 900)), TRAINING, "is 7x900 pixels; every side needs at least 8"),
        (bomb(0, 40, "PNG"), SAFE, "is 0x40 pixels; every side needs at least 1"),
        (animated("PNG"), TRAINING, "is animated"),
        (animated("WEBP"), TRAINING, "is animated"),
        (encoded(pattern(37, 23), "JPEG", progressive=True), Limits(scans=9), "is a JPEG of 10 scans; at most 9"),
        (FILES["png"], Limits(file_bytes=50), f"has {len(FILES['png'])} bytes; at most 50"),
    ],
)
def test_every_limit_names_the_value_and_the_bound(data: bytes, limits: Limits, says: str) -> None:
    with pytest.raises(DataError) as caught:
        check_header(data, name="a.png", limits=limits)
    assert str(caught.value).startswith(f"a.png {says}")


def test_the_limits_let_their_own_values_pass() -> None:
    assert check_header(encoded(pattern(8, 9)), name="a", limits=TRAINING).width == 8
    assert check_header(encoded(pattern(1, 1)), name="a").height == 1
    assert check_header(bomb(10_000, 5_000, "PNG"), name="a").width == 10_000
