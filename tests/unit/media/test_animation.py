"""Animations, read back frame by frame."""

from __future__ import annotations

import io

import pytest
import torch
from PIL import Image
from torch import Tensor

from unfog.media.animation import beside, durations, encode_gif
from unfog.media.image import pixels_of


def flat(red: int, green: int, blue: int, h: int = 12, w: int = 20) -> Tensor:
    return torch.tensor([red, green, blue], dtype=torch.uint8)[:, None, None].expand(3, h, w).clone()


def test_beside():
    pair = beside(flat(1, 2, 3), flat(4, 5, 6))
    assert pair.shape == (3, 12, 20 + 2 + 20)
    assert pair[:, 5, 19].tolist() == [1, 2, 3]
    assert pair[:, 5, 20:22].unique().tolist() == [255]
    assert pair[:, 5, 22].tolist() == [4, 5, 6]
    assert beside(flat(1, 1, 1, 8, 4), flat(2, 2, 2, 8, 4)).shape == (3, 8, 9)  # the gap is never nothing


@pytest.mark.parametrize(
    ("frames", "wanted"),
    [
        (1, [2000]),
        (2, [600, 2000]),
        (4, [600, 300, 300, 2000]),
        (22, [600, *[150] * 20, 2000]),
        (101, [600, *[40] * 99, 2000]),
    ],
)
def test_durations_are_whole_hundredths(frames, wanted):
    assert durations(frames) == wanted
    assert all(ms % 10 == 0 for ms in durations(frames))


def test_frames_come_back_enlarged_with_their_times():
    frames = [flat(250, 10, 20), flat(250, 10, 20), flat(0, 128, 255), flat(255, 255, 255)]
    frames[1][:, 3, 7] = torch.tensor([0, 255, 0], dtype=torch.uint8)
    comment = "größer " + "x" * 600  # longer than one block of 255 bytes
    with Image.open(io.BytesIO(encode_gif(frames, comment=comment))) as image:
        assert (image.n_frames, image.size) == (4, (200, 120))  # pyright: ignore[reportAttributeAccessIssue]
        assert image.info["loop"] == 0
        assert image.info["comment"].decode() == comment
        for k, frame in enumerate(frames):
            image.seek(k)
            assert image.info["duration"] == durations(4)[k]
            enlarged = frame.repeat_interleave(10, 1).repeat_interleave(10, 2)
            assert torch.equal(pixels_of(image.convert("RGB")), enlarged)


def test_a_picture_of_many_colours_keeps_them_nearly():
    picture = torch.stack([torch.arange(256).expand(140, 256) * f // 2 for f in (2, 1, 0)]).to(torch.uint8)
    with Image.open(io.BytesIO(encode_gif([picture]))) as image:
        assert image.size == (256, 140)  # large enough
        apart = (pixels_of(image.convert("RGB")).int() - picture.int()).abs()
    assert apart.max() <= 2


def test_grey_frames():
    with Image.open(io.BytesIO(encode_gif([flat(9, 0, 0)[:1], flat(200, 0, 0)[:1]]))) as image:
        image.seek(1)
        assert image.convert("RGB").getpixel((5, 5)) == (200, 200, 200)


def test_the_same_frames_have_the_same_bytes():
    assert encode_gif([flat(1, 2, 3)], comment="a") == encode_gif([flat(1, 2, 3)], comment="a")
