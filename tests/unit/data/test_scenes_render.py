"""Shapes against plane geometry: areas, boxes, symmetry, colours."""

from __future__ import annotations

import math

import pytest
import torch

from unfog.data.scenes_layout import SHAPES, Background, Group, Scene
from unfog.data.scenes_palette import PALETTE, tones
from unfog.data.scenes_render import coverage, render

ARM = 0.34
OUTER = 1 / math.cos(math.pi / 10)
AREAS = {  # of diameter 2
    "circle": math.pi,
    "square": 1.8**2,
    "triangle": math.sqrt(3),
    "star": 10 * OUTER * 0.46 * OUTER * math.sin(math.pi / 5) / 2,
    "cross": 2 * (2 * 2 * ARM) - (2 * ARM) ** 2,
    "ring": math.pi * (1 - 0.46**2),
    "diamond": 2 * 0.8,
}
BOXES = {  # width and height of diameter 2
    "circle": (2, 2),
    "square": (1.8, 1.8),
    "triangle": (2, math.sqrt(3)),
    "star": (2, OUTER * (1 + math.cos(math.pi / 5))),
    "heart": (2, 1.86),
    "cross": (2, 2),
    "ring": (2, 2),
    "diamond": (1.6, 2),
}


def one(shape: str, diameter: float = 20.0, size: int = 320) -> torch.Tensor:
    return coverage(shape, torch.tensor([[16.0, 16.0]]), torch.tensor([diameter]), size)[0]


@pytest.mark.parametrize("shape", AREAS)
def test_areas(shape):
    measured = one(shape).sum().item() / 10**2  # ten pixels a unit
    assert measured == pytest.approx(AREAS[shape] * 10**2, rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_are_centred(shape):
    inside = one(shape) > 0.5
    for axis, length in zip((0, 1), BOXES[shape], strict=True):
        at = inside.any(dim=axis).nonzero()[:, 0]
        assert (at[-1] - at[0] + 1).item() / 10 == pytest.approx(length * 10, abs=0.25)
        assert (at[-1] + at[0] + 1).item() / 20 == pytest.approx(16, abs=0.12)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_are_symmetric_left_to_right(shape):
    assert torch.allclose(one(shape, 9.3, 64), one(shape, 9.3, 64).flip(1), atol=1e-4)


def test_the_eight_shapes_are_far_from_each_other():
    """At the smallest size, 7.6 pixels, every two differ in at least a tenth of the area of the larger."""
    drawn = torch.stack([one(s, 7.6, 32) for s in SHAPES])
    difference = (drawn[:, None] - drawn[None]).abs().sum(dim=(2, 3))
    larger = torch.maximum(drawn.sum(dim=(1, 2))[:, None], drawn.sum(dim=(1, 2))[None])
    assert (difference / larger + torch.eye(8)).min() > 0.1


def test_a_position_moves_with_the_picture_size():
    drawn = coverage("circle", torch.tensor([[8.0, 20.0]]), torch.tensor([6.0]), 64)[0]
    rows, columns = (drawn > 0.5).nonzero(as_tuple=True)
    assert columns.float().mean() + 0.5 == pytest.approx(16, abs=0.01)
    assert rows.float().mean() + 0.5 == pytest.approx(40, abs=0.01)


def test_objects_and_backgrounds_have_their_colours():
    scene = Scene(
        Background("striped", "green", upright=True, wobble=(2.0, -3.0, 1.0)),
        (Group("red", "square", "large", ((16.0, 20.0),), 16.0, (1.0, 2.0, -4.0)),),
    )
    x = (render([scene], 32)[0] + 1) * 127.5
    assert x[:, 20, 16].tolist() == pytest.approx([p + w for p, w in zip(PALETTE["red"], (1, 2, -4), strict=True)])
    first, second = tones("striped", "green")
    for column, tone in ((2, first), (6, second), (10, first)):
        assert x[:, 1, column].tolist() == pytest.approx([t + w for t, w in zip(tone, (2, -3, 1), strict=True)])
    assert torch.equal(x[:, 0], x[:, 3])


def test_gradients_go_from_top_to_bottom():
    x = (render([Scene(Background("gradient", "purple"), ())], 64)[0] + 1) * 127.5
    first, second = (torch.tensor(t) for t in tones("gradient", "purple"))
    torch.testing.assert_close(x[:, 0, 5], first + (second - first) * (0.5 / 64))
    torch.testing.assert_close(x[:, 63, 9], first + (second - first) * (63.5 / 64))


def test_squares_of_a_checkered_background_alternate():
    x = render([Scene(Background("checkered", "gray"), ())], 32)[0, 0]
    at = x[2::4, 2::4]  # (8, 8), the middles of the squares
    assert torch.equal(at[0, 0::2], at[1, 1::2])
    assert (at[0, 0] - at[0, 1]).abs() > 0.2
    assert len(at.unique()) == 2
