"""Painting against a slow reference and against geometry; a picture never depends on its neighbours."""

from __future__ import annotations

import math

import pytest
import torch

from unfog.data.compose.render import render
from unfog.data.compose.scene import GROUND_KINDS, SHAPES, STYLES, Box, Ground, Group, Look, Scene
from unfog.data.compose.sprites import Sprites
from unfog.data.compose.things import level_of
from unfog.data.scenes_palette import PALETTE
from unfog.util.random import Draw, octets

SIDE = 64
RED, SPOT, VEIL, CHECKS, NOISE = range(5)
TRANSPARENT = Ground("transparent")
WHITE = Ground("plain", "white")


@pytest.fixture(scope="module")
def sprites() -> Sprites:
    pixels = torch.zeros(5, 4, SIDE, SIDE, dtype=torch.uint8)
    pixels[RED, 0], pixels[RED, 3] = 200, 255
    axis = torch.arange(SIDE) + 0.5
    disc = (axis - 0.7 * SIDE) ** 2 + (axis[:, None] - 0.35 * SIDE) ** 2 < 8**2  # off the middle, to see turns
    pixels[SPOT, 1], pixels[SPOT, 3] = disc * 180, disc * 255
    pixels[VEIL, 1], pixels[VEIL, 2], pixels[VEIL, 3] = 60, 90, 128
    pixels[CHECKS, :3] = ((torch.arange(SIDE)[:, None] + torch.arange(SIDE)) % 2 * 255).to(torch.uint8)
    pixels[CHECKS, 3] = 255
    drawn = octets([5], (4, SIDE, SIDE), draw=Draw.TEST)[0]
    pixels[NOISE] = torch.minimum(drawn, drawn[3:])
    return Sprites((), pixels)


def one(look: Look, box: Box, ground: Ground = TRANSPARENT, **more) -> Scene:
    return Scene(ground, (Group(look, (box,)),), **more)


def cover(sprites: Sprites, scene: Scene, size: int = 64) -> torch.Tensor:
    return (render([scene], sprites, size)[0, 3] + 1) / 2


def middle(weights: torch.Tensor) -> tuple[float, float]:
    """Centre of mass in shares of the side: x, y."""
    at = (torch.arange(len(weights)) + 0.5) / len(weights)
    return ((weights.sum(0) * at).sum() / weights.sum()).item(), ((weights.sum(1) * at).sum() / weights.sum()).item()


def assorted() -> list[Scene]:
    looks = [Look(NOISE), Look(shape="star", colour="red"), Look(SPOT, colour="blue"), Look(NOISE, colour="yellow")]
    out = []
    for k, style in enumerate(STYLES):
        boxes = (Box(0.3, 0.4, 0.23 + 0.06 * k, 13.0 * k, k % 2 == 0), Box(0.9, 0.7, 0.55, -40.0 * k))
        groups = (Group(looks[k % 4], boxes), Group(looks[(k + 1) % 4], (Box(0.45, 0.6, 0.14 + 0.09 * k),)))
        kind = GROUND_KINDS[k % len(GROUND_KINDS)]
        out.append(Scene(Ground(kind, "blue"), groups, style=style, grain=k))
        out.append(
            Scene(Ground(GROUND_KINDS[(k + 5) % len(GROUND_KINDS)], "pink"), groups[1:], style=style, grain=7 * k)
        )
    return [*out, Scene(Ground("night"), grain=2**63 + 1), Scene(Ground("plain", "red"), groups[:1])]


@pytest.mark.parametrize("size", [64, 37])
def test_a_picture_does_not_depend_on_its_batch(sprites, size):
    scenes = assorted()
    together = render(scenes, sprites, size)
    assert together.shape == (len(scenes), 4, size, size)
    assert torch.equal(render(scenes[::-1], sprites, size).flip(0), together)
    for k, scene in enumerate(scenes):
        assert torch.equal(render([scene], sprites, size)[0], together[k]), scene


def test_pictures_are_premultiplied_and_in_range(sprites):
    x = render(assorted(), sprites, 64)
    alpha = (x[:, 3:] + 1) / 2
    assert x.isfinite().all()
    assert 0 <= alpha.min() <= alpha.max() <= 1
    assert (x[:, :3].abs() <= alpha + 1e-5).all()  # colours lie over mid-grey, as far from it as alpha allows


def test_alpha_algebra_against_a_pixel_by_pixel_reference(sprites):
    """Boxes as large as the picture show the sprites' own pixels."""
    whole = Box(0.5, 0.5, 1.0)
    order = (NOISE, VEIL, SPOT, NOISE, VEIL)
    for ground in (TRANSPARENT, Ground("plain", "orange")):
        groups = (Group(Look(order[0]), (whole,)), Group(Look(order[1]), (whole,)), *_groups(order[2:], whole))
        x = render([Scene(ground, groups)], sprites, SIDE)[0].double()
        for row, column in ((0, 0), (22, 45), (31, 32), (63, 5), (25, 40)):
            colour, alpha = [0.0, 0.0, 0.0], 0.0
            if ground.kind == "plain":
                colour, alpha = [v / 255 for v in PALETTE["orange"]], 1.0
            for sprite in order:
                *rgb, a = (sprites.pixels[sprite, :, row, column].double() / 255).tolist()
                colour = [p + (1 - a) * c for p, c in zip(rgb, colour, strict=True)]
                alpha = a + (1 - a) * alpha
            expected = [2 * p - alpha for p in colour] + [2 * alpha - 1]
            assert x[:, row, column].tolist() == pytest.approx(expected, abs=1e-5)


def _groups(order: tuple[int, ...], box: Box) -> list[Group]:
    return [Group(Look(k), (box,)) for k in order]


def test_later_things_cover_earlier_ones_in_group_and_box_order(sprites):
    left, right = Box(0.4, 0.5, 0.5), Box(0.6, 0.5, 0.5)
    red, blue = Look(shape="square", colour="red"), Look(shape="square", colour="blue")
    pairs = ((Group(red, (left,)), Group(blue, (right,))), (Group(blue, (right,)), Group(red, (left,))))
    centre = (render([Scene(WHITE, groups) for groups in pairs], sprites, 64)[:, :3, 32, 32] + 1) * 127.5
    assert centre[0].tolist() == pytest.approx(PALETTE["blue"], abs=0.01)
    assert centre[1].tolist() == pytest.approx(PALETTE["red"], abs=0.01)
    inside = (Group(red, (left, right)), Group(blue, (Box(0.5, 0.5, 0.2),)), Group(red, (Box(0.5, 0.5, 0.05),)))
    x = (render([Scene(WHITE, inside)], sprites, 64)[0, :3] + 1) * 127.5
    assert x[:, 32, 36].tolist() == pytest.approx(PALETTE["blue"], abs=0.01)
    assert x[:, 32, 32].tolist() == pytest.approx(PALETTE["red"], abs=0.01)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 180.0, -71.0])
@pytest.mark.parametrize(("side", "size"), [(0.83, 64), (0.5, 61), (0.31, 97), (1.1, 64)])
def test_a_point_of_a_sprite_lands_where_its_box_says(sprites, angle, mirror, side, size):
    """First mirrored, then turned clockwise about the middle, then scaled."""
    box = Box(0.52, 0.47, side, angle, mirror)
    x, y = (0.7 - 0.5) * (-1 if mirror else 1), 0.35 - 0.5
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    expected = box.x + side * (c * x - s * y), box.y + side * (s * x + c * y)
    seen = cover(sprites, one(Look(SPOT), box), size)
    assert middle(seen) == pytest.approx(expected, abs=0.25 / size)
    assert seen.sum().item() == pytest.approx(math.pi * (8 / 64 * side * size) ** 2, rel=0.05)


@pytest.mark.parametrize("look", [Look(RED), Look(shape="square", colour="red")])
@pytest.mark.parametrize("side", [0.06, 0.12, 0.2, 0.33, 0.47, 0.6, 0.68])
@pytest.mark.parametrize("angle", [0.0, 25.0])
def test_things_are_as_large_as_their_boxes(sprites, look, side, angle):
    x, y = 0.5 + 0.013, 0.5 - 0.009
    seen = cover(sprites, one(look, Box(x, y, side, angle)))
    true = side * 64 * (1 if look.shape is None else 0.9)
    assert seen.sum().item() == pytest.approx(true**2, rel=0.03, abs=1.5)
    assert middle(seen) == pytest.approx((x, y), abs=0.3 / 64)
    wide = true * (abs(math.cos(math.radians(angle))) + abs(math.sin(math.radians(angle))))
    columns = (seen.amax(0) > 0.02).nonzero()
    assert (columns.max() - columns.min() + 1).item() == pytest.approx(wide, abs=2)


def test_arrows_point_to_the_right_and_turn_clockwise(sprites):
    def turned(angle: float, *, mirror: bool) -> torch.Tensor:
        return cover(sprites, one(Look(shape="arrow", colour="green"), Box(0.5, 0.5, 0.8, angle, mirror)))

    right = turned(0, mirror=False)
    shaft, neck, tip = (right[:, column].sum().item() for column in (15, 36, 54))
    assert shaft == pytest.approx(0.66 * 25.6, abs=0.5)
    assert neck > 1.8 * 25.6 * 0.85 * 0.9
    assert 0 < tip < 6
    for angle, mirror, expected in (
        (90, False, right.rot90(-1)),  # points down
        (180, False, right.rot90(2)),
        (0, True, right.flip(1)),
        (90, True, right.flip(1).rot90(-1)),  # points up
    ):
        torch.testing.assert_close(turned(angle, mirror=mirror), expected, atol=1e-4, rtol=0)


def test_what_hangs_over_the_edge_is_cut_off(sprites):
    for x, y, share in ((0.0, 0.5, 0.5), (1.0, 1.0, 0.25), (0.5, 0.0, 0.5), (1.7, 0.5, 0.0), (-3.0, 9.0, 0.0)):
        seen = cover(sprites, one(Look(RED), Box(x, y, 0.4)))
        assert seen.sum().item() == pytest.approx(share * (0.4 * 64) ** 2, rel=0.02, abs=1e-6)


def test_reducing_a_sprite_averages_all_of_its_pixels(sprites):
    """A raster of single pixels becomes an even grey below half its size."""
    for side in (0.49, 0.3, 0.16, 0.08):
        x = render([one(Look(CHECKS), Box(0.5, 0.5, side), WHITE)], sprites, 64)[0, 0]
        near = x[30:34, 30:34] if side < 0.1 else x[29:35, 29:35]
        assert near.abs().max() < 0.01


def test_the_level_of_a_pyramid_is_reduced_by_less_than_two():
    assert [level_of(64, p) for p in (200, 64, 33, 32, 20, 16, 9, 8, 5, 1)] == [0, 0, 0, 1, 1, 2, 2, 3, 3, 4]
    for pixels in range(5, 90):
        assert (64 >> level_of(64, pixels)) / pixels < 2


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_have_their_palette_colour(sprites, shape):
    x = render([one(Look(shape=shape, colour="purple"), Box(0.5, 0.5, 0.9, 40.0), WHITE)], sprites, 64)[0, :3]
    same = ((x + 1) * 127.5 - torch.tensor(PALETTE["purple"])[:, None, None]).abs().amax(0) < 0.01
    assert same.float().mean() > 0.12


def test_a_colour_edit_changes_colours_only(sprites):
    plain, edited = (
        render([one(Look(RED, colour=c), Box(0.5, 0.5, 0.7, 20.0))], sprites, 64)[0] for c in (None, "blue")
    )
    assert torch.equal(plain[3], edited[3])
    assert edited[2, 32, 32] > edited[0, 32, 32] + 1


@pytest.mark.slow  # the first use of the device "meta" loads what it needs for two seconds
def test_everything_is_painted_on_the_device_that_is_asked_for(sprites):
    """A device without values stands for any other: a tensor left behind on the CPU would be an error."""
    scenes, meta = assorted(), torch.device("meta")
    assert render(scenes, sprites, 64, meta).device == meta
    assert render(scenes, Sprites((), sprites.pixels.to(meta)), 64).device == meta
    assert render(scenes, sprites, 64).device == torch.device("cpu")


def test_no_scenes_and_empty_scenes(sprites):
    assert render([], sprites, 64).shape == (0, 4, 64, 64)
    x = render([Scene(TRANSPARENT), Scene(WHITE)], sprites, 64)
    assert torch.equal(x[0], torch.tensor([0.0, 0.0, 0.0, -1.0])[:, None, None].expand(4, 64, 64))
    assert torch.equal(x[1], torch.ones(4, 64, 64))


@pytest.mark.parametrize(
    ("scene", "size", "match"),
    [
        (one(Look(99), Box(0.5, 0.5, 0.5)), 64, "sprite 99 is not in the table of 5"),
        (one(Look(shape="blob", colour="red"), Box(0.5, 0.5, 0.5)), 64, "shape blob"),
        (one(Look(shape="star"), Box(0.5, 0.5, 0.5)), 64, "colour None"),
        (one(Look(RED, shape="star", colour="red"), Box(0.5, 0.5, 0.5)), 64, "sprite 0, shape star"),
        (one(Look(RED, colour="mauve"), Box(0.5, 0.5, 0.5)), 64, "unknown colour 'mauve'"),
        (one(Look(RED), Box(0.5, 0.5, 0.0)), 64, "above 0, got 0.0"),
        (one(Look(RED), Box(0.5, 0.5, 0.5)), 31, "at least 32 pixels, got 31"),
    ],
)
def test_errors_name_the_value(sprites, scene, size, match):
    with pytest.raises(ValueError, match=match):
        render([scene], sprites, size)


def test_unknown_grounds_and_styles_are_refused(sprites):
    cubist, lava = Scene(WHITE), Ground("plain", "white")
    object.__setattr__(cubist, "style", "cubist")  # past the type checks of the tests
    object.__setattr__(lava, "kind", "lava")
    with pytest.raises(ValueError, match="unknown style 'cubist': choose from plain, pixel art"):
        render([cubist], sprites, 64)
    with pytest.raises(ValueError, match="unknown ground 'lava': choose from plain, gradient"):
        render([Scene(lava)], sprites, 64)
