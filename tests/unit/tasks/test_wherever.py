"""A mask from words: the parts that they name, or where the heat of the strongest one is half of its range."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model
from tests.support.saved import unet_config
from torch import Tensor

from unfog.core.cond import Cond
from unfog.data.scenes_layout import Background, Group, Scene
from unfog.data.scenes_render import render
from unfog.jobs.generate import open_model
from unfog.model.locate import locate
from unfog.model.model import Model
from unfog.tasks import wherever as module
from unfog.tasks.wherever import named_parts, wherever
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal


@pytest.fixture(scope="module")
def model() -> Model:
    return awake_model()


def picture(height: int, width: int) -> Tensor:
    """Nothing in it stands apart from the rest."""
    return 0.1 * normal([9], (3, height, width), draw=Draw.TEST).clamp(-1, 1)


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


def two_things(channels: int = 3) -> Tensor:
    x = torch.full((1, channels, 32, 32), -1.0)
    x[..., 4:12, 4:12], x[..., 18:28, 18:28] = 0.5, 1.0
    return x


def test_the_parts_that_words_help_to_see(model, monkeypatch):
    """Those are taken that gain half as much as the best, or lose little if none gains; others are refused."""
    gains = {"white": (1.0, -5.0), "grey": (-5.0, -0.1), "both": (1.0, 0.6), "one": (1.0, 0.4), "absent": (-0.5, -0.3)}

    def gain(_: Model, x: Tensor, both: Cond) -> float:
        white, grey = bool((x == 1).any()), bool((x == 0.5).any())
        assert white != grey  # each is shown alone
        assert both.batch == 2 * len(module.LAMS)
        return gains[words][0 if white else 1]

    monkeypatch.setattr(module, "gain", gain)
    x = two_things()
    words = ""
    for words, white, grey in (("white", 1, 0), ("grey", 0, 1), ("both", 1, 1), ("one", 1, 0)):
        found = named_parts(model, x, words)
        assert found is not None
        assert (found[18:28, 18:28] == white).all()
        assert (found[4:12, 4:12] == grey).all()
    words = "absent"
    with pytest.raises(UsageError, match="nothing that stands apart from the ground is 'absent'"):
        named_parts(model, x, "absent")
    x[..., 18:28, 18:28] = -1
    monkeypatch.setattr(module, "gain", lambda *_: -1.0)
    assert named_parts(model, x, "absent") is None  # one thing, which they do not name: they may mean a part of it
    assert named_parts(model, torch.zeros(1, 3, 16, 16), "white") is None


def test_the_ground_is_what_belongs_to_no_part(model):
    found = wherever(model, two_things(), "the background")
    assert found[4:12, 4:12].sum() == 0
    assert found[18:28, 18:28].sum() == 0
    assert found[14:16].all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "side"), [("the circle", "right"), ("the green star", "left"), ("the stars", "left")]
)
def test_in_a_picture_of_the_model_in_the_box(words, side):
    loaded = open_model(locate("scenes-32"), "cpu")
    scene = Scene(
        Background("plain", "white"),
        (
            Group("green", "star", "medium", ((8.0, 8.0), (8.0, 23.0)), 9.0),
            Group("red", "circle", "medium", ((23.0, 16.0),), 9.0),
        ),
    )
    x = render([scene], 32)
    found = wherever(loaded.model, x, words)
    away = (x != 1).any(1)[0].float()
    half = slice(16, None) if side == "right" else slice(0, 16)
    other = slice(0, 16) if side == "right" else slice(16, None)
    assert (found * away)[:, half].sum() == away[:, half].sum()
    assert found[:, other].sum() == 0


@pytest.mark.parametrize("words", ["", "  ", "the", "a of the", "A, The"])
def test_words_that_name_nothing(model, words):
    with pytest.raises(UsageError, match="says what to look for; name a thing"):
        wherever(model, picture(16, 16), words)


def test_a_network_that_attends_to_no_text(model, monkeypatch):
    monkeypatch.setattr(module, "token_heat", lambda *_: None)
    with pytest.raises(UsageError, match="give a mask as a picture"):
        wherever(model, picture(16, 16), "circle")
