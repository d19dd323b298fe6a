"""The grader on shapes of composed scenes: right about perfect pictures, hard on others, and fed with fair prompts."""

from __future__ import annotations

import pytest
import torch

from unfog.data.compose.exam import MOST, SHAPES_GROUNDS
from unfog.data.compose.held import held_kinds
from unfog.data.compose.scene import SHAPES
from unfog.evaluate.drawing import COMPOSED
from unfog.evaluate.faithfulness import grade
from unfog.evaluate.parser import parse
from unfog.evaluate.questions import COMPOSED_SHAPES, HELD_COLOUR_SHAPE, HELD_COUNT
from unfog.evaluate.trust import share_right
from unfog.media.alpha import straight
from unfog.media.image import to_uint8

EVERY = (COMPOSED_SHAPES, HELD_COLOUR_SHAPE, HELD_COUNT)


@pytest.mark.parametrize("noisy", [False, True])
def test_the_grader_reads_renders_without_error(noisy):
    assert share_right(64, 36, 2, noisy=noisy, questions=COMPOSED_SHAPES).value == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("questions", EVERY)
def test_the_grader_on_many_renders(questions):
    assert share_right(64, 600, 1, noisy=False, questions=questions).value >= 0.99
    assert share_right(64, 600, 1, noisy=True, questions=questions).value >= 0.97


@pytest.mark.parametrize("kind", ["one", "two", "count"])
def test_swapped_renders_are_wrong(kind):
    n = 16
    x = COMPOSED_SHAPES.pictures(4, n, kind, 64).roll(1, 0)
    prompts = COMPOSED_SHAPES.prompts(4, n, kind)
    read = parse(to_uint8(straight(x)), COMPOSED)
    assert sum(grade(found, facts).all for found, (_, facts) in zip(read, prompts, strict=True)) <= 1


def test_prompts_are_plain_and_hold_out_what_they_say():
    for questions in EVERY:
        wanted = set() if questions.held is None else {questions.held}
        for kind in questions.kinds:
            scenes = questions.scenes(9, 30, kind)
            assert all(held_kinds(s, ()) == wanted for s in scenes)
            assert {s.style for s in scenes} == {"plain"}
            assert {g.look.turn for s in scenes for g in s.groups} == {"upright"}
            assert {s.ground.kind for s in scenes} <= {*SHAPES_GROUNDS, "plain"}
            assert max(len(g.boxes) for s in scenes for g in s.groups) <= MOST
    looks = [g.look for s in COMPOSED_SHAPES.scenes(9, 30, "one") for g in s.groups]
    assert len({look.shape for look in looks}) >= 8
    assert {look.shape for look in looks} <= set(SHAPES)


def test_prompts_are_the_same_however_many_are_asked_for():
    few, many = (COMPOSED_SHAPES.prompts(11, n, "two") for n in (3, 7))
    assert few == many[:3]
    assert [facts.relation for _, facts in many].count(None) == 0
    assert few != COMPOSED_SHAPES.prompts(12, 3, "two")


def test_a_transparent_picture_is_read_on_white():
    red = torch.zeros(1, 4, 64, 64, dtype=torch.uint8)
    red[:, 0, 20:44, 20:44] = 222
    red[:, 3, 20:44, 20:44] = 255
    (found,) = parse(red, COMPOSED)
    assert (found.kind, found.ground) == ("transparent", None)
    assert [(o.shape, o.colour) for o in found.objects] == [("square", "red")]
    red[:, 3] = 255  # the same on black
    (found,) = parse(red, COMPOSED)
    assert (found.kind, found.ground) == ("plain", "black")


def test_sizes_are_those_of_the_compositor():
    assert [COMPOSED.size_of(32 * v) for v in (0.16, 0.31, 0.36, 0.7, 0.78)] == [
        "tiny",
        "small",
        "medium",
        "big",
        "giant",
    ]
