"""Looking into a picture changes nothing about it, and what is seen adds up."""

from __future__ import annotations

import dataclasses
import re

import pytest
import torch
from tests.support.models import awake_model, tiny_config
from tests.support.saved import unet_config

from unfog.config.sample import SampleConfig
from unfog.explain.reverse import Moment, chosen, observe
from unfog.explain.reverse_charts import errors, places
from unfog.explain.reverse_page import Shown, reverse_page
from unfog.explain.reverse_pictures import heated, noise, pushes, stretched, to_blur, visible, weighed
from unfog.guidance.sag import LEAST, blur
from unfog.model.model import Model
from unfog.nets.unet import UNet
from unfog.samplers import SAMPLERS
from unfog.samplers.step import Step, last
from unfog.tasks.generate import generate

PROMPT = "a red circle"


def seen(model: Model, prompt: str = PROMPT, **settings: object) -> tuple[Step, list[Moment]]:
    sample = SampleConfig.parse({"steps": 3, **settings})
    pairs = list(observe(model, prompt, 5, sample))
    return pairs[-1][0], [moment for _, moment in pairs if moment is not None]


KINDS = ("heun", "dpmpp_sde", "plms", "restart")  # of every day


@pytest.mark.parametrize(
    "sampler", [*KINDS, *(pytest.param(name, marks=pytest.mark.slow) for name in SAMPLERS if name not in KINDS)]
)
def test_the_picture_is_that_of_generate_and_every_moment_adds_up(sampler):
    model = awake_model()
    end, moments = seen(model, sampler=sampler)
    wanted = last(generate(model, PROMPT, [5], SampleConfig(sampler=sampler, steps=3)))
    assert torch.equal(end.x, wanted.x)
    assert len(moments) == 3
    for one in moments:
        torch.testing.assert_close(one.alpha * one.x0 + one.sigma * one.eps, one.x, atol=1e-5, rtol=1e-5)
    assert moments[0].t == 1.0
    assert moments[0].snr == 0.0
    torch.testing.assert_close(moments[0].eps, moments[0].x)
    assert [one.t for one in moments] == sorted((one.t for one in moments), reverse=True)


def test_without_guidance_the_push_is_exactly_zero_and_with_it_is_the_formula():
    model = awake_model()
    _, plain = seen(model, guidance=1.0)
    assert all(float(one.push.abs().max()) == 0 for one in plain)
    _, guided = seen(model, guidance=3.0)
    for one in guided:
        assert one.blank is not None
        torch.testing.assert_close(one.push, 2 * (one.plain - one.blank), atol=1e-4, rtol=1e-4)
        assert one.push.abs().max() > 1e-3
    (flat, *_), (bright, *_) = pushes(model, plain), pushes(model, guided)
    assert flat.unique().tolist() == [128]
    assert bright.unique().numel() > 50


def test_the_mask_is_that_of_sag_and_only_it_is_blurred():
    model = awake_model()
    _, moments = seen(model)
    for one in moments:
        assert one.mask is not None
        assert one.blank is not None
        assert one.blurred is not None
        assert set(one.mask.unique().tolist()) <= {0.0, 1.0}
        assert 0 < one.mask.mean() < 1
        soft = blur(one.blank[None], LEAST)[0]  # a pixel of 64 would be a quarter of one here
        torch.testing.assert_close(one.blurred, torch.where(one.mask > 0, soft, one.blank), atol=1e-4, rtol=1e-4)
    shown = to_blur(model, moments[-1])
    mask, blank = moments[-1].mask, moments[-1].blank
    assert mask is not None
    assert blank is not None
    inside = mask.expand(3, -1, -1) > 0
    assert torch.equal(shown[inside], visible(model, blank)[inside])


def test_a_model_that_knows_no_empty_prompt_is_not_asked_for_one():
    pairs = list(observe(awake_model(), PROMPT, 5, SampleConfig(steps=2, guidance=1.0), can_blank=False))
    assert all(moment is not None and moment.blank is None and moment.mask is not None for _, moment in pairs)


def test_a_network_without_attention_to_text_has_no_words_and_the_page_says_so():
    model = awake_model(unet_config())
    net = UNet(widths=(32, 64), blocks=1, attend=(1,), heads=2, emb=64).eval()
    for part in net.parameters():
        torch.nn.init.constant_(part, 0.01)
    model.denoiser.net = net
    _, moments = seen(model)
    assert all(one.heat is None and one.effect is None for one in moments)
    text = reverse_page(shown_of(model, moments), {}, "")
    assert "this network does not look at words" in text
    assert "there are no words" not in text


def test_transparency_and_grey_are_shown_in_colours():
    for channels in (1, 4):
        model = awake_model(tiny_config(channels=channels))
        _, moments = seen(model)
        for one in moments:
            assert noise(one).shape == visible(model, one.x0).shape == (3, 16, 16)
        assert all(push.shape == (3, 16, 16) for push in pushes(model, moments))


def test_a_heat_is_orange_where_it_is_and_nowhere_if_it_is_even():
    picture = torch.full((3, 16, 16), 255, dtype=torch.uint8)
    heat = torch.zeros(16, 16)
    heat[:8] = 0.2
    hot = heated(picture, stretched(heat)).int()
    assert hot.shape == (3, 192, 192)
    assert (hot[0, :80] - hot[2, :80]).min() > 150
    assert (hot[0, 110:] - hot[2, 110:]).max() == 0
    even = heated(picture, stretched(torch.full((16, 16), 0.2)))
    assert (even == 255).all()


def test_effects_of_all_words_are_on_one_scale():
    effects = torch.stack([torch.full((2, 3), 0.4), torch.full((2, 3), 0.1), torch.zeros(2, 3)])
    torch.testing.assert_close(weighed(effects)[:, 0, 0], torch.tensor([1.0, 0.5, 0.0]))
    assert weighed(torch.zeros(2, 3, 3)).max() == 0


def test_which_steps_are_shown():
    assert chosen(3, 24) == {0, 1, 2}
    assert chosen(1000, 24) >= {0, 999}
    assert len(chosen(1000, 24)) == 24


def shown_of(model: Model, moments: list[Moment]) -> Shown:
    """What the page shows, of a picture without words and self-attention guidance."""
    frames = tuple(visible(model, one.x0) for one in moments)
    return Shown(
        prompt=PROMPT,
        sample=SampleConfig(steps=3),
        steps=3,
        moments=tuple(moments),
        noisy=frames,
        clean=frames,
        noise=frames,
        push=frames,
        plain=frames,
        blank=frames,
        steering="without words",
        blurs=(),
        without=None,
        with_sag=None,
        strength=0.75,
        picture=frames[-1],
        latents=None,
        words=(),
        places=places(model.denoiser.process, moments),
        errors=errors(moments, [0.5, 0.2, 0.0], 3),
    )


def test_what_a_person_typed_is_text_on_the_page():
    model = awake_model()
    _, moments = seen(model)
    text = reverse_page(dataclasses.replace(shown_of(model, moments), prompt="<script>alert(1)</script>"), {}, "")
    assert "<script>alert" not in text
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", text)


def test_the_page_says_that_latents_are_drawn():
    model = awake_model()
    _, moments = seen(model)
    plain = shown_of(model, moments)
    assert "latents" not in reverse_page(plain, {}, "")
    latent = reverse_page(dataclasses.replace(plain, latents=(8, 16, 12)), {}, "")
    assert "works on 12 x 16 cells of 8 numbers, its latents" in latent
