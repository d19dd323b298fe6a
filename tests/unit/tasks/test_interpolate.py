"""From one prompt to another: the ends are the pictures themselves, and noise in between is noise."""

from __future__ import annotations

import math

import torch
from tests.support.models import awake_model

from unfog.config.sample import SampleConfig
from unfog.samplers.step import last
from unfog.tasks.generate import generate
from unfog.tasks.interpolate import between, filled, interpolate, slerp
from unfog.util.random import Draw, normal

SAMPLE = SampleConfig(steps=2, sampler="ddim", eta=0.5)
PROMPTS = ("a red circle", "two green stars above a red circle")


def test_the_ends_are_the_pictures_of_the_prompts_alone():
    model = awake_model()
    for share, prompt, seed in ((0.0, PROMPTS[0], 3), (1.0, PROMPTS[1], 8)):
        wanted = last(generate(model, prompt, [seed], SAMPLE)).x
        assert torch.equal(last(interpolate(model, PROMPTS, (3, 8), share, SAMPLE)).x, wanted)
    middle = last(interpolate(model, PROMPTS, (3, 8), 0.5, SAMPLE)).x
    assert torch.isfinite(middle).all()
    assert not torch.equal(middle, wanted)


def test_near_an_end_it_looks_like_that_end():
    model = awake_model()
    ends = [last(interpolate(model, PROMPTS, (3, 3), share, SAMPLE)).x for share in (0.0, 1.0)]
    near, far = last(interpolate(model, PROMPTS, (3, 3), 0.05, SAMPLE)).x, (ends[0] - ends[1]).norm()
    assert (near - ends[0]).norm() < far


def test_tokens_go_to_tokens_and_a_mean_stands_for_those_that_lack():
    model = awake_model()
    first, second = (model.condition([text]) for text in PROMPTS)
    assert between(first, second, 0.0) is first
    assert between(first, second, 1.0) is second
    quarter = between(first, second, 0.25)
    assert first.mask is not None
    assert second.mask is not None
    assert first.pooled is not None
    assert second.pooled is not None
    assert quarter.mask is not None
    assert quarter.mask.sum() == second.mask.sum() > first.mask.sum()
    torch.testing.assert_close(quarter.pooled, 0.75 * first.pooled + 0.25 * second.pooled)
    torch.testing.assert_close(quarter.tokens, 0.75 * filled(first) + 0.25 * filled(second))
    torch.testing.assert_close(filled(first)[:, -1], first.pooled)  # the summary is the mean of the tokens


def test_noise_in_between_is_noise():
    a, b = (normal([seed], (4, 32, 32), draw=Draw.TEST) for seed in (1, 2))
    for share in (0.0, 0.3, 0.5, 1.0):
        assert abs(slerp(a, b, share).std().item() - 1) < 0.03
    torch.testing.assert_close(slerp(a, b, 0.0), a)
    torch.testing.assert_close(slerp(a, b, 1.0), b)
    assert torch.equal(slerp(a, a, 0.4), a)
    x, y = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    torch.testing.assert_close(slerp(x, y, 1 / 3), torch.tensor([[math.cos(math.pi / 6), math.sin(math.pi / 6)]]))
