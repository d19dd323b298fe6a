"""Text in PNG files: written the same way every time, read without decoding or believing anything."""

from __future__ import annotations

import io
import zlib

import pytest
import torch
from PIL import Image
from tests.support.recipes import SIGNATURE, chunk, itxt, png

from unfog.media.png import CHUNKS_LIMIT, TEXT_LIMIT, encode, read_text
from unfog.util.errors import RecipeError

PIXELS = (torch.arange(3 * 5 * 7) * 7 % 256).to(torch.uint8).reshape(3, 5, 7)
TEXT = {"unfog": '{"a": 1}', "parameters": "größer 日本 🟢\nSteps: 3", "empty": ""}


def test_pixels_and_texts_come_back():
    data = encode(PIXELS, TEXT)
    assert read_text(data, name="a.png") == TEXT
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (7, 5)
        assert image.getpixel((6, 4)) == tuple(PIXELS[:, 4, 6].tolist())
        assert image.info == TEXT  # as other programs read it


def test_the_same_picture_has_the_same_bytes():
    assert encode(PIXELS, TEXT) == encode(PIXELS.clone(), dict(TEXT))
    assert encode(PIXELS, TEXT) != encode(PIXELS, dict(reversed(TEXT.items())))


def test_text_for_others_is_in_the_chunk_that_all_read_if_it_is_ascii_and_all_text_before_the_picture():
    data = encode(PIXELS, TEXT)
    assert 0 < data.find(b"iTXtunfog") < data.find(b"iTXtparameters") < data.find(b"IDAT")
    assert encode(PIXELS, {"parameters": "a star"}).find(b"tEXtparameters") > 0


def test_all_three_chunks_are_read():
    data = png(
        chunk(b"tEXt", b"one\0gr\xfc\xdfe"),
        chunk(b"zTXt", b"two\0\0" + zlib.compress(b"zwei \xe9" * 99)),
        itxt(b"three", "drei 日本".encode()),
        itxt(b"four", "vier 🟢".encode() * 50, compressed=True),
        chunk(b"tIME", b"\x07\xe9\1\1\0\0\0"),
    )
    assert read_text(data, name="a") == {
        "one": "grüße",
        "two": "zwei é" * 99,
        "three": "drei 日本",
        "four": "vier 🟢" * 50,
    }


def test_text_after_the_picture_is_read_and_after_the_end_is_not():
    end = chunk(b"IEND", b"")
    assert read_text(png()[: -len(end)] + itxt(b"late", b"yes") + end, name="a") == {"late": "yes"}
    assert read_text(png() + itxt(b"unfog", b"no"), name="a") == {}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a PNG"),
        (b"\xff\xd8\xff\xe0JFIF", "not a PNG"),
        (SIGNATURE, "truncated"),
        (png()[:-1], "truncated"),
        (png(itxt(b"unfog", b"{}"))[:60], "truncated"),
        (png()[:-12] + b"\xff\xff\xff\xff" + png()[-8:], "truncated"),
        (png(chunk(b"tEXt", b"unfog\0{}", checksum=7)), "wrong checksum"),
        (png(chunk(b"tEXt", b"unfog\0" + b"x" * TEXT_LIMIT)), f"at most {TEXT_LIMIT}"),
        (png(itxt(b"unfog", b"x" * (TEXT_LIMIT + 1), compressed=True)), f"more than {TEXT_LIMIT} bytes"),
        (png(*(itxt(b"k%d" % k, b"x" * TEXT_LIMIT, compressed=True) for k in range(5))), "more than 1048576 bytes"),
        (png(chunk(b"zTXt", b"unfog\0\0no deflate")), "cannot be read"),
        (png(itxt(b"unfog", b"{}"), chunk(b"tEXt", b"unfog\0[]")), "two texts called 'unfog'"),
        (png(*[chunk(b"aaAa", b"")] * (CHUNKS_LIMIT + 1)), "no proper PNG"),
    ],
    ids=range(13),
)
def test_what_is_refused(data, said):
    with pytest.raises(RecipeError, match=said) as caught:
        read_text(data, name="evil.png")
    assert str(caught.value).startswith("evil.png ")


def test_any_damage_gives_text_or_an_error():
    data = bytearray(encode(PIXELS, {"unfog": "x" * 40}))
    for at in range(0, len(data), 3):
        damaged = bytes(data[:at]) + bytes([data[at] ^ 0x41]) + bytes(data[at + 1 :])
        try:
            found = read_text(damaged, name="a")
        except RecipeError:
            continue
        assert found in ({"unfog": "x" * 40}, {})  # damage outside the text, or in the name of its chunk
