"""Pictures of any size on a small canvas and back: where it lies, what it costs, what stays to the last bit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unfog.media.alpha import over, premultiplied
from unfog.media.image import from_uint8, to_uint8
from unfog.tasks.frame import LARGEST, Frame, around, frame_of, grown, laid, mixed, seen, shrunk, shrunk_beside
from unfog.util.errors import UsageError
from unfog.util.random import Dice, Draw


def pixels(channels: int, height: int, width: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (channels, height, width), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("size", "canvas"),
    [((32, 32), (32, 32)), ((640, 480), (43, 32)), ((480, 640), (32, 43)), ((16, 16), (32, 32)), ((3, 24), (32, 256))],
)
def test_the_shorter_side_is_as_trained(size, canvas):
    frame = frame_of(size[0], size[1], 32)
    assert frame.canvas == canvas
    assert (frame.left, frame.top, frame.width, frame.height) == (0, 0, *size)
    assert frame.enlarged == size[0] / canvas[0]


@pytest.mark.parametrize("size", [(257, 32), (1, 9), (32, 9999)])
def test_too_long(size):
    assert LARGEST == 8
    with pytest.raises(UsageError, match=f"{size[0]}x{size[1]} pixels are too long and narrow"):
        frame_of(size[0], size[1], 32)


def test_round_a_small_mask():
    mask = torch.zeros(200, 300)
    mask[90:110, 140:150] = 0.5
    frame = around(mask, 32, crop=None)
    assert (frame.left, frame.top, frame.width, frame.height) == (125, 80, 40, 40)
    assert frame.canvas == (32, 32)
    assert around(mask, 32, crop=False) == frame_of(300, 200, 32)
    assert around(mask, 64, crop=True).width == 64  # never smaller than the canvas, if there is room


def test_a_large_mask_is_not_cut_out_unless_asked():
    mask = torch.zeros(100, 100)
    mask[10:61, 10:30] = 1
    assert around(mask, 32, crop=None) == frame_of(100, 100, 32)
    mask[60] = 0
    frame = around(mask, 32, crop=None)
    assert (frame.width, frame.height) == (100, 100)  # twice the 50 rows is all there is
    mask[30:] = 0
    assert around(mask, 32, crop=None).width == 40


def test_a_cut_out_lies_in_the_picture_and_holds_the_mask():
    dice = Dice(5, 0, Draw.TEST)
    for _ in range(200):
        h, w, trained = dice.integer(1, 90), dice.integer(1, 90), dice.choice([8, 32])
        top, left = dice.integer(0, h - 1), dice.integer(0, w - 1)
        mask = torch.zeros(h, w)
        mask[top : top + dice.integer(1, h), left : left + dice.integer(1, w)] = 1
        try:
            frame = around(mask, trained, crop=dice.choice([True, None]))
        except UsageError:
            continue
        assert 0 <= frame.left <= w - frame.width
        assert 0 <= frame.top <= h - frame.height
        assert frame.cut(mask).sum() == mask.sum()
        assert min(frame.canvas) == trained


def test_cut_is_a_view():
    whole = pixels(3, 9, 11)
    frame = Frame(2, 3, 4, 5, (8, 8))
    frame.cut(whole).fill_(7)
    assert (whole == 7).all(0)[3:8, 2:6].all()
    assert (whole == 7).all(0).sum() == 20


def test_what_models_see():
    rgb, rgba = pixels(3, 5, 7), pixels(4, 5, 7)
    assert torch.equal(seen(rgb, 3), from_uint8(rgb)[None])
    assert torch.equal(seen(rgba, 4), premultiplied(rgba[None]))
    assert torch.equal(seen(rgba, 3), over(premultiplied(rgba[None])))
    opaque = seen(rgb, 4)
    assert torch.equal(opaque[:, :3], from_uint8(rgb)[None])
    assert (opaque[:, 3] == 1).all()
    assert (seen(rgb, 1) - from_uint8(rgb)[None].mean(1, keepdim=True)).abs().max() == 0
    with pytest.raises(UsageError, match="works on 2"):
        seen(rgb, 2)


def test_smaller_is_the_mean_of_areas_and_larger_stays_in_range():
    x = from_uint8(pixels(3, 12, 20))[None]
    assert (shrunk(x, (10, 4)) - x.unflatten(3, (10, 2)).unflatten(2, (4, 3)).mean((3, 5))).abs().max() <= 1e-6
    assert shrunk(x, (20, 12)) is x
    assert shrunk(x, (31, 17)).abs().max() <= 1
    assert grown(x, (20, 12), None) is x
    assert grown(x, (10, 4), None).shape == (1, 3, 4, 10)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("painted", [1, 3, 4])
def test_what_a_mask_protects_is_the_picture_itself(painted, channels):
    dice = Dice(painted, 0, Draw.TEST)
    for case in range(10):
        h, w = dice.integer(1, 20), dice.integer(1, 20)
        original, mask = pixels(channels, h, w, case), pixels(1, h, w, case + 50)[0].float() / 255
        mask = torch.where(mask < 0.4, 0.0, torch.where(mask > 0.8, 1.0, mask))
        x = from_uint8(pixels(painted, h, w, case + 99))[None]
        found = laid(x, original, mask)
        assert found.shape == original.shape
        stays, goes = ((mask == value).expand(channels, h, w) for value in (0, 1))
        assert torch.equal(found[stays], original[stays])
        assert torch.equal(found[goes], laid(x, original)[goes])


def test_the_channels_of_the_picture():
    rgb, rgba = pixels(3, 4, 6), pixels(4, 4, 6)
    grey, colour = from_uint8(pixels(1, 4, 6, 1))[None], from_uint8(pixels(3, 4, 6, 2))[None]
    assert torch.equal(laid(grey, rgb), to_uint8(grey)[0].expand(3, 4, 6))
    assert torch.equal(laid(colour, rgba), torch.cat([to_uint8(colour)[0], rgba[3:]]))
    clear = premultiplied(rgba[None])
    assert torch.equal(laid(clear, rgb), to_uint8(over(clear))[0])
    kept = laid(clear, rgba)
    assert torch.equal(kept[3], rgba[3])
    assert (kept.int() - rgba.int())[:, rgba[3] > 0].abs().max() <= 1


def test_between_black_and_white_the_two_are_mixed():
    original, made = torch.full((3, 1, 3), 100, dtype=torch.uint8), torch.full((3, 1, 3), 200, dtype=torch.uint8)
    assert mixed(made, original, torch.tensor([[0.25, 0.5, 0.999]]))[0].tolist() == [[125, 150, 200]]


def test_what_is_transparent_has_no_say_in_a_mixed_colour():
    """Half of red over hidden green is half-transparent red."""
    original = torch.tensor([0, 255, 0, 0], dtype=torch.uint8).reshape(4, 1, 1)
    made = torch.tensor([255, 0, 0, 255], dtype=torch.uint8).reshape(4, 1, 1)
    found = mixed(made, original, torch.tensor([[0.5]]))
    assert found.flatten().tolist() == [255, 0, 0, 128]
    same = pixels(4, 6, 6)
    same[3] = same[3].clamp(min=1)
    assert (mixed(same, same, torch.full((6, 6), 0.3)).int() - same.int()).abs().max() <= 1


def test_a_small_pixel_is_painted_if_more_than_half_of_it_is_and_else_shows_what_is_known_of_it():
    x, mask = torch.full((1, 3, 4, 8), 0.5), torch.zeros(1, 1, 4, 8)
    mask[..., :2] = 1  # two of four columns: not more than half
    mask[..., 4:7] = 1
    x[..., :2], x[..., 4:7] = -1.0, -1.0  # hidden: what is known is 0.5
    small, painted = shrunk_beside(x, mask, (2, 1))
    assert painted[0, 0].tolist() == [[0.0, 1.0]]
    assert torch.allclose(small[..., :1], torch.tensor(0.5), atol=1e-3)


def test_a_mask_too_thin_for_any_small_pixel_counts_everywhere():
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 3] = 1
    assert shrunk_beside(torch.zeros(1, 3, 8, 8), mask, (2, 2))[1][0, 0].tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_grey_of_a_mask_stays_grey_and_a_picture_of_the_same_size_as_it_is():
    x, mask = from_uint8(pixels(3, 6, 6))[None], torch.zeros(1, 1, 6, 6)
    mask[..., :3, :], mask[..., 2:3, :] = 1.0, 0.25
    small, painted = shrunk_beside(x, mask, (6, 6))
    assert torch.equal(painted, mask)
    assert torch.allclose(small, x, atol=1e-5)


def test_where_the_picture_is_enlarged_every_pixel_that_is_touched_is_painted():
    mask = torch.zeros(1, 1, 24, 24)
    mask[..., 11:19] = 1
    small, painted = shrunk_beside(torch.where(mask > 0, -1.0, 0.5).expand(1, 3, 24, 24), mask, (32, 32))
    assert small.shape == (1, 3, 32, 32)
    assert (small[0, :, painted[0, 0] == 0] - 0.5).abs().max() <= 0.2  # a soft edge of what is hidden, not itself
