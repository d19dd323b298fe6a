"""Shapes against plane geometry: area, symmetry, distance."""

from __future__ import annotations

import math

import pytest
import torch

from unfog.data import scenes_render
from unfog.data.compose.outlines import OUTLINES
from unfog.data.compose.scene import SHAPES

STEPS = 400
LENS = 0.5 * math.sqrt((-0.52 + 1 + 0.76) * (0.52 + 1 - 0.76) * (0.52 - 1 + 0.76) * (0.52 + 1 + 0.76))
BITE = (  # of two overlapping discs, Weisstein, "Circle-Circle Intersection"
    0.76**2 * math.acos((0.52**2 + 0.76**2 - 1) / (2 * 0.52 * 0.76))
    + math.acos((0.52**2 + 1 - 0.76**2) / (2 * 0.52))
    - LENS
)
AREAS = {  # in the square from -1 to 1
    "hexagon": 1.5 * math.sqrt(3),
    "crescent": math.pi - BITE,
    "arrow": 0.95 * 0.85 + 1.05 * 0.66,
}


def plane() -> tuple[torch.Tensor, torch.Tensor]:
    axis = (torch.arange(STEPS, dtype=torch.float64) + 0.5) * (2.4 / STEPS) - 1.2
    return torch.broadcast_tensors(axis[None, None, :], axis[None, :, None])


@pytest.mark.parametrize("shape", AREAS)
def test_areas(shape):
    inside = OUTLINES[shape](*plane()) < 0
    assert inside.sum().item() * (2.4 / STEPS) ** 2 == pytest.approx(AREAS[shape], rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_fill_their_square_and_stay_in_it(shape):
    x, y = plane()
    inside = OUTLINES[shape](x, y) < 0
    for axis in (x, y):
        assert axis[inside].abs().max() <= 1.01
    assert max(x[inside].max() - x[inside].min(), y[inside].max() - y[inside].min()) > 1.65


@pytest.mark.parametrize("shape", SHAPES)
def test_distances_never_grow_faster_than_one(shape):
    """Else an edge would be harder than one pixel."""
    d = OUTLINES[shape](*plane())[0]
    step = 2.4 / STEPS
    assert max((d[1:] - d[:-1]).abs().max(), (d[:, 1:] - d[:, :-1]).abs().max()) <= step * 1.001


def test_the_star_is_the_star_of_the_procedural_scenes():
    torch.testing.assert_close(OUTLINES["star"](*plane()), scenes_render.OUTLINES["star"](*plane()), atol=1e-12, rtol=0)


def test_the_cleft_of_the_heart_is_empty():
    at = torch.tensor([[[0.0]]], dtype=torch.float64)
    for y in (-0.62, -0.7, -0.8):
        assert OUTLINES["heart"](at, torch.full_like(at, y)) > 0
    assert OUTLINES["heart"](at, torch.full_like(at, -0.58)) < 0


def test_the_hexagon_has_six_equal_sides():
    x, y = plane()
    turned = (x / 2 - y * math.sqrt(3) / 2, x * math.sqrt(3) / 2 + y / 2)
    torch.testing.assert_close(OUTLINES["hexagon"](*turned), OUTLINES["hexagon"](x, y), atol=1e-12, rtol=0)
