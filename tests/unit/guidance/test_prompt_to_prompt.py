"""Prompt-to-prompt on real networks: what is taken over, and for how long."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model
from tests.support.saved import unet_config
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise
from unfog.core.probe import Probe
from unfog.guidance.prompt_to_prompt import Source, prompt_to_prompt
from unfog.model.model import Model
from unfog.tasks.invert import blocks, matched
from unfog.util.random import Draw, normal

WAS, NEW = "two green stars above a red circle", "two green hearts above a red circle"
TIMES = (0.9, 0.6, 0.3)


@pytest.fixture(scope="module", params=["hybrid", "unet"])
def model(request) -> Model:
    return awake_model(None if request.param == "hybrid" else unet_config())


def noisy(*index: int) -> Tensor:
    return normal([4] * len(index), (3, 16, 16), draw=Draw.TEST, index=index)


def source(model: Model) -> Source:
    return Source({t: noisy(k) for k, t in enumerate(TIMES)}, model.condition([WAS]))


def edited(model: Model, text: str, words: float, layout: float, pairs: list[tuple[int, int]] | None = None) -> Denoise:
    found = matched(model.tokenizer, text, WAS) if pairs is None else pairs
    process, sites = model.denoiser.process, blocks(model.config.net)
    cond = model.condition([text])
    return prompt_to_prompt(
        model.denoiser, cond, source(model), found, process, sites=sites, words=words, layout=layout
    )


def test_nothing_taken_over_is_the_plain_denoiser(model):
    x, t = noisy(7, 8), torch.tensor([0.6, 0.6])
    assert torch.equal(edited(model, NEW, 0.0, 0.0)(x, t), model.denoiser.bind(model.condition([NEW]))(x, t))


def test_equal_texts_at_the_states_of_the_first_are_the_first(model):
    """Every map is replaced by itself."""
    for k, time in enumerate(TIMES):
        t = torch.tensor([time])
        plain = model.denoiser.bind(model.condition([WAS]))(noisy(k), t)
        assert (edited(model, WAS, 1.0, 1.0)(noisy(k), t) - plain).abs().max() <= 2e-5


def test_each_part_changes_something(model):
    x, t = noisy(7), torch.tensor([0.6])
    found = [edited(model, NEW, words, layout)(x, t) for words, layout in ((0, 0), (1, 0), (0, 1), (1, 1))]
    for k, one in enumerate(found):
        for other in found[:k]:
            assert (one - other).abs().max() >= 1e-5


def test_until_when(model):
    """Words until u < 1 - words, layout until u < 1 - layout; u is the time on the flow."""
    x, plain = noisy(7), model.denoiser.bind(model.condition([NEW]))
    only_words, both = edited(model, NEW, 1.0, 0.0), edited(model, NEW, 1.0, 1.0)
    denoise = edited(model, NEW, 0.5, 0.25)
    for time, wanted in ((0.9, both), (0.6, only_words), (0.3, plain)):
        t = torch.tensor([time])
        assert torch.equal(denoise(x, t), wanted(x, t))


class Watching:
    """The denoiser of a model; remembers the maps of every call."""

    def __init__(self, model: Model) -> None:
        self.model, self.maps = model, list[dict[str, Tensor]]()

    def __call__(self, x: Tensor, t: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        found = self.model.denoiser(x, t, cond, probe)
        assert probe is not None
        self.maps.append(dict(probe.maps))
        return found


def test_rows_still_sum_to_one_and_words_are_where_they_were(model):
    watching, sites = Watching(model), blocks(model.config.net)
    pairs = matched(model.tokenizer, NEW, WAS)
    cond, process = model.condition([NEW]), model.denoiser.process
    denoise = prompt_to_prompt(watching, cond, source(model), pairs, process, sites=sites, words=1.0, layout=1.0)
    denoise(noisy(7, 8), torch.tensor([0.6, 0.6]))
    first, then = watching.maps
    assert set(first) == set(then) == {f"{site}.{part}" for site in sites for part in ("cross", "self")}
    for site, maps in then.items():
        torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))
        if site.endswith(".self"):
            assert torch.equal(maps, first[site].expand_as(maps))
        else:
            shares = maps[..., [new for new, _ in pairs]] / first[site][..., [old for _, old in pairs]]
            ratio = shares.amax(-1) / shares.amin(-1)  # all of them scaled alike
            assert ratio.sub(1).abs().max() <= 1e-4


def test_texts_without_a_common_word_take_over_the_layout_alone(model):
    x, t = noisy(7), torch.tensor([0.6])
    none = edited(model, NEW, 1.0, 0.0, [])
    assert (none(x, t) - model.denoiser.bind(model.condition([NEW]))(x, t)).abs().max() <= 2e-5


def test_the_state_nearest_in_time():
    states = Source({0.9: noisy(0), 0.6: noisy(1), 0.3: noisy(2)}, Cond())
    for t, k in ((1.0, 0), (0.76, 0), (0.74, 1), (0.6, 1), (0.0, 2)):
        assert torch.equal(states.at(t), noisy(k))
