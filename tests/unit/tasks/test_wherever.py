"""A mask from words: where the heat of the strongest one is at least half of its range."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model
from tests.support.saved import unet_config
from torch import Tensor

from unfog.model.model import Model
from unfog.tasks import wherever as module
from unfog.tasks.wherever import wherever
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal


@pytest.fixture(scope="module")
def model() -> Model:
    return awake_model()


def picture(height: int, width: int) -> Tensor:
    return normal([9], (3, height, width), draw=Draw.TEST).clamp(-1, 1)


@pytest.mark.parametrize("size", [(16, 16), (40, 23), (1, 1), (2, 3), (1, 7)])
def test_some_of_any_picture(model, size):
    found = wherever(model, picture(*size), "the red circle")
    assert found.shape == size
    assert set(found.flatten().tolist()) <= {0.0, 1.0}
    assert found.any()
    assert torch.equal(found, wherever(model, picture(*size), "the red circle"))


def test_other_words_other_places(model):
    found = [wherever(model, picture(40, 40), words) for words in ("circle", "star", "heart")]
    assert any(not torch.equal(found[0], other) for other in found[1:])
    assert wherever(awake_model(unet_config()), picture(20, 30), "circle").any()


def test_where_the_heat_is(model, monkeypatch):
    """Heat on the right half for one word and little everywhere for the other: the right half."""

    def heat(denoiser, net, x, t, cond) -> Tensor:
        whole = torch.full((x.shape[0], 16, *x.shape[2:]), 0.01)
        whole[..., x.shape[3] // 2 :] = 0.05
        return whole

    monkeypatch.setattr(module, "token_heat", heat)
    found = wherever(model, picture(32, 48), "circle")
    assert found[:, :22].sum() == 0
    assert found[:, 26:].all()


@pytest.mark.parametrize("words", ["", "  ", "the", "a of the", "A, The"])
def test_words_that_name_nothing(model, words):
    with pytest.raises(UsageError, match="says what to look for; name a thing"):
        wherever(model, picture(16, 16), words)


def test_a_network_that_attends_to_no_text(model, monkeypatch):
    monkeypatch.setattr(module, "token_heat", lambda *_: None)
    with pytest.raises(UsageError, match="give a mask as a picture"):
        wherever(model, picture(16, 16), "circle")
