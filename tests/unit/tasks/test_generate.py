"""A picture does not depend on what it is made together with, and costs what is said."""

from __future__ import annotations

from itertools import cycle
from typing import cast

import pytest
import torch
from tests.support.models import awake_model, tiny_config
from tests.support.saved import unet_config
from torch import Tensor

from unfog.config.guide import GUIDES, Guide
from unfog.config.model import VEConfig
from unfog.config.sample import SampleConfig
from unfog.model.model import Model
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.tasks.generate import Tally, decode, generate
from unfog.util.errors import DataError
from unfog.util.random import Draw, normal

PROMPT = "two green stars above a red circle"
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def hybrid() -> Model:
    return awake_model()


@pytest.fixture(scope="module")
def unet() -> Model:
    return awake_model(unet_config())


def made(model: Model, seeds: list[int], **settings: object) -> Tensor:
    keywords = {key: settings.pop(key) for key in ("negative", "size") if key in settings}
    guide = [Guide.of(str(text)) for text in cast("list[str]", settings.pop("guide", []))]
    sample = SampleConfig.parse({"steps": 2, "guide": guide, **settings})
    return last(generate(model, PROMPT, seeds, sample, **keywords)).x  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("sampler", "guidance"), [*zip(SAMPLERS, cycle((3.0, 1.0)), strict=False)])
def test_together_and_alone_are_the_same_bits(hybrid, sampler, guidance):
    """Every sampler, guided and plain in turn."""
    together = made(hybrid, [5, 6], sampler=sampler, guidance=guidance)
    assert torch.equal(made(hybrid, [6], sampler=sampler, guidance=guidance)[0], together[1])
    assert (together[0] - together[1]).abs().max() > 0.1


@pytest.mark.parametrize(
    "settings",
    [
        {"size": (19, 13), "sag": 0.75},
        pytest.param({"size": (11, 26), "sag": 1.0, "guidance": 1.0}, marks=SLOW),
        {"negative": "a red circle", "rescale": 0.7},
        {"interval": (-1.0, 2.0), "steps": 4},
        pytest.param({"sampler": "ddim", "eta": 1.0}, marks=SLOW),
        pytest.param(
            {"guide": ["cfgpp", "tcfg", "fdg", "pag"], "sampler": "euler", "sag": 0.5}, marks=pytest.mark.slow
        ),
        {"guide": ["increasing", "cfg_zero", "apg:0.5", "seg", "slg:1", "threshold"], "rescale": 0.5},
    ],
    ids=str,
)
def test_whatever_else_is_on(hybrid, unet, settings):
    for model in (hybrid, unet) if "sag" in settings else (hybrid,):
        together = made(model, [2**64 - 1, 0, 1], **dict(settings))
        assert torch.equal(made(model, [0], **dict(settings))[0], together[1])
        assert not torch.equal(together[0], together[2])


def test_with_two_threads(hybrid):
    torch.set_num_threads(2)
    together = made(hybrid, [1, 2], guidance=1.0, steps=1)
    assert torch.equal(made(hybrid, [2], guidance=1.0, steps=1)[0], together[1])


def test_inexact_is_the_same_within_rounding_and_takes_a_prompt_for_each(hybrid):
    sample = SampleConfig(steps=2)
    exact = last(generate(hybrid, PROMPT, [1, 2, 3], sample)).x
    torch.testing.assert_close(
        last(generate(hybrid, PROMPT, [1, 2, 3], sample, exact=False)).x, exact, rtol=0, atol=1e-4
    )
    two = last(generate(hybrid, [PROMPT, "a red circle"], [1, 2], sample, exact=False)).x
    torch.testing.assert_close(two[0], exact[0], rtol=0, atol=1e-4)
    other = last(generate(hybrid, "a red circle", [2], sample)).x
    torch.testing.assert_close(two[1:], other, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({"guidance": 3.0}, 2 * 4),
        ({"guidance": 1.0}, 4),
        pytest.param({"guidance": 0.0}, 2 * 4, marks=SLOW),
        ({"sag": 0.5}, 4 * 4),
        pytest.param({"sag": 0.5, "guidance": 1.0}, 3 * 4, marks=SLOW),
        ({"sampler": "heun"}, 2 * (1 + 2 + 2 + 1)),  # one where the step starts at alpha = 0 or ends at sigma = 0
        ({"guide": ("pag:1",), "guidance": 1.0}, 3 * 4),
        ({"guide": ("pag:1", "slg:1", "apg", "increasing")}, 6 * 4),
        pytest.param({"interval": (-50.0, -49.0)}, 4, marks=SLOW),
        ({"interval": (-50.0, 50.0)}, 4 * 2 - 1),  # lam = -inf at t = 1 is in no interval
    ],
    ids=str,
)
def test_the_tally_counts_every_row(hybrid, settings, rows):
    tally, guide = Tally(), [Guide.of(text) for text in settings.get("guide", ())]
    sample = SampleConfig.parse({"steps": 4, **settings, "guide": guide})
    last(generate(hybrid, PROMPT, [1, 2, 3], sample, tally=tally))
    assert tally.rows == 3 * rows


@pytest.mark.parametrize("name", GUIDES)
def test_every_guide_makes_another_picture(hybrid, name):
    """At its neutral number the same one, so it is this number that acts."""
    settings = {"sampler": "euler", "guidance": 4.0, "steps": 3}
    plain, guided = made(hybrid, [4], **settings), made(hybrid, [4], **settings, guide=[name])
    assert guided.isfinite().all()
    assert (guided - plain).abs().max() >= (1e-3 if name != "threshold" else 1e-5)
    if (neutral := {"apg": 1, "fdg": 1, "pag": 0, "seg": 0, "slg": 0}.get(name)) is not None:
        same = made(hybrid, [4], **settings, guide=[f"{name}:{neutral}"])
        torch.testing.assert_close(same, plain, rtol=0, atol=1e-4)


@pytest.mark.parametrize("blank", ["", " \n\t"])
def test_a_blank_prompt_is_unconditional_and_costs_one_evaluation(hybrid, blank):
    tally = Tally()
    sample = SampleConfig(steps=2, guidance=5.0)
    x = last(generate(hybrid, blank, [4], sample, tally=tally)).x
    assert tally.rows == 2
    assert torch.equal(x, last(generate(hybrid, "", [4], SampleConfig(steps=2, guidance=1.0))).x)
    assert not torch.equal(x, made(hybrid, [4], guidance=1.0))
    steered = last(generate(hybrid, blank, [4], sample, negative="a red circle")).x
    assert (steered - x).abs().max() > 1e-4


def test_guidance_zero_is_unconditional(hybrid):
    """Within rounding: it is computed beside the conditional estimate."""
    plain = last(generate(hybrid, "", [4], SampleConfig(steps=2))).x
    torch.testing.assert_close(made(hybrid, [4], guidance=0.0), plain, rtol=0, atol=1e-4)


def test_self_attention_guidance_without_classifier_free_guidance_uses_the_condition(hybrid):
    """Hong et al. 2023: without CFG the map, D and the degraded estimate are of the conditional pass."""
    found = made(hybrid, [4], guidance=1.0, sag=1.0)
    empty = last(generate(hybrid, "", [4], SampleConfig(steps=2, guidance=1.0, sag=1.0))).x
    plain = made(hybrid, [4], guidance=1.0)
    assert (found - plain).abs().max() > 1e-4
    assert (found - empty).abs().max() > 1e-4


def test_the_first_state_is_the_noise_of_the_seed_scaled_to_the_schedule():
    """One step from pure noise at sigma = 80: the estimate returned is that of 80 times the seed's numbers."""
    model = awake_model(tiny_config().model_copy(update={"schedule": VEConfig(sigma_max=80.0)}))
    sample = SampleConfig(steps=1, guidance=1.0, grid="uniform", sampler="euler")
    x = 80 * normal([9], (3, 16, 16), draw=Draw.INITIAL)
    with torch.no_grad():
        wanted = model.denoiser(x, torch.ones(1), model.condition([PROMPT]))
    torch.testing.assert_close(last(generate(model, PROMPT, [9], sample)).x, wanted, rtol=0, atol=1e-5)


def test_decoding_rounds_and_cuts(hybrid):
    x = torch.tensor([-3.0, -1.0, 0.0, 1.0, 2.0, 1 / 127.5]).reshape(1, 1, 2, 3).expand(2, 3, 2, 3)
    found = decode(hybrid, x)
    assert found.shape == (2, 3, 2, 3)
    assert found[1, 2].flatten().tolist() == [0, 0, 128, 255, 255, 128]  # 127.5 and 128.5 are ties, to even
    with pytest.raises(DataError, match="NaN"):
        decode(hybrid, x * float("nan"))
