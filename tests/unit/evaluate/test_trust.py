"""May the grader judge a model? On scenes whose facts are known, and on prompts with one fact changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unfog.data.scenes import Facts, PromptKind, evaluation_prompts, evaluation_scenes, render
from unfog.data.scenes_layout import PLACES, RELATIONS, SHAPES
from unfog.data.scenes_palette import BACKGROUNDS, COLOURS
from unfog.evaluate.faithfulness import grade
from unfog.evaluate.parser import parse
from unfog.evaluate.trust import share_right, trusted
from unfog.media.image import to_uint8


def test_clean_renders_are_read_without_error():
    share = share_right(32, 160, 31, noisy=False)
    assert share.n == 160
    assert share.value >= 0.99


def test_noisy_renders_are_nearly_always_read_without_error():
    assert share_right(32, 160, 31, noisy=True).value >= 0.97


@pytest.mark.slow
def test_the_grader_on_many_scenes():
    assert share_right(32, 3000, 1, noisy=False).value >= 0.998
    assert share_right(32, 3000, 1, noisy=True).value >= 0.995


def test_every_fact_is_graded():
    graded = [g for kind in ("two", "mixed") for g in trusted(32, 40, 8, kind, noisy=False)]
    assert {name for g in graded for name in g.stated} == {
        "count",
        "colour",
        "shape",
        "size",
        "place",
        "relation",
        "background",
    }


def other(values, than, turn: int):
    """One of the values that is not ``than``; ``turn`` picks it."""
    return next(v for v in [*values[turn % len(values) :], *values] if v != than)


def changed(facts: Facts, turn: int) -> dict[str, Facts]:
    """The same facts with one of them changed, for every one that is stated; ``turn`` picks the group and the value."""
    which = turn % len(facts.groups)
    group = facts.groups[which]
    new: dict[str, object] = {
        "count": other((1, 2, 3, 4), group.count, turn),
        "colour": other(COLOURS, group.colour, turn),
        "shape": other(SHAPES, group.shape, turn),
    }
    if group.size is not None:
        new["size"] = "large" if group.size == "small" else "small"
    if group.place is not None:
        new["place"] = other(PLACES, group.place, turn)
    out = {
        name: replace(
            facts, groups=(*facts.groups[:which], replace(group, **{name: value}), *facts.groups[which + 1 :])
        )
        for name, value in new.items()
    }
    if facts.relation is not None:
        out["relation"] = replace(facts, relation=other(RELATIONS, facts.relation, turn))
        a, b = facts.groups
        if a.colour != b.colour and a.shape != b.shape:
            out["binding"] = replace(facts, groups=(replace(a, colour=b.colour), replace(b, colour=a.colour)))
    if facts.kind is not None:
        grounds = [b for b in BACKGROUNDS if facts.ground is not None or b[0] != facts.kind]
        kind, ground = other(grounds, (facts.kind, facts.ground), turn)
        out["background"] = replace(facts, kind=kind, ground=ground)
    return out


@pytest.mark.parametrize("kind", ["two", "count", "mixed"])
def test_a_picture_is_not_accepted_for_a_prompt_with_one_fact_changed(kind: PromptKind):
    n = 60
    pictures = parse(to_uint8(render(evaluation_scenes(12, n, kind), 32)))
    wrong = [
        (name, grade(found, facts))
        for k, (found, (_, right)) in enumerate(zip(pictures, evaluation_prompts(12, n, kind), strict=True))
        for name, facts in changed(right, k).items()
    ]
    assert len(wrong) >= 3 * n
    accepted = [name for name, graded in wrong if graded.all]
    assert len(accepted) <= 0.01 * len(wrong)
    right_fact = [not graded.stated[name] for name, graded in wrong if name not in ("binding", "relation")]
    assert sum(right_fact) >= 0.97 * len(right_fact)  # and it is the changed fact that is found wrong
