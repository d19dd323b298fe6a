"""What makes each style recognisable, measured; things keep their place, transparency its meaning."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
import torch
import torch.nn.functional as F

from unfog.data.compose.render import render
from unfog.data.compose.scene import STYLES, Box, Ground, Group, Look, Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.scenes_palette import COLOURS, PALETTE, lab, palette_lab

NONE = Sprites((), torch.zeros(0, 4, 64, 64, dtype=torch.uint8))
DISC = Group(Look(shape="circle", colour="red"), (Box(0.5, 0.5, 0.6),))
PAIR = (
    Group(Look(shape="star", colour="blue"), (Box(0.3, 0.35, 0.42),)),
    Group(Look(shape="heart", colour="yellow"), (Box(0.7, 0.65, 0.42),)),
)
OPAQUE = Scene(Ground("plain", "yellow"), (DISC,), grain=9)
CLEAR = Scene(Ground("transparent"), (DISC,), grain=9)
INSIDE, OUTSIDE = (slice(28, 36), slice(28, 36)), (slice(0, 8), slice(0, 8))
STYLED = STYLES[1:]
PAPERED = ("sketch", "neon", "blueprint")  # paint their own ground everywhere


def picture(scene: Scene, style: str, size: int = 64, **more) -> torch.Tensor:
    """RGBA premultiplied, 0..1."""
    x = render([replace(scene, style=style, **more)], NONE, size)[0]
    alpha = (x[3:] + 1) / 2
    return torch.cat([(x[:3] + alpha) / 2, alpha])


def chroma(rgb: torch.Tensor) -> torch.Tensor:
    return lab(rgb.permute(1, 2, 0))[..., 1:].norm(dim=-1)


def number_of_colours(x: torch.Tensor) -> int:
    return (x * 255).round().flatten(1).unique(dim=1).shape[1]


def disc(radius: float) -> torch.Tensor:
    at = torch.arange(64) + 0.5 - 32
    return at**2 + at[:, None] ** 2 < radius**2


@pytest.mark.parametrize("style", STYLES)
def test_a_style_is_a_function_of_the_scene(style):
    first, other = picture(OPAQUE, style), picture(OPAQUE, style, grain=10)
    assert torch.equal(first, picture(OPAQUE, style))
    assert torch.equal(first, other) == (style not in ("sketch", "watercolor", "mosaic"))


def test_only_rows_of_a_style_are_touched():
    scenes = [replace(OPAQUE, style=style) for style in STYLES] + [OPAQUE, CLEAR]
    x, plain = render(scenes, NONE, 64), render([OPAQUE, CLEAR], NONE, 64)
    assert torch.equal(x[0], plain[0])
    assert torch.equal(x[-2:], plain)


@pytest.mark.parametrize("ground", ["plain", "striped", "grass"])
def test_styles_are_far_from_each_other(ground):
    """Every two differ by five hundredths of the range on average, as far as a person tells them apart at a glance."""
    scene = Scene(Ground(ground, "pink" if ground != "grass" else None), PAIR, grain=4)
    drawn = {style: picture(scene, style)[:3] for style in STYLES}
    for a, b in combinations(STYLES, 2):
        assert (drawn[a] - drawn[b]).abs().mean() > 0.012, (a, b)
    gaps = [(drawn[a] - drawn[b]).abs().mean().item() for a, b in combinations(STYLES, 2)]
    assert sum(gap > 0.05 for gap in gaps) / len(gaps) > 0.8


@pytest.mark.parametrize("style", STYLED)
def test_transparent_ground_stays_transparent_unless_the_style_paints_it(style):
    alpha = picture(CLEAR, style)[3]
    assert (alpha[INSIDE] > 0.99).all()
    assert (alpha[OUTSIDE] == (1.0 if style in PAPERED else 0.0)).all()
    assert (picture(OPAQUE, style)[3] > 0.999).all()


@pytest.mark.parametrize("style", STYLED)
@pytest.mark.parametrize("ground", ["plain", "transparent"])
def test_things_keep_place_and_size(style, ground):
    """The disc can be found where it was: what differs from the empty scene in that style."""
    scene = replace(OPAQUE if ground == "plain" else CLEAR, grain=2)
    change = (picture(scene, style) - picture(replace(scene, groups=()), style)).abs().amax(dim=0) > 0.12
    found = change.nonzero().float() + 0.5
    assert found.mean(dim=0).tolist() == pytest.approx([32, 32], abs=1.6)  # a sticker's shadow pulls a little
    rows, columns = (found.amax(dim=0) - found.amin(dim=0)).tolist()
    border = 12 if style in ("sticker", "neon") else 6
    assert 0.6 * 64 - 6 < rows < 0.6 * 64 + border
    assert 0.6 * 64 - 6 < columns < 0.6 * 64 + border


@pytest.mark.parametrize("style", ["outline", "sketch", "black and white"])
def test_grey_styles_have_no_chroma(style):
    scene = Scene(Ground("beach"), PAIR)
    assert chroma(picture(scene, style)[:3]).max() < 0.5


def test_black_and_white_is_luma():
    x = picture(OPAQUE, "black and white")
    r, g, b = (v / 255 for v in PALETTE["red"])
    assert x[0, 32, 32].item() == pytest.approx(0.299 * r + 0.587 * g + 0.114 * b, abs=1e-4)


def test_sepia_is_brown_and_keeps_the_order_of_light():
    levels = [
        picture(Scene(Ground("plain", c)), "sepia")[:3, 5, 5] for c in ("black", "brown", "gray", "yellow", "white")
    ]
    for rgb in levels:
        assert rgb[0] > rgb[1] > rgb[2]
    assert [v.sum().item() for v in levels] == sorted(v.sum().item() for v in levels)
    a, b = lab(levels[2])[1:].tolist()
    assert 55 < torch.rad2deg(torch.atan2(torch.tensor(b), torch.tensor(a))) < 80  # the hue of sepia ink


def test_pixel_art_has_square_cells_and_hard_edges():
    for scene, side in ((OPAQUE, 3), (Scene(Ground("plain", "green"), PAIR), 2), (CLEAR, 3)):
        x = picture(scene, "pixel art")
        cells = x[:, : 64 // side * side, : 64 // side * side].unfold(1, side, side).unfold(2, side, side)
        assert (cells == cells[..., :1, :1]).all()
        assert set(x[3].unique().tolist()) <= {0.0, 1.0}
    assert number_of_colours(x) == 2
    assert number_of_colours(picture(Scene(Ground("sky")), "pixel art")) < 30
    assert number_of_colours(picture(Scene(Ground("sky")), "plain")) > 400


def test_outline_is_white_with_dark_lines_round_things():
    x = picture(OPAQUE, "outline")[0]
    assert (x > 0.97).float().mean() > 0.85
    assert x[disc(20) & ~disc(18.6)].mean() < 0.45
    assert x[INSIDE].min() > 0.99


def test_sketch_hatches_what_is_dark():
    dark, light = (
        picture(
            Scene(Ground("plain", "white"), (Group(Look(shape="square", colour=c), (Box(0.5, 0.5, 0.8),)),)), "sketch"
        )
        for c in ("brown", "yellow")
    )
    assert dark[0][INSIDE].mean() < light[0][INSIDE].mean() - 0.2
    assert dark[0][INSIDE].std() > 3 * light[0][INSIDE].std()
    assert dark[0][OUTSIDE].mean() > 0.9


@pytest.mark.parametrize("style", ["plain", "pixel art", "watercolor", "mosaic", "embroidery", "sticker"])
def test_styles_in_colour_leave_colours_their_names(style):
    for colour in COLOURS:
        scene = Scene(Ground("plain", "gray"), (Group(Look(shape="square", colour=colour), (Box(0.5, 0.5, 0.55),)),))
        seen = lab(torch.stack([picture(scene, style, grain=k)[:3][:, *INSIDE] for k in range(3)], 1).flatten(1).T)
        assert COLOURS[int(torch.cdist(seen.median(dim=0).values[None], palette_lab()).argmin())] == colour


def test_neon_tubes_have_the_colour_of_their_thing():
    """Black, gray and brown cannot shine."""
    for colour in set(COLOURS) - {"black", "gray", "brown"}:
        scene = Scene(Ground("plain", "gray"), (Group(Look(shape="square", colour=colour), (Box(0.5, 0.5, 0.55),)),))
        x = picture(scene, "neon")[:3]
        seen = lab(x[:, x.amax(dim=0) > 0.5].T).median(dim=0).values
        assert COLOURS[int(torch.cdist(seen[None], palette_lab()).argmin())] == colour


def test_watercolor_keeps_colours_and_softens():
    plain, x = picture(OPAQUE, "plain"), picture(OPAQUE, "watercolor")
    for where in (INSIDE, OUTSIDE):
        gap = lab(x[:3][:, *where].flatten(1).mean(1)) - lab(plain[:3][:, *where].flatten(1).mean(1))
        assert gap.norm() < 30
    assert x[:3][:, *OUTSIDE].std(dim=(1, 2)).max() > 0.015  # pigment varies


def test_neon_glows_on_black():
    x = picture(OPAQUE, "neon")
    assert (x[:3].amax(dim=0) < 0.1).float().mean() > 0.6
    tube = x[:3, disc(20.5) & ~disc(18)]
    assert tube[0].mean() > 0.6
    assert tube[0].mean() > 1.8 * tube[1].mean()  # red as the disc
    halo = x[0, disc(24) & ~disc(21.5)]
    assert 0.05 < halo.mean() < 0.6


def test_mosaic_has_tiles_of_one_colour_and_grout():
    scene = Scene(Ground("gradient", "blue"))
    x = picture(scene, "mosaic")
    plain = picture(scene, "plain")
    middle = x[:, 8:56, 8:56]
    assert number_of_colours(middle) > 100
    detail = (x - F.avg_pool2d(x[None], 3, 1, 1)[0])[:3, 8:56, 8:56].abs().mean()
    assert detail > 8 * (plain - F.avg_pool2d(plain[None], 3, 1, 1)[0])[:3, 8:56, 8:56].abs().mean()
    assert (x[:3].mean() - plain[:3].mean()).abs() < 0.12


def test_embroidery_is_stitched_along_one_diagonal():
    x = picture(replace(OPAQUE, groups=(replace(DISC, boxes=(Box(0.5, 0.5, 0.95),)),)), "embroidery")[0]
    patch = x[16:48, 16:48] - x[16:48, 16:48].mean()
    along, against = (patch[:-1, :-1] * patch[1:, 1:]).mean(), (patch[1:, :-1] * patch[:-1, 1:]).mean()
    assert against > along + 0.3 * patch.square().mean()  # stitches run from the lower left to the upper right
    assert patch.std() > 0.05


def test_stickers_have_a_white_border_and_a_shadow():
    plain, x = picture(OPAQUE, "plain"), picture(OPAQUE, "sticker")
    torch.testing.assert_close(x[:3, disc(17)], plain[:3, disc(17)])
    border = x[:3, disc(21) & ~disc(20.3)]
    assert border.mean() > 0.9
    shade = (plain - x)[:3].sum(dim=0).clamp(min=0) * ~disc(22.5)
    assert shade[32:, 32:].sum() > 3 * shade[:32, :32].sum()  # light comes from the upper left
    torch.testing.assert_close(x[:3][:, *OUTSIDE], plain[:3][:, *OUTSIDE])


def test_blueprint_is_blue_with_light_lines_and_a_grid():
    x = picture(OPAQUE, "blueprint")[:3]
    assert (x[2] > x[0] + 0.1).float().mean() > 0.9
    assert x[0, disc(20.5) & ~disc(18)].mean() > 0.5
    empty = picture(Scene(Ground("plain", "white")), "blueprint")[0]
    assert (empty[4] != empty[4, 4]).nonzero().flatten().tolist() == list(range(0, 64, 8))


@pytest.mark.parametrize("style", STYLED)
@pytest.mark.parametrize("size", [32, 41, 96])
def test_styles_work_at_other_sizes(style, size):
    x = picture(Scene(Ground("grass"), PAIR, grain=1), style, size)
    assert x.shape == (4, size, size)
    assert x.isfinite().all()
    large, usual = (
        F.interpolate(v[None], (16, 16), mode="area")[0]
        for v in (x, picture(Scene(Ground("grass"), PAIR, grain=1), style))
    )
    assert (large - usual).abs().mean() < (0.16 if style in ("outline", "neon", "blueprint") else 0.08)
