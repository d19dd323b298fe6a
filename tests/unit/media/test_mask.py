"""Masks: what is white, how far a soft edge reaches, by what they are named."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.pictures import encoded, write
from torch import Tensor

from unfog.media.mask import box_mask, feathered, mask_of, read_mask, sha256_of
from unfog.media.original import original_of
from unfog.util.errors import DataError, UsageError
from unfog.util.random import Dice, Draw


def grey() -> Image.Image:
    return Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))


def test_grey_is_its_share_of_white():
    wanted = torch.arange(256).reshape(16, 16) / 255
    assert torch.equal(mask_of(original_of(grey().convert("RGB"))), wanted)
    assert mask_of(original_of(grey().convert("RGB"))).max() == 1.0


def test_colours_by_their_lightness():
    picture = Image.new("RGB", (3, 1))
    for k, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        picture.putpixel((k, 0), colour)
    assert (mask_of(original_of(picture)) * 255).round().tolist() == [[76, 150, 29]]


def test_what_is_transparent_is_black():
    picture = grey().convert("RGBA")
    picture.putalpha(Image.fromarray(np.where(np.arange(256) % 2, 255, 0).astype(np.uint8).reshape(16, 16)))
    found = mask_of(original_of(picture)).flatten()
    assert (found[::2] == 0).all()
    assert torch.equal(found[1::2], torch.arange(1, 256, 2) / 255)


def test_files(tmp_path):
    path = write(tmp_path / "m.png", encoded(grey()))
    assert torch.equal(read_mask(path, (16, 16)), torch.arange(256).reshape(16, 16) / 255)
    one_bit = write(tmp_path / "b.png", encoded(Image.fromarray(np.eye(8, dtype=bool))))
    assert torch.equal(read_mask(one_bit, (8, 8)), torch.eye(8))
    with pytest.raises(DataError, match="is 16x16 and the picture 16x17; make the mask as large"):
        read_mask(path, (16, 17))
    black = write(tmp_path / "black.png", encoded(Image.new("L", (4, 3))))
    with pytest.raises(DataError, match="is black everywhere, so nothing is painted"):
        read_mask(black, (4, 3))
    clear = write(tmp_path / "clear.png", encoded(Image.new("RGBA", (4, 3), (255, 255, 255, 0))))
    with pytest.raises(DataError, match="is black everywhere"):
        read_mask(clear, (4, 3))
    assert read_mask(write(tmp_path / "w.png", encoded(Image.new("1", (4, 3), 1))), (4, 3)).min() == 1


def test_boxes():
    mask = box_mask((2, 1, 3, 9), (6, 4))
    assert mask.shape == (4, 6)
    assert mask.sum() == 9
    assert mask[1:, 2:5].all()
    with pytest.raises(UsageError, match="the box 6,0,1,1 lies outside a picture of 6x4"):
        box_mask((6, 0, 1, 1), (6, 4))


def distance(mask: Tensor) -> Tensor:
    """To the nearest pixel that is not black: the larger of across and down."""
    there = torch.nonzero(mask > 0)
    every = torch.nonzero(torch.ones_like(mask))
    return (every[:, None] - there[None]).abs().amax(2).amin(1).reshape(mask.shape)


def test_a_feather_never_reaches_further_than_its_width_and_leaves_white_white():
    dice = Dice(2, 0, Draw.TEST)
    for case in range(25):
        h, w, width = dice.integer(1, 40), dice.integer(1, 40), dice.choice([1, 2, 3, 7, 16, 60])
        generator = torch.Generator().manual_seed(case)
        mask = (torch.rand(h, w, generator=generator) > 0.97).float() * torch.rand(h, w, generator=generator)
        mask[dice.integer(0, h - 1), dice.integer(0, w - 1)] = 1
        soft, far = feathered(mask, width), distance(mask)
        assert (soft[far > width] == 0).all()
        assert (soft >= mask).all()
        assert (soft[mask == 1] == 1).all()
        assert soft.max() == 1
        assert torch.equal(feathered(mask, 0), mask)


def test_a_feather_falls_from_white_to_black():
    mask = torch.zeros(61, 80)
    mask[:, 40:] = 1
    for width in (2, 4, 9, 20):
        edge = feathered(mask, width)[30, 40 - width - 1 : 41]
        assert edge[0] == 0
        assert edge[-1] == 1
        assert (edge.diff() >= 0).all()
        assert 0 < edge[1] < 0.25
        assert edge[len(edge) // 2] == pytest.approx(0.5, abs=0.31)
        assert torch.equal(feathered(mask, width), feathered(mask, width)[:1].expand(61, 80))  # no edge at the border


def test_a_wide_feather_on_a_large_mask_is_no_work():
    mask = torch.zeros(300, 400)
    mask[100:200, 100:200] = 1
    begin = time.perf_counter()
    feathered(mask, 64)
    assert time.perf_counter() - begin < 5  # measured 0.2 s; 10 s and more with windows of 129 x 129


def test_names():
    mask = torch.zeros(4, 6)
    mask[1, 2] = 1
    names = {sha256_of(m) for m in (mask, mask.T.contiguous(), mask * 0.5, mask.reshape(6, 4), torch.zeros(4, 6))}
    assert len(names) == 5
    assert sha256_of(mask * 0.501) == sha256_of(mask * 0.5)  # 128 of 255 both
