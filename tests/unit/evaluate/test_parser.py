from __future__ import annotations

import pytest
import torch
from tests.support.paintings import one, scene

from unfog.data.scenes import Scenes, evaluation_scenes, render
from unfog.data.scenes_layout import SHAPES, Background, Group
from unfog.data.scenes_palette import COLOURS, Kind, allowed
from unfog.evaluate.drawing import SCENES
from unfog.evaluate.parser import parse
from unfog.media.image import to_uint8


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("diameter", [7.6, 11.3, 18.0])
def test_an_object_is_read_to_a_tenth_of_a_pixel(shape, diameter):
    (found,) = parse(scene(one("blue", shape, 15.3, 17.1, diameter)))
    assert (found.kind, found.ground) == ("plain", "white")
    (seen,) = found.objects
    assert (seen.colour, seen.shape) == ("blue", shape)
    assert seen.centre == pytest.approx((15.3, 17.1), abs=0.1)
    assert seen.diameter == pytest.approx(diameter, abs=0.1)
    assert seen.fit > 0.98


def test_every_colour_is_read_on_every_background_it_may_lie_on():
    grounds: tuple[tuple[Kind, str], ...] = (("plain", "white"), ("plain", "black"), ("checkered", "blue"))
    pairs: list[tuple[str, Kind, str]] = [(c, k, g) for c in COLOURS for k, g in grounds if c in allowed(k, g)]
    pictures = torch.cat([scene(one(c, "star"), background=Background(k, g)) for c, k, g in pairs])
    found = [(p.objects[0].colour, p.kind, p.ground) for p in parse(pictures) if len(p.objects) == 1]
    assert found == pairs


def test_close_neighbours_of_unequal_contrast_are_two():
    """Two pixels apart: faint pink beside strong black, on white."""
    (found,) = parse(scene(one("black", "square", 9.0, 16.0, 12.0), one("pink", "square", 21.8, 16.0, 12.0)))
    assert [(o.colour, o.shape) for o in found.objects] == [("black", "square"), ("pink", "square")]


def test_the_soft_edge_of_a_neighbour_is_not_held_against_an_object():
    """The neighbour's full pixels lie just outside the window that the small object is cut out with."""
    (found,) = parse(scene(one("purple", "cross", 21.304, 14.752, 17.203), one("pink", "cross", 6.303, 18.422, 8.441)))
    assert [(o.colour, o.shape) for o in found.objects] == [("purple", "cross"), ("pink", "cross")]
    assert min(o.fit for o in found.objects) > 0.99


def test_an_object_across_strong_stripes_is_one():
    """Gray on green stripes differs from the dark ones a third as much as from the light ones."""
    for upright in (True, False):
        (found,) = parse(
            scene(one("gray", "square", 15.0, 17.0, 12.0), background=Background("striped", "green", upright))
        )
        assert [(o.colour, o.shape) for o in found.objects] == [("gray", "square")]


def test_objects_come_largest_first():
    group = Group("red", "circle", "small", ((6.0, 8.0), (26.0, 24.0)), 8.0)
    (found,) = parse(scene(group, one("green", "square", 14.0, 20.0, 12.0)))
    assert [o.shape for o in found.objects] == ["square", "circle", "circle"]
    assert sorted(o.centre[0] for o in found.objects[1:]) == pytest.approx([6.0, 26.0], abs=0.1)


def test_an_empty_picture_has_no_objects():
    grounds = (Background("plain", "red"), Background("striped", "gray"))
    pictures = torch.cat([scene(background=b) for b in grounds])
    assert [p.objects for p in parse(pictures)] == [(), ()]


def test_single_pixels_are_no_objects():
    picture = scene(one("red", "heart"))
    picture[0, :, 3:5, 28] = 0
    picture[0, :, 28, 6] = 100
    (found,) = parse(picture)
    assert [o.shape for o in found.objects] == ["heart"]


def test_a_picture_is_read_the_same_in_any_batch():
    pixels = to_uint8(Scenes(32).batch(range(260), seed=2, split="train").x)
    together = parse(pixels)
    for k in (0, 123, 255, 256, 259):
        (alone,) = parse(pixels[k : k + 1])
        assert (alone.kind, alone.ground) == (together[k].kind, together[k].ground)
        assert [(o.colour, o.shape, o.size) for o in alone.objects] == [
            (o.colour, o.shape, o.size) for o in together[k].objects
        ]


@pytest.mark.parametrize(("side", "least"), [(16, 0.9), (24, 0.99), (48, 0.99), (64, 0.99), (100, 0.99)])
def test_other_sizes(side, least):
    scenes = evaluation_scenes(3, 50, "mixed")
    read = [
        sorted((str(o.colour), str(o.shape), o.size) for o in found.objects)
        for found in parse(to_uint8(render(scenes, side)))
    ]
    true = [sorted((g.colour, g.shape, g.size) for g in s.groups for _ in g.centres) for s in scenes]
    assert sum(a == b for a, b in zip(read, true, strict=True)) >= 50 * least


def test_pictures_too_small_to_read_are_refused():
    with pytest.raises(ValueError, match="at least 16 pixels a side, got 15"):
        parse(torch.zeros(1, 3, 15, 15, dtype=torch.uint8))


def test_size_words_change_half_way_between_what_they_stand_for():
    assert [SCENES.size_of(d) for d in (7.6, 9.8, 9.9, 13.4, 13.6, 18.0)] == [
        "small",
        "small",
        "medium",
        "medium",
        "large",
        "large",
    ]


def test_pure_noise_is_read_without_names():
    noise = torch.arange(3 * 32 * 32, dtype=torch.int64).mul(2654435761).remainder(2**32).div(2**24).to(torch.uint8)
    (found,) = parse(noise.view(1, 3, 32, 32))
    assert all(o.shape is None for o in found.objects)
