"""How much work a request is."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model, tiny_config
from tests.support.saved import manifest_of

from unfog.config.ask import parse_ask
from unfog.config.edit import Denoise, EditRequest, Img2Img, Inpaint, Inversion, Restore, Upscale
from unfog.config.sample import GenerateRequest, SampleConfig
from unfog.jobs.asked import settled
from unfog.jobs.cost import cost, steps_in
from unfog.tasks.denoise import posterior_mean
from unfog.tasks.generate import Tally

MANIFEST = manifest_of(tiny_config())
SIZE = 40, 23  # width, height


@pytest.mark.parametrize(
    ("fields", "work"),
    [
        ({}, 3.0),
        ({"n": 4, "chosen": {"steps": 10}}, 40.0),
        ({"canvas": [32, 32]}, 3 * 4 * 2.0),  # four times the pixels, and attention on top
        ({"native": True, "canvas": [32, 16]}, 3 * 2 * 2**0.5),
    ],
)
def test_work_is_counted_in_steps_at_the_trained_size(fields, work):
    request = settled(parse_ask({"task": "generate", "prompt": "x"} | fields), MANIFEST, {})
    assert isinstance(request, GenerateRequest)
    assert cost(request, 16) == pytest.approx(work)
    assert steps_in(request) == request.n * request.sample.steps  # each larger, not more of them


@pytest.mark.parametrize("views", [1, 2, 4, 8])
def test_a_mean_is_made_window_by_window(views):
    request, tally = EditRequest(way=Denoise(sigma=25, views=views)), Tally()
    posterior_mean(awake_model(), torch.zeros(1, 3, *SIZE[::-1]), 25, views=views, tally=tally)
    assert (steps_in(request, 16, SIZE), cost(request, 16, SIZE)) == (tally.rows / views, tally.rows)


@pytest.mark.parametrize(
    ("way", "steps", "each"),
    [
        (Denoise(sigma=25, sampled=True), 14, 4 * 2),
        (Restore(degradation="grey", method="ddnm"), 14, 4 * 2),
        (Restore(degradation="blur", amount=1, method="mmps"), 14, 4 * 2 * 9),  # four gradients
        (Restore(degradation="downsample", amount=2, method="ddnm"), 14, 9 * 5),  # windows of 80x46
        (Inversion(was="x"), 3 * 14, 2),  # there, back, and anew
        (Img2Img(strength=0.5), 8, 1),  # painted at the size of the model
        (Upscale(factor=2), 2, 1),
        (Inpaint(method="repaint"), 14, 8),  # every step twice, four side by side
        (Inpaint(method="told", tries=2), 14, 2),
    ],
)
def test_what_keeps_to_a_picture_is_as_much_work_as_the_picture_is_large(way, steps, each):
    request = EditRequest(way=way, n=2, sample=SampleConfig(steps=7))
    assert (steps_in(request), cost(request, 16, SIZE)) == (steps, steps * each)
