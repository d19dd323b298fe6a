"""The sheet of samples: every picture whole, where it belongs, above its own caption."""

from __future__ import annotations

import io

import pytest
import torch
from PIL import Image, ImageFont

from unfog.media.grid import FONT_PX, LINE_PX, MARGIN, sheet, sheet_png, wrapped


def pictures(n: int, channels: int = 3, height: int = 5, width: int = 7) -> torch.Tensor:
    count = n * channels * height * width
    return (torch.arange(count) * 37 % 251).to(torch.uint8).reshape(n, channels, height, width)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_enlarged_by_a_whole_factor_and_unchanged(channels: int) -> None:
    x = pictures(3, channels)
    page = sheet(x, columns=2, cell=20)
    assert page.shape == (3, 2 * (5 * 3 + MARGIN) + MARGIN, 2 * (7 * 3 + MARGIN) + MARGIN)
    for k in range(3):
        top, left = MARGIN + k // 2 * (15 + MARGIN), MARGIN + k % 2 * (21 + MARGIN)
        shown = page[:, top : top + 15 : 3, left : left + 21 : 3]
        assert torch.equal(shown, x[k].expand(3, 5, 7))
        assert torch.equal(page[:, top + 2 : top + 15 : 3, left + 2 : left + 21 : 3], shown)
    margins = page.clone()
    for k in range(3):
        top, left = MARGIN + k // 2 * (15 + MARGIN), MARGIN + k % 2 * (21 + MARGIN)
        margins[:, top : top + 15, left : left + 21] = 255
    assert (margins == 255).all()


def test_large_pictures_are_not_enlarged_and_the_sheet_is_nearly_square() -> None:
    assert sheet(pictures(7), cell=3).shape == (3, 3 * (5 + MARGIN) + MARGIN, 3 * (7 + MARGIN) + MARGIN)
    assert sheet(pictures(1), cell=7).shape == (3, 5 + 2 * MARGIN, 7 + 2 * MARGIN)


def test_every_caption_is_below_its_picture() -> None:
    x = torch.full((2, 3, 10, 60), 255, dtype=torch.uint8)
    page = sheet(x, ["a fox", ""], columns=2, cell=60).float()
    assert page.shape == (3, 10 + LINE_PX + 2 * MARGIN, 2 * 68 + MARGIN)
    ink = (page < 128).any(dim=0)
    assert ink[MARGIN + 10 :, MARGIN : MARGIN + 60].sum() > 30
    assert not ink[: MARGIN + 10].any()
    assert not ink[:, MARGIN + 60 :].any()


def test_captions_are_wrapped_at_words_and_cut_with_an_ellipsis() -> None:
    font = ImageFont.load_default(FONT_PX)
    text = "two large yellow hexagons below one small orange octagon on a striped background in grey"
    lines = wrapped(text, font, 120)
    assert len(lines) == 3
    assert all(font.getlength(line) <= 120 for line in lines)
    assert lines[-1].endswith("...")
    assert text.startswith(" ".join(lines).removesuffix("..."))
    assert wrapped("a  red\ncircle", font, 120) == ["a red circle"]
    assert "".join(wrapped("x" * 40, font, 120)) == "x" * 40
    assert wrapped("", font, 120) == []


def test_the_same_sheet_is_the_same_file() -> None:
    data = sheet_png(pictures(2), ["a", "b"])
    assert data == sheet_png(pictures(2), ["a", "b"])
    assert data != sheet_png(pictures(2), ["a", "c"])
    assert Image.open(io.BytesIO(data)).mode == "RGB"


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="2 pictures and captions"):
        sheet(pictures(2), ["one"])
    with pytest.raises(ValueError, match="0 pictures"):
        sheet(pictures(0))
