from __future__ import annotations

import pytest
import torch
from tests.support.compose_sprites import make_sprites

from unfog.data.compose.hold import held_concept_style, held_pair
from unfog.data.compose.typo import with_every_word_misspelt
from unfog.evaluate.portraits import duos, foreign, misspelt, named, portraits, recognised
from unfog.util.errors import UsageError
from unfog.util.random import Dice, Draw

SPRITES = make_sprites()


def held(row: int) -> bool:
    return held_concept_style(SPRITES.table[row].concept, SPRITES.table[row].style)


def test_portraits_name_every_concept_in_a_style():
    asked = portraits(SPRITES, 0, 34)
    assert len({SPRITES.table[a.rows[0]].concept for a in asked}) == 17  # all but the unseen one, twice
    assert not any(held(a.rows[0]) for a in asked)
    for a in asked:
        sprite = SPRITES.table[a.rows[0]]
        assert sprite.style in a.prompt
        assert sprite.name.split()[-1] in a.prompt or sprite.name in a.prompt
        assert [g.look.sprite for g in a.scene.groups] == list(a.rows)
    assert portraits(SPRITES, 0, 3) == asked[:3]


def test_held_out_portraits_and_pairs_are_held_out():
    assert all(held(a.rows[0]) for a in portraits(SPRITES, 1, 5, held=True))
    for wanted in (True, False):
        for a in duos(SPRITES, 1, 4, held=wanted):
            one, other = (SPRITES.table[row].concept for row in a.rows)
            assert held_pair(one, other) == wanted
            assert {g.look.sprite for g in a.scene.groups} == set(a.rows)
    with pytest.raises(UsageError, match="hold no held-out pair to ask for"):
        duos(make_sprites(("turtle", "cat")), 0, 1, held=True)


def test_names_typos_and_languages():
    (asked,) = [a for a in portraits(SPRITES, 0, 17) if SPRITES.table[a.rows[0]].name == "turtle"]
    assert named(SPRITES, asked) == "a turtle"
    wrong = misspelt(SPRITES, asked, Dice(0, 0, Draw.TEST))
    assert wrong != "a turtle"
    assert wrong.startswith("a t")
    assert foreign(SPRITES, asked, "de") == "Schildkröte"
    assert foreign(SPRITES, asked, "zh") is None


def test_every_content_word_has_one_mistake():
    text = "a turtle with sunglasses over a small boat in the box"
    for seed in range(20):
        wrong = with_every_word_misspelt(text, Dice(seed, 0, Draw.TEST)).split()
        for before, after in zip(text.split(), wrong, strict=True):
            assert (before != after) == (before in ("turtle", "sunglasses", "small", "boat", "box"))
            assert before[0] == after[0]


def test_recognition_wants_every_label_among_the_first():
    scores = torch.tensor([[0.1, 0.4, 0.3, 0.2], [0.4, 0.1, 0.2, 0.3]])
    labels = ("a", "b", "c", "d")
    assert recognised(scores, labels, [("b",), ("b",)], 1) == [True, False]
    assert recognised(scores, labels, [("c",), ("c",)], 3) == [True, True]
    assert recognised(scores, labels, [("b", "c"), ("b", "a")], 1) == [True, False]
