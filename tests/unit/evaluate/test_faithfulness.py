from __future__ import annotations

import pytest

from unfog.data.scenes_caption import Facts, GroupFact
from unfog.evaluate.faithfulness import Grade, grade, place_of, related, shares, wilson
from unfog.evaluate.parser import Parse, Seen


def seen(colour: str | None, shape: str | None, x: float = 16.0, y: float = 16.0, size: str = "medium") -> Seen:
    diameter = {"small": 8.0, "medium": 11.5, "large": 16.0}[size]
    return Seen(colour, shape, size, (x, y), diameter, 1.0, 0.1)  # pyright: ignore[reportArgumentType]


def picture(*objects: Seen, kind: str = "plain", ground: str | None = "white") -> Parse:
    return Parse(kind, ground, objects)  # pyright: ignore[reportArgumentType]


RED_STAR = Facts((GroupFact(1, "red", "star"),))
TWO_BLUE = Facts((GroupFact(2, "blue", "ring"),))
PAIR = Facts((GroupFact(1, "red", "star"), GroupFact(1, "blue", "ring")), "left of")
CROWD = Facts((GroupFact(1, "red", "star"), GroupFact(2, "blue", "ring")), "above")


def test_a_right_picture_has_every_stated_fact_and_no_other():
    graded = grade(picture(seen("red", "star")), RED_STAR)
    assert graded == Grade(count=True, colour=True, shape=True)
    assert graded.stated == {"count": True, "colour": True, "shape": True}
    assert graded.all


@pytest.mark.parametrize(
    ("objects", "false"),
    [
        ([seen("pink", "star")], ["colour"]),
        ([seen(None, "star")], ["colour"]),
        ([seen("red", "heart")], ["shape"]),
        ([seen("red", None)], ["shape"]),
        ([seen("red", "star"), seen("red", "star")], ["count"]),
        ([seen("red", "star"), seen(None, None)], ["count"]),
        ([], ["colour", "count", "shape"]),
    ],
)
def test_one_object(objects, false):
    assert sorted(k for k, v in grade(picture(*objects), RED_STAR).stated.items() if not v) == false


@pytest.mark.parametrize(
    ("objects", "false"),
    [
        ([seen("blue", "ring"), seen("blue", "ring")], []),
        ([seen("blue", "ring")], ["count"]),
        ([seen("blue", "ring")] * 3, ["count"]),
        ([seen("blue", "ring"), seen("blue", "circle")], ["shape"]),
        ([seen("green", "ring"), seen("blue", "ring")], ["colour"]),
        ([seen("blue", "ring"), seen("blue", "ring"), seen("green", "star")], ["count"]),
        ([seen("blue", "ring")] * 12, ["count"]),
    ],
)
def test_counts(objects, false):
    assert sorted(k for k, v in grade(picture(*objects), TWO_BLUE).stated.items() if not v) == false


@pytest.mark.parametrize(
    ("objects", "false"),
    [
        ([seen("red", "star", 8), seen("blue", "ring", 24)], []),
        ([seen("blue", "ring", 24), seen("red", "star", 8)], []),
        ([seen("red", "star", 24), seen("blue", "ring", 8)], ["relation"]),
        ([seen("red", "ring", 8), seen("blue", "star", 24)], ["shape"]),  # attributes swapped
        ([seen("red", "star", 8)], ["colour", "count", "relation", "shape"]),
        ([seen("red", "star", 8), seen("blue", "ring", 24), seen("blue", "ring", 16, 28)], ["count"]),
        ([seen("red", "star", 16, 8), seen("blue", "ring", 16, 24)], ["relation"]),
    ],
)
def test_two_groups(objects, false):
    assert sorted(k for k, v in grade(picture(*objects), PAIR).stated.items() if not v) == false


def test_counts_of_two_groups_that_are_swapped_are_a_wrong_count():
    objects = [seen("red", "star", 8, 8), seen("red", "star", 24, 8), seen("blue", "ring", 16, 24)]
    assert grade(picture(*objects), CROWD) == Grade(count=False, colour=True, shape=True, relation=True)


def test_a_group_stands_in_relation_with_all_its_objects():
    low, high = seen("blue", "ring", 10, 24), seen("blue", "ring", 24, 8)
    assert grade(picture(seen("red", "star", 12, 6), low, seen("blue", "ring", 24, 20)), CROWD).all
    assert grade(picture(seen("red", "star", 16, 10), low, high), CROWD).relation is False


def test_sizes_places_and_backgrounds():
    facts = Facts((GroupFact(1, "red", "star", "small", ("top", "left")),), None, "striped", "blue")
    right = picture(seen("red", "star", 8, 9, "small"), kind="striped", ground="blue")
    assert grade(right, facts).all
    assert len(grade(right, facts).stated) == 6
    assert grade(picture(seen("red", "star", 8, 9), kind="striped", ground="blue"), facts).size is False
    assert grade(picture(seen("red", "star", 9, 16, "small"), kind="striped", ground="blue"), facts).place is False
    for kind, ground in (("plain", "blue"), ("striped", "green"), ("striped", None)):
        graded = grade(picture(seen("red", "star", 8, 9, "small"), kind=kind, ground=ground), facts)
        assert [name for name, value in graded.stated.items() if not value] == ["background"]
    unnamed = Facts(facts.groups, None, "striped", None)
    assert grade(picture(seen("red", "star", 8, 9, "small"), kind="striped", ground=None), unnamed).all


def test_what_a_prompt_does_not_say_is_free():
    facts = Facts((GroupFact(1, None, "star"), GroupFact(1, "blue", None)))
    objects = (seen("green", "star", 8), seen("blue", "cross", 20, 20, "large"))
    assert grade(picture(*objects, kind="checkered", ground=None), facts) == Grade(count=True, colour=True, shape=True)


@pytest.mark.parametrize(
    ("dx", "dy", "true"),
    [
        (10, 0, {"left of"}),
        (-10, 0, {"right of"}),
        (0, 10, {"above"}),
        (0, -10, {"below"}),
        (10, 10, {"left of", "above"}),  # a diagonal is both
        (12, 5, {"left of"}),  # within 30 degrees of one axis it is that only
        (1.5, 0, set()),  # in the dead zone
        (1.5, 1.5, set()),
        (0, 0, set()),
    ],
)
def test_relations_have_a_dead_zone_and_a_cone(dx, dy, true):
    first, second = [seen("red", "star", 16, 16)], [seen("blue", "ring", 16 + dx, 16 + dy)]
    ways = ("left of", "right of", "above", "below")
    assert {way for way in ways if related(first, second, way)} == true
    assert not any(related([], second, way) or related(first, [], way) for way in ways)


def test_places_are_thirds_with_the_middle_a_little_smaller():
    assert place_of((16.0, 16.0)) == ("middle", "center")
    assert place_of((11.9, 12.1)) == ("middle", "left")
    assert place_of((20.1, 11.9)) == ("top", "right")
    assert place_of((19.9, 20.1)) == ("bottom", "center")


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (28, 29, 1 - 0.1718, 1 - 0.0061),  # the same from the other side
    ],
)
def test_wilson_intervals_of_the_literature(successes, n, low, high):
    share = wilson(successes, n)
    assert share.value == successes / n
    assert (share.low, share.high) == pytest.approx((low, high), abs=6e-5)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.n == n


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_shares_are_refused(successes, n):
    with pytest.raises(ValueError, match=rf"got {successes} of {n}"):
        wilson(successes, n)


def test_shares_count_only_prompts_that_state_a_fact():
    grades = [
        Grade(count=True, colour=True, place=True),
        Grade(count=True, colour=False),
        Grade(count=False, colour=True, place=False),
    ]
    found = shares(grades)
    assert {name: (share.value, share.n) for name, share in found.items()} == {
        "all": (1 / 3, 3),
        "count": (2 / 3, 3),
        "colour": (2 / 3, 3),
        "place": (1 / 2, 2),
    }
    assert found["all"] == wilson(1, 3)
