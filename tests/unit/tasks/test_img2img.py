"""A picture under noise: the strength that was asked, the steps that are made, nothing else."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.core.strength import entered_at, steps_of
from unfog.model.model import Model
from unfog.samplers import SAMPLERS
from unfog.samplers.step import Step, last
from unfog.tasks.generate import Tally, generate, noise_of, times
from unfog.tasks.img2img import img2img
from unfog.text.prompt import parse
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal

PROMPT = "a red circle"


@pytest.fixture(scope="module")
def model() -> Model:
    return awake_model()


def picture(index: int, height: int = 16, width: int = 16) -> Tensor:
    return normal([5], (3, height, width), draw=Draw.TEST, index=[index]).clamp(-1, 1)


def changed(model: Model, x: Tensor, seeds: list[int], strength: float, **settings: object) -> list[Step]:
    sample = SampleConfig.parse({"steps": 3, "guidance": 2.0, **settings})
    return list(img2img(model, x, PROMPT, seeds, sample, strength=strength))


@pytest.mark.parametrize("sampler", ["ddim", "dpmpp_2m", "heun", "ddpm", "unipc"])
def test_at_one_it_is_generation(model, sampler):
    """Bit for bit, whatever the picture was."""
    sample = SampleConfig.parse({"steps": 3, "guidance": 2.0, "sampler": sampler})
    wanted = last(generate(model, PROMPT, [3], sample, size=(12, 16))).x
    for index in (0, 1):
        found = changed(model, picture(index, 16, 12), [3], 1.0, sampler=sampler)
        assert torch.equal(found[-1].x, wanted)
        assert len(found) == 3


def test_at_zero_no_step_is_made_and_nothing_asked(model):
    tally = Tally()
    assert list(img2img(model, picture(0), PROMPT, [3], SampleConfig(), strength=0.0, tally=tally)) == []
    assert tally.rows == 0


@pytest.mark.parametrize("strength", [0.1, 1 / 3, 0.5, 0.9])
def test_the_steps_that_are_said(model, strength):
    steps = changed(model, picture(0), [3], strength, steps=6)
    assert len(steps) == steps_of(strength, 6)
    assert [step.index for step in steps] == list(range(len(steps)))
    assert steps[-1].s == 0.0


def test_it_begins_at_the_picture_under_noise(model):
    """The state after a first step of DDIM follows from alpha y + sigma eps and the estimate there."""
    sample, y, process = SampleConfig(sampler="ddim", steps=4), picture(0), model.denoiser.process
    ts = entered_at(process, times(sample, process), 0.6)
    (step, *_) = changed(model, y, [9], 0.6, sampler="ddim", steps=4)
    eps = noise_of(model, [9])(0, Draw.INITIAL)
    x = process.noise(y, eps, ts[:1])
    a, b = ts[:1], ts[1:2]
    wanted = process.alpha(b) * step.x0 + process.sigma(b) * process.eps(x, step.x0, a)
    assert (step.x - wanted.float()).abs().max() <= 1e-5
    assert step.t == ts[0].item()


def test_less_strength_keeps_more(model):
    y = picture(0)
    apart = [(changed(model, y, [3], s, steps=6)[-1].x - y).square().mean().item() for s in (0.1, 0.4, 1.0)]
    assert apart[0] < apart[1] < apart[2]


def test_together_and_alone_are_the_same_bits(model):
    for sampler in ("dpmpp_2m", "euler_ancestral"):
        together = changed(model, picture(0), [5, 6], 0.5, sampler=sampler)[-1].x
        assert torch.equal(changed(model, picture(0), [6], 0.5, sampler=sampler)[-1].x[0], together[1])
        assert (together[0] - together[1]).abs().max() > 0.01


def test_every_sampler_enters_anywhere(model):
    for sampler in SAMPLERS:
        sample = SampleConfig.parse({"sampler": sampler, "steps": 1})
        process = model.denoiser.process
        steps = changed(model, picture(0), [3], 0.55, sampler=sampler, steps=1, guidance=1.0)
        assert steps[-1].x.isfinite().all()
        assert steps[0].t == entered_at(process, times(sample, process), 0.55)[0].item()


def test_a_composition_and_settings_along_the_part_that_is_walked(model):
    sample = SampleConfig.parse({"steps": 3, "sampler": "ddim", "guide": [{"name": "cfgpp", "value": 0.6}]})
    composed = parse("a red circle AND two green stars")
    found = last(img2img(model, picture(0), composed, [3], sample, strength=0.7, negative="a low tone"))
    assert found.x.isfinite().all()


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_what_is_no_strength(model, strength):
    with pytest.raises(UsageError, match="strength must be within 0"):
        changed(model, picture(0), [3], strength)
