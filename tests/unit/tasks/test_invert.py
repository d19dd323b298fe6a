"""Through the noise of a picture: which words stand for which, and the round trip when nothing changes."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model, tiny_tokenizer
from tests.support.saved import unet_config
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.model.model import Model
from unfog.samplers.step import Step, last
from unfog.tasks.generate import Tally, generate
from unfog.tasks.heatmaps import words_of
from unfog.tasks.invert import blocks, inverted, matched, redrawn

WAS = "two green stars above a red circle"
SAMPLE = SampleConfig(sampler="ddim", steps=6, guidance=3.0)


def pairs(new: str, old: str) -> dict[str, str]:
    """Word by word."""
    tokenizer = tiny_tokenizer()
    names = [{token: word.text for word in words_of(tokenizer, text) for token in word.tokens} for text in (new, old)]
    return {names[0][a]: names[1][b] for a, b in matched(tokenizer, new, old)}


def test_equal_words_stand_for_themselves_and_replaced_ones_for_what_they_replace():
    was = "a red circle"
    assert pairs(was, was) == {"a": "a", "red": "red", "circle": "circle"}
    assert pairs("a red heart", was) == {"a": "a", "red": "red", "heart": "circle"}
    assert pairs("A red, star", was).keys() == {"red", "A", "star"}


def test_added_words_stand_for_nothing_and_removed_ones_are_gone():
    assert pairs("two big green stars", "two green stars") == {"two": "two", "green": "green", "stars": "stars"}
    assert pairs("two stars", "two green stars") == {"two": "two", "stars": "stars"}
    assert pairs("a low red heart", "a circle") == {"a": "a"}  # three words do not stand for one
    assert pairs("a red circle", "") == pairs("", "a red circle") == {}


def test_token_by_token_within_words():
    tokenizer = tiny_tokenizer()
    for new, old in ((WAS, WAS), ("a zebra", "a low"), ("a low tone", "a zebra tone")):
        found = matched(tokenizer, new, old)
        assert len({a for a, _ in found}) == len(found) == len({b for _, b in found})
        assert found == sorted(found)


@pytest.fixture(scope="module", params=["hybrid", pytest.param("unet", marks=pytest.mark.slow)])
def model(request) -> Model:
    return awake_model(None if request.param == "hybrid" else unet_config())


def drawn(model: Model) -> Tensor:
    """A picture that the model makes."""
    sample = SampleConfig(sampler="ddim", steps=6, guidance=1.0)
    return last(generate(model, WAS, [4], sample)).x.clamp(-1, 1)


def test_without_a_change_the_picture_comes_back(model):
    """At every guidance scale; with prompt-to-prompt at its fullest, too."""
    x, tally = drawn(model), Tally()
    states = list(inverted(model, x, WAS, SAMPLE, tally))
    assert [step.s for step in states] == sorted(step.s for step in states)
    assert states[-1].s == 1.0
    assert tally.rows >= 6
    back = list(redrawn(model, states, f" {WAS}", f"{WAS} ", SAMPLE, words=0.8, layout=0.4, tally=tally))
    assert (back[-1].x - x).abs().max() <= 1e-2
    assert len(back) == 6


def test_another_text_changes_it_and_the_shares_say_how_much(model):
    x, tally = drawn(model), Tally()
    states = list(inverted(model, x, WAS, SAMPLE, tally))

    def redraw(words: float, layout: float, guidance: float = 3.0) -> Tensor:
        sample = SampleConfig(sampler="ddim", steps=6, guidance=guidance)
        new = "two green hearts above a red circle"
        return last(redrawn(model, states, WAS, new, sample, words=words, layout=layout, tally=tally)).x

    plain, words, both = redraw(0, 0), redraw(1, 0), redraw(1, 1)
    for one, other in ((plain, words), (words, both), (plain, x)):
        assert (one - other).abs().max() >= 1e-4
    assert torch.equal(both, redraw(1, 1))  # nothing is drawn
    assert (redraw(0, 0, 0.0) - x).abs().max() <= 1e-3  # not steered at all, it is what it was


def test_what_it_costs(model):
    """Steered: the text that was, the new one, and while attention is taken over the first drawing as well."""
    x, tally = drawn(model), Tally()
    states: list[Step] = list(inverted(model, x, WAS, SAMPLE, tally))
    for words, rows in ((0.0, 12), (1.0, 18)):
        tally.rows = 0
        last(redrawn(model, states, WAS, "a heart", SAMPLE, words=words, layout=0.0, tally=tally))
        assert tally.rows == rows


def test_blocks_of_both_networks():
    assert blocks(awake_model().config.net) == ["core.0"]
    assert blocks(unet_config().net) == ["down.1.0", "up.1.0", "core.0"]
