"""Layers stand where the words say, inside the canvas, and beside each other where nothing else is said."""

from __future__ import annotations

import pytest

from unfog.config.sample import Layer, Standing
from unfog.tasks.arrange import Spot, arranged, frame

CANVAS = (1.0, 1.0)


def two(stands: Standing, ratios: tuple[float, float] = (1.0, 1.0), copies: int = 1) -> list[Spot]:
    layers = [Layer(prompt="a cat"), Layer(prompt="a dog", to=0, stands=stands, copies=copies)]
    return arranged(layers, [[ratios[0]], [ratios[1]] * copies], CANVAS, grounded=False)


def spots(made: list[Spot], layer: int) -> list[Spot]:
    return [spot for spot in made if spot.layer == layer]


@pytest.mark.parametrize("stands", Standing.__args__)
@pytest.mark.parametrize("ratios", [(1.0, 1.0), (0.4, 2.5), (3.0, 0.3)])
@pytest.mark.parametrize("canvas", [(1.0, 1.0), (2.0, 1.0), (1.0, 1.5)])
@pytest.mark.parametrize("grounded", [False, True])
def test_all_is_inside_the_canvas_and_keeps_its_shape(stands, ratios, canvas, grounded):
    layers = [
        Layer(prompt="a", copies=2, scale=1.3),
        Layer(prompt="b", to=0, stands=stands),
        Layer(prompt="c", to=0, stands="holding"),
        Layer(prompt="d", to=1, stands="beside"),
    ]
    shapes = [[ratios[0], ratios[1]], [ratios[1]], [1.0], [1.0]]
    made = arranged(layers, shapes, canvas, grounded=grounded)
    assert sorted((spot.layer, spot.copy) for spot in made) == [(0, 0), (0, 1), (1, 0), (2, 0), (3, 0)]
    left, top, right, bottom = frame(made)
    assert left >= -canvas[0] / 2
    assert right <= canvas[0] / 2
    assert top >= -canvas[1] / 2
    assert bottom <= canvas[1] / 2
    for spot in made:
        assert spot.width / spot.height == pytest.approx(shapes[spot.layer][spot.copy])


def test_what_stands_beside_does_not_overlap_and_has_a_common_foot():
    cat, dog = two("left of", (0.5, 2.0))
    assert cat.layer == 0
    assert cat.x + cat.width / 2 < dog.x - dog.width / 2
    assert cat.y + cat.height / 2 == pytest.approx(dog.y + dog.height / 2)
    (cat,), (dog,) = (spots(two("right of"), k) for k in (0, 1))
    assert dog.x + dog.width / 2 < cat.x - cat.width / 2


def test_above_and_below():
    (cat,), (dog,) = (spots(two("above"), k) for k in (0, 1))
    assert cat.y + cat.height / 2 < dog.y - dog.height / 2
    (cat,), (dog,) = (spots(two("below"), k) for k in (0, 1))
    assert dog.y + dog.height / 2 < cat.y - cat.height / 2


def test_what_is_on_something_covers_a_bit_of_it():
    dog, cat = two("on")
    assert (dog.layer, cat.layer) == (1, 0)  # the lower one is painted first
    assert dog.y - dog.height / 2 < cat.y + cat.height / 2 < dog.y


def test_what_is_inside_is_painted_last_and_smaller():
    dog, cat = two("inside")
    assert (dog.layer, cat.layer) == (1, 0)
    assert cat.width < 0.6 * dog.width
    assert abs(cat.x - dog.x) + abs(cat.y - dog.y) == pytest.approx(0, abs=1e-9)


def test_what_is_behind_is_painted_first():
    cat, dog = two("behind")
    assert cat.layer == 0
    assert dog.y + dog.height / 2 > cat.y + cat.height / 2


def test_what_is_in_front_is_painted_last():
    dog, cat = two("in front of")
    assert (dog.layer, cat.layer) == (1, 0)
    assert cat.y + cat.height / 2 > dog.y + dog.height / 2


@pytest.mark.parametrize(("ratio", "left"), [(1.0, False), (2.0, True)])
def test_glasses_lie_before_eyes_and_hats_on_heads(ratio, left):
    owner, glasses = two("wearing", (ratio, 3.0))
    assert owner.y - owner.height / 2 < glasses.y < owner.y
    assert (glasses.x < owner.x - 0.2 * owner.width) == left
    owner, hat = two("wearing", (ratio, 1.0))
    assert hat.y < owner.y - owner.height / 2 < hat.y + hat.height / 2
    assert (hat.x < owner.x - 0.2 * owner.width) == left


def test_what_is_held_is_at_the_side_and_smaller():
    owner, ball = two("holding")
    assert ball.width < 0.5 * owner.width
    assert ball.x == pytest.approx(owner.x + owner.width / 2)
    layers = [Layer(prompt="a")] + [Layer(prompt=p, to=0, stands="holding") for p in "bc"]
    _, right, left = arranged(layers, [[1.0]] * 3, CANVAS, grounded=False)
    assert left.x < 0 < right.x


def test_each_of_several_wears_its_own():
    layers = [Layer(prompt="a", copies=2), Layer(prompt="b", copies=2, to=0, stands="wearing")]
    made = arranged(layers, [[1.0, 1.0], [3.0, 3.0]], CANVAS, grounded=False)
    for copy in (0, 1):
        owner, worn = (next(s for s in spots(made, k) if s.copy == copy) for k in (0, 1))
        assert worn.x == pytest.approx(owner.x)


def test_copies_stand_apart_and_around_what_is_between_them():
    made = two("between", copies=2)
    left, middle, right = sorted(made, key=lambda spot: spot.x)
    assert middle.layer == 0
    assert left.layer == right.layer == 1
    six = arranged([Layer(prompt="a", copies=6)], [[1.0] * 6], CANVAS, grounded=False)
    for k, one in enumerate(six):
        for other in six[:k]:
            assert max(abs(one.x - other.x) / one.width, abs(one.y - other.y) / one.height) > 1


def test_a_ground_is_stood_on():
    made = arranged([Layer(prompt="a"), Layer(prompt="b", to=0)], [[1.0], [1.0]], CANVAS, grounded=True)
    assert frame(made)[3] == pytest.approx(0.5 - 0.12)
