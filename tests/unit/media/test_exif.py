"""Comments in JPEG and WebP files."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from tests.support.pictures import encoded, pattern

from unfog.media.exif import read_comment
from unfog.util.errors import DataError

TEXT = "a cat, 日本\nSteps: 20, Sampler: Euler, CFG scale: 7.0, Seed: 1"


def with_comment(comment: bytes | str, kind: str = "JPEG", **tags: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = comment
    for name, value in tags.items():
        exif[{"make": 0x010F, "model": 0x0110}[name]] = value
    out = io.BytesIO()
    Image.fromarray(pattern(8, 8)).save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("codec", ["utf-16-be", "utf-16-le"])
def test_the_web_ui_writes_utf_16(kind, codec):
    assert read_comment(with_comment(b"UNICODE\0" + TEXT.encode(codec), kind), name="x") == {"comment": TEXT}


def test_ascii_and_bare_comments():
    assert read_comment(with_comment(b"ASCII\0\0\0plain"), name="x") == {"comment": "plain"}
    assert read_comment(with_comment(b"\0" * 8 + "ä".encode()), name="x") == {"comment": "ä"}


def test_comfyui_writes_its_graph_into_the_name_of_the_camera():
    data = with_comment(b"", "WEBP", model='prompt:{"1": {}}', make='workflow:{"nodes": []}')
    found = read_comment(data, name="x")
    assert found["prompt"] == '{"1": {}}'
    assert found["workflow"] == '{"nodes": []}'


def test_damaged_ones_are_left_out():
    data = with_comment(b"UNICODE\0" + TEXT.encode("utf-16-be"))
    at = data.index(b"Exif\0\0")
    for k in range(6, 60, 3):
        spoilt = bytearray(data)
        spoilt[at + k] ^= 0xFF
        found = read_comment(bytes(spoilt), name="x")
        assert set(found) <= {"comment", "prompt", "workflow"}
    assert read_comment(encoded(pattern(8, 8), "JPEG"), name="x") == {}
    with pytest.raises(DataError):
        read_comment(b"no picture", name="x")
