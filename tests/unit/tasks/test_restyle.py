"""The style of another picture: through the model's eye for styles, or by its palette."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model, tiny_config
from torch import Tensor

from unfog.config.model import EncoderConfig
from unfog.config.sample import SampleConfig
from unfog.guidance.palette import moments
from unfog.model.model import Model
from unfog.samplers.step import Step, last
from unfog.tasks.generate import Tally
from unfog.tasks.img2img import img2img
from unfog.tasks.restyle import restyle
from unfog.util.random import Draw, normal

PROMPT = "a red circle"
SAMPLE = SampleConfig.parse({"steps": 3, "guidance": 2.0})


def picture(index: int) -> Tensor:
    return 0.5 * normal([8], (3, 16, 16), draw=Draw.TEST, index=[index]).clamp(-2, 2)


@pytest.fixture(scope="module")
def plain() -> Model:
    return awake_model()


@pytest.fixture(scope="module")
def looking() -> Model:
    tower = EncoderConfig(patch=4, stem=16, width=32, depth=1, heads=2)
    return awake_model(tiny_config().model_copy(update={"style": tower}))


def restyled(model: Model, style: Tensor | None, **changes) -> list[Step]:
    given = {"prompt": PROMPT, "keep": 0.25, "colours": 0.5, "seeds": [3], "sample": SAMPLE} | changes
    return list(restyle(model, picture(0), style, **given))


def test_without_a_style_picture_it_is_img2img(plain, looking):
    for model in (plain, looking):
        wanted = last(img2img(model, picture(0), PROMPT, [3], SAMPLE, strength=0.75)).x
        assert torch.equal(restyled(model, None)[-1].x, wanted)


def test_keeping_everything_makes_no_step(plain, looking):
    for model in (plain, looking):
        assert restyled(model, picture(1), keep=1.0) == []


def test_a_model_with_an_eye_for_styles_is_told(looking):
    one, other = (restyled(looking, picture(k))[-1].x for k in (1, 2))
    assert (one - other).abs().max() >= 1e-3
    assert torch.equal(one, restyled(looking, picture(1), colours=0.0)[-1].x)  # which has no part in it
    pushed = restyled(looking, picture(1), prompt="", negative="")[-1].x
    still = restyled(looking, picture(1), prompt="", sample=SAMPLE.model_copy(update={"guidance": 1.0}))[-1].x
    assert (pushed - still).abs().max() >= 1e-4  # towards the style, though no word is said


def test_what_is_steered_away_from_has_no_style(looking):
    """At guidance 0 only the unconditional estimate is left: no style can change it."""
    sample = SAMPLE.model_copy(update={"guidance": 0.0})
    assert torch.equal(*(restyled(looking, picture(k), sample=sample)[-1].x for k in (1, 2)))


def test_a_model_without_one_is_led_towards_the_colours(plain):
    style = picture(1) * 0.3 + torch.tensor([0.5, -0.5, 0.0])[:, None, None]
    mean = moments(style)[0]
    apart = [
        (moments(restyled(plain, style, colours=kappa)[-1].x)[0] - mean).abs().max().item() for kappa in (0.0, 0.5, 1.0)
    ]
    assert apart[0] > apart[1] > apart[2]
    assert apart[2] <= 1e-5
    assert torch.equal(restyled(plain, style, colours=0.0)[-1].x, restyled(plain, None)[-1].x)


def test_together_and_alone_are_the_same_bits(plain, looking):
    for model in (plain, looking):
        together = restyled(model, picture(1), seeds=[5, 6])[-1].x
        assert torch.equal(restyled(model, picture(1), seeds=[6])[-1].x[0], together[1])


def test_what_it_costs(looking):
    tally = Tally()
    steps = restyled(looking, picture(1), tally=tally, sample=SAMPLE.model_copy(update={"sampler": "ddim"}))
    assert (len(steps), tally.rows) == (3, 6)
