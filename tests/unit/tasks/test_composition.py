"""Prompts with AND and NOT through a real network: what they equal and cost, and who takes them word for word."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model
from torch import Tensor

from unfog.config.guide import Guide
from unfog.config.sample import SampleConfig
from unfog.model.model import Model
from unfog.samplers.step import last
from unfog.tasks.generate import Tally, generate
from unfog.tasks.interpolate import interpolate, paired
from unfog.text.prompt import Part, parse, parts_of

ONE, OTHER = "a red circle", "a blue square"


@pytest.fixture(scope="module")
def model() -> Model:
    return awake_model()


def made(model: Model, prompt: str, *, seeds: tuple[int, ...] = (4,), negative: str = "", **settings: object) -> Tensor:
    sample = SampleConfig.parse({"steps": 2, **settings})
    return last(generate(model, parse(prompt), seeds, sample, negative=negative)).x


EVERYTHING = {
    "sampler": "euler",
    "rescale": 0.3,
    "sag": 0.5,
    "interval": (-1.0, 4.0),
    "guide": [Guide.of(text) for text in ("cfgpp", "tcfg", "fdg", "pag", "threshold")],
}


@pytest.mark.parametrize("settings", [{}, {"guidance": 1.0}, {"negative": "a heart"}, EVERYTHING], ids=str)
def test_two_halves_of_a_prompt_are_the_prompt(model, settings):
    halves = made(model, f"{ONE} :0.5 AND {ONE} :0.5", **settings)
    if settings is EVERYTHING:  # SAG looks at the empty prompt, as it does for one prompt with guidance
        assert SampleConfig.parse(settings).guidance != 1
    torch.testing.assert_close(halves, made(model, ONE, **settings), rtol=0, atol=1e-4)


def test_the_order_and_the_name_of_the_negative_do_not_matter(model):
    wanted = made(model, f"{ONE} AND {OTHER} :0.7", **EVERYTHING)
    torch.testing.assert_close(made(model, f"{OTHER} :0.7 AND {ONE}", **EVERYTHING), wanted, rtol=0, atol=1e-4)
    turned = made(model, f"{ONE} NOT {OTHER} :0.7")
    assert torch.equal(made(model, f"{ONE} AND {OTHER} :-0.7"), turned)
    assert (turned - made(model, ONE)).abs().max() > 1e-2
    assert (turned - made(model, f"{ONE} AND {OTHER} :0.7")).abs().max() > 1e-2


def test_a_negative_prompt_is_what_all_parts_push_away_from_even_without_guidance(model):
    for guidance in (1.0, 3.0):
        plain, away = (
            made(model, f"{ONE} AND {OTHER}", guidance=guidance, negative=text) for text in ("", "two green stars")
        )
        assert (plain - away).abs().max() > 1e-3


def test_together_and_alone_are_the_same_bits(model):
    together = made(model, f"{ONE} AND {OTHER}", seeds=(5, 6), **EVERYTHING)
    assert torch.equal(made(model, f"{ONE} AND {OTHER}", seeds=(6,), **EVERYTHING)[0], together[1])


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({}, 3 * 4),
        ({"guidance": 1.0}, 3 * 4),
        ({"interval": (-50.0, -49.0)}, 3 * 4),
        ({"sag": 0.5}, 5 * 4),
        ({"sag": 0.5, "guidance": 1.0}, 5 * 4),
        ({"guide": [Guide.of("pag:1")]}, 9 * 4),
    ],
    ids=str,
)
def test_the_tally_counts_every_row(model, settings, rows):
    tally, sample = Tally(), SampleConfig.parse({"steps": 4, **settings})
    last(generate(model, parse(f"{ONE} AND {OTHER}"), [1, 2], sample, tally=tally))
    assert tally.rows == 2 * rows


def test_a_text_is_taken_word_for_word(model):
    """Captions and the prompts of ``unfog evaluate``: capitals are read as small letters, as in training."""
    text, sample = f"{ONE} AND {OTHER}", SampleConfig(steps=2)
    literal = last(generate(model, text, [4], sample)).x
    assert torch.equal(literal, last(generate(model, text.lower(), [4], sample)).x)
    assert torch.equal(literal, made(model, text.lower()))
    assert (literal - made(model, text)).abs().max() > 1e-2


def test_a_morph_ends_at_both_pictures_and_parts_fade(model):
    sample, prompts = SampleConfig(steps=2), (parse(ONE), parse(f"{ONE} AND {OTHER} NOT a heart"))
    ends = [last(generate(model, prompt, [3], sample)).x for prompt in prompts]
    found = [last(interpolate(model, prompts, (3, 3), share, sample)).x for share in (0.0, 1e-4, 0.5, 1 - 1e-4, 1.0)]
    assert torch.equal(found[0], ends[0])
    assert torch.equal(found[-1], ends[1])
    assert (found[1] - ends[0]).abs().max() < 1e-2 < (found[2] - ends[0]).abs().max()
    assert (found[3] - ends[1]).abs().max() < 1e-2 < (found[2] - ends[1]).abs().max()


def test_parts_go_to_those_of_their_sign():
    one, other = (parts_of(parse(text)) for text in ("NOT a AND b :2", "c AND d"))
    assert list(paired(one, other)) == [
        (Part("b", 2), Part("c")),
        (Part("d", 0), Part("d")),
        (Part("a", -1), Part("a", 0)),
    ]
