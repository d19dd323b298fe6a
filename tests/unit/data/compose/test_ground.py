"""Grounds: their tones, their patterns, and that texture is a function of the grain alone."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from unfog.data.compose.ground import DOT, grounds
from unfog.data.compose.scene import GROUND_KINDS, Ground
from unfog.data.compose.scenery import STARRY, STARS
from unfog.data.compose.tones import COLOURED, SCENERY, tones, visible
from unfog.data.scenes_palette import COLOURS, MARGIN, PALETTE, PATTERN_COLOURS, Kind, allowed, lab, palette_lab
from unfog.data.scenes_render import PERIOD

CPU = torch.device("cpu")
TEXTURED = ("paper", "sky", "night", "grass", "beach")


def ground_of(kind, colour="blue", **more) -> Ground:
    return Ground(kind, colour if kind in COLOURED else None, **more)


def paint(*some: Ground, grain: int = 5, size: int = 64) -> torch.Tensor:
    """Colours 0..255."""
    return grounds(some, [grain] * len(some), size, CPU)[:, :3] * 255


@pytest.mark.parametrize("colour", COLOURS)
def test_plain_grounds_are_of_one_palette_colour(colour):
    x = paint(Ground("plain", colour))[0]
    assert torch.equal(x, x[:, :1, :1].expand_as(x))
    assert x[:, 0, 0].tolist() == pytest.approx(PALETTE[colour], abs=1e-3)


def test_gradients_go_from_top_to_bottom():
    x = paint(Ground("gradient", "green"))[0]
    first, second = (torch.tensor(t) for t in tones(Ground("gradient", "green")))
    torch.testing.assert_close(x[:, 0, 9], first + (second - first) * (0.5 / 64))
    torch.testing.assert_close(x[:, 63, 2], first + (second - first) * (63.5 / 64))


def test_stripes_and_squares():
    upright, level = paint(Ground("striped", "pink"), Ground("striped", "pink", upright=False))
    assert torch.equal(upright, level.transpose(1, 2))
    assert torch.equal(upright[:, :1].expand_as(upright), upright)
    first, second = tones(Ground("striped", "pink"))
    for column, tone in ((3, first), (11, second), (19, first)):
        assert upright[:, 0, column].tolist() == pytest.approx(tone, abs=1e-3)
    squares = paint(Ground("checkered", "gray"))[0, 0, 3::8, 3::8]  # their middles
    assert len(squares.unique()) == 2
    assert torch.equal(squares[0, 0::2], squares[1, 1::2])


@pytest.mark.parametrize("size", [64, 96])
def test_dots_are_round_small_and_staggered(size):
    x = paint(Ground("dotted", "purple"), size=size)[0, 0]
    dot, between = (t[0] for t in tones(Ground("dotted", "purple")))
    share = ((x - between) / (dot - between)).mean().item()
    assert share == pytest.approx(2 * torch.pi * DOT**2, rel=0.03)
    period = int(PERIOD * size / 32)
    torch.testing.assert_close(x[period:], x[:-period], atol=0.01, rtol=0)
    half = period // 2
    torch.testing.assert_close(x[half:, half:], x[:-half, :-half], atol=0.01, rtol=0)
    assert x[period // 4, period // 4].item() == pytest.approx(dot)
    assert 2 * DOT * period < 0.11 * size  # far smaller than any thing


def test_transparent_grounds_are_nothing():
    assert not grounds([Ground("transparent")], [3], 64, CPU).any()
    assert (grounds([ground_of(k) for k in GROUND_KINDS[:-1]], [3] * 10, 64, CPU)[:, 3] == 1).all()


@pytest.mark.parametrize("kind", [k for k in GROUND_KINDS if k != "transparent"])
@pytest.mark.parametrize("grain", [0, 1, 2**64 - 1])
def test_no_colour_is_far_from_the_tones(kind, grain):
    """All but stars, foam and clouds' rims lies near a mix of two tones."""
    ground = ground_of(kind)
    x = lab(paint(ground, grain=grain)[0].flatten(1).T / 255)
    every = torch.tensor(tones(ground)) / 255
    mixes = torch.cat([a + w * (b - a) for a in every for b in every for w in torch.linspace(0, 1, 5)]).reshape(-1, 3)
    away = torch.cdist(x, lab(mixes)).amin(dim=1)
    assert (away < 12).float().mean() > 0.93
    assert away.median() < 5


def test_the_night_is_dark_with_small_stars():
    x = grounds([Ground("night")] * 8, list(range(8)), 64, CPU)[:, :3].mean(dim=1)  # (8, 64, 64)
    assert x.median() < 0.2
    bright = (x > 0.35).float()[:, None]
    wide = F.avg_pool2d(bright, 3, stride=1) == 1  # a 3 x 3 block of bright pixels
    assert not wide.any()
    peaks = (x[:, None] == F.max_pool2d(x[:, None], 5, 1, 2)) & (x[:, None] > 0.3)
    assert peaks.flatten(1).sum(1).float().mean().item() == pytest.approx(STARRY * STARS**2, rel=0.25)


def test_skies_have_soft_clouds():
    x = grounds([Ground("sky")] * 16, list(range(16)), 64, CPU)
    white = x[:, 0] > 0.9  # red is low in the blue, high in clouds
    assert 0.03 < white.float().mean() < 0.4
    step = torch.maximum((x[:, 0, 1:] - x[:, 0, :-1]).abs().amax(), (x[:, 0, :, 1:] - x[:, 0, :, :-1]).abs().amax())
    assert step < 0.3  # no outline


@pytest.mark.parametrize(
    ("kind", "bands"),
    [
        ("grass", ((0, 28, 0, 1), (42, 64, 2, 3))),
        ("beach", ((0, 22, 0, 1), (28, 37, 2, 3), (48, 64, 4, 5))),
    ],
)
def test_bands_of_scenery_have_their_tones(kind, bands):
    x = paint(Ground(kind), grain=11)[0]
    for top, bottom, a, b in bands:
        low, high = torch.tensor(SCENERY[kind])[[a, b]].aminmax(dim=0)
        median = x[:, top:bottom].flatten(1).median(dim=1).values
        assert (median > low - 12).all()
        assert (median < high + 12).all()


@pytest.mark.parametrize("kind", GROUND_KINDS)
def test_texture_is_a_function_of_the_grain(kind):
    ground = ground_of(kind)
    again = grounds([ground] * 3, [7, 8, 7], 64, CPU)
    assert torch.equal(again[0], again[2])
    assert torch.equal(again[0], again[1]) == (kind not in TEXTURED)
    assert torch.equal(grounds([ground], [8], 64, CPU)[0], again[1])


@pytest.mark.parametrize("kind", GROUND_KINDS[:-1])
def test_a_ground_looks_the_same_at_every_size(kind):
    small, large = (paint(ground_of(kind), size=size)[0] for size in (32, 128))
    assert (F.avg_pool2d(large, 4) - small).abs().mean() < 6


def test_paper_is_light_and_may_be_tinted():
    cream, blue = paint(Ground("paper"), Ground("paper", "blue"))
    assert cream.mean() > 235
    assert cream.std(dim=(1, 2)).amax() < 8
    assert blue[2].mean() > blue[0].mean() + 30


def test_visible_colours_are_measured_afresh():
    """As ``scenes_palette.allowed`` for its kinds; for scenery against the painted pixels."""
    for kind in ("plain", "gradient", "striped", "checkered"):
        for colour in PATTERN_COLOURS:
            usual: Kind = kind
            assert visible(Ground(kind, colour)) == allowed(usual, colour)
    assert visible(Ground("transparent")) == set(COLOURS)
    for kind in TEXTURED:
        x = lab(paint(Ground(kind))[0].flatten(1).T / 255)
        near = (torch.cdist(palette_lab(), x) < MARGIN - 12).float().mean(dim=1)
        names = visible(Ground(kind))
        assert len(names) >= 4
        assert max(share for name, share in zip(COLOURS, near.tolist(), strict=True) if name in names) < 0.03


def test_errors_name_the_value():
    with pytest.raises(ValueError, match="a striped ground needs a colour, got None: choose from red"):
        paint(Ground("striped"))
    with pytest.raises(ValueError, match="a plain ground needs a colour, got mauve"):
        paint(Ground("plain", "mauve"))
