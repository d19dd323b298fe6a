from __future__ import annotations

import pytest
import torch
from tests.support.paintings import one, painted, pixels, scene

from unfog.data.scenes_layout import Background
from unfog.data.scenes_palette import BACKGROUNDS, PALETTE, tones
from unfog.evaluate.ground import MAPS, ground_names, nearest_colours, read, weights
from unfog.util.random import Draw, normal


@pytest.mark.parametrize("side", [16, 27, 32])
def test_every_background_is_read_with_its_tones(side):
    every = [Background(k, c, upright, (4.0, -5.0, 3.0)) for k, c in BACKGROUNDS for upright in (True, False)]
    x = torch.cat([scene(background=b, side=side) for b in every]).float() / 255
    found = read(x)
    assert ground_names(found) == [(b.kind, b.colour) for b in every]
    known = torch.tensor([tones(b.kind, b.colour) for b in every]) + torch.tensor([4.0, -5.0, 3.0])
    assert (found.tones * 255 - known.clamp(0, 255)).abs().max() < 1.0
    assert (found.picture - x).abs().max() < 0.01
    stripes = [b.upright for b in every if b.kind == "striped"]
    assert [MAPS[w].upright for w in found.which.tolist() if MAPS[w].kind == "striped"] == stripes


def test_noise_is_measured_and_does_not_hide_a_pattern():
    plain, weak = scene(background=Background("plain", "gray")), scene(background=Background("checkered", "gray"))
    x = torch.cat([plain, weak]).float() / 255
    found = read((x + 0.03 * normal([5, 6], (3, 32, 32), draw=Draw.TEST)).clamp(0, 1))
    assert ground_names(found) == [("plain", "gray"), ("checkered", "gray")]
    assert found.noise.tolist() == pytest.approx([0.03, 0.03], rel=0.2)


def test_objects_on_the_border_do_not_change_the_background():
    corner = scene(one("red", "square", 4.0, 4.0, 12.0), background=Background("striped", "blue"))
    assert ground_names(read(corner.float() / 255)) == [("striped", "blue")]


def test_a_colour_between_the_palettes_has_no_name():
    between = (torch.tensor(PALETTE["red"]) + torch.tensor(PALETTE["blue"])) / 510
    brown, beyond = torch.tensor(PALETTE["brown"]) / 255 + 0.02, torch.tensor([1.3, 1.2, 1.1])
    assert nearest_colours(torch.stack([between, brown, beyond])) == [None, "brown", "white"]
    dirty = painted(torch.full((32, 32), 0.5), "blue", "red")
    assert ground_names(read(pixels([dirty]).float() / 255)) == [("plain", None)]


def test_a_pattern_in_foreign_tones_has_a_kind_and_no_colour():
    w = weights(32)[4]
    squares = painted(w, "yellow", "red")
    assert ground_names(read(pixels([squares]).float() / 255)) == [("checkered", None)]


def test_each_picture_is_read_alone():
    x = torch.cat([scene(background=Background(k, c)) for k, c in BACKGROUNDS[::5]]).float() / 255
    together = read(x)
    for k in range(len(x)):
        assert torch.allclose(read(x[k : k + 1]).tones[0], together.tones[k], atol=1e-5)
