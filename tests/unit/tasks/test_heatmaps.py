"""Heat-maps of words: shares that add up, over the right tokens, at the right places."""

from __future__ import annotations

import re

import pytest
import torch
from tests.support.models import awake_model, tiny_tokenizer
from tests.support.saved import unet_config
from torch import Tensor

from unfog.config.model import UNetConfig
from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.nets.unet import UNet
from unfog.tasks.heatmaps import Site, enlarged, sites, token_heat, word_effect, word_heat, words_of
from unfog.util.random import Draw, normal

PROMPT = "two green stars above a red circle"


def noisy(height: int = 16, width: int = 16) -> tuple[Tensor, Tensor]:
    return normal([3], (3, height, width), draw=Draw.TEST), torch.tensor([0.6])


@pytest.mark.parametrize("config", [None, unet_config()], ids=["hybrid", "unet"])
@pytest.mark.parametrize("size", [(16, 16), (13, 19)])
def test_shares_of_all_tokens_sum_to_one_in_every_pixel(config, size):
    model = awake_model(config)
    cond, (x, t) = model.condition([PROMPT]), noisy(*size)
    heat = token_heat(model.denoiser, model.config.net, x, t, cond)
    assert heat is not None
    assert heat.shape == (1, 16, *size)
    torch.testing.assert_close(heat.sum(1), torch.ones(1, *size))
    assert 0 <= heat.min() < heat.max() <= 1
    words = words_of(model.tokenizer, PROMPT)
    by_word = word_heat(heat, words)
    torch.testing.assert_close(by_word.sum(1), torch.ones(1, *size))  # every real token belongs to a word
    assert ((by_word >= 0) & (by_word <= 1 + 1e-6)).all()
    first = words[0]
    torch.testing.assert_close(by_word[:, 0], heat[:, list(first.tokens)].sum(1))


def test_the_sites_are_all_that_there_are():
    """Asking for many names finds those that exist: no site is forgotten, none is invented."""
    for config in (None, unet_config(), unet_config().model_copy(update={"net": deep()})):
        model = awake_model(config)
        many = {f"core.{k}.cross" for k in range(9)}
        many |= {f"{way}.{level}.{k}.cross" for way in ("down", "up") for level in range(5) for k in range(5)}
        probe, (x, t) = Probe(frozenset(many)), noisy()
        model.denoiser(x, t, model.condition([PROMPT]), probe)
        assert {site.name for site in sites(model.config.net)} == set(probe.maps)
        for site in sites(model.config.net):
            assert probe.maps[site.name].shape[2] == (16 // site.cell) ** 2


def deep() -> UNetConfig:
    return UNetConfig(widths=(16, 32, 32), blocks=2, attend=(1, 2), heads=2, emb=32)


def test_cells_lie_where_they_are_in_the_picture():
    weights = torch.zeros(1, 6, 2)
    weights[0, 4, 0] = 1.0  # second row, second of three columns
    map_ = enlarged(weights, Site("core.0.cross", 4, 4), 7, 11)
    assert map_.shape == (1, 2, 7, 11)
    assert divmod(int(map_[0, 0].argmax()), 11) in {(5, 5), (5, 6), (6, 5), (6, 6)}
    assert map_[0, 0, :2, :2].max() == 0
    assert map_[0, 1].max() == 0


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a red circle", ["a", "red", "circle"]),
        ("  two,  (zebras)! ", ["two", "zebras"]),
        ("日本 12", ["日本", "12"]),
        ("", []),
    ],
)
def test_tokens_belong_to_the_words_they_were_written_in(prompt, wanted):
    tokenizer = tiny_tokenizer()
    words = words_of(tokenizer, prompt)
    assert [word.text for word in words] == wanted
    every = [token for word in words for token in word.tokens]
    assert every == list(range(min(tokenizer.count(prompt.strip()), 16)))
    pieces = tokenizer.pieces(prompt.strip())
    for word in words:
        spelled = b"".join(letters(pieces[k]) for k in word.tokens).decode()
        assert spelled.strip(",()!") == word.text


def letters(piece: str) -> bytes:
    """What a token stands for: a byte that has no piece of its own, or text."""
    found = re.fullmatch("<0x(..)>", piece)
    return bytes.fromhex(found[1]) if found else piece.replace("▁", "").encode()


def test_words_beyond_what_is_read_have_no_map():
    assert [w.text for w in words_of(tiny_tokenizer(), "a red " * 12)] == ["a", "red"] * 8


def test_a_word_that_nobody_attends_to_changes_nothing_and_others_do():
    model = awake_model()
    cond, null, (x, t) = model.condition([PROMPT]), model.condition([""]), noisy()
    words = words_of(model.tokenizer, PROMPT)
    effect = word_effect(model.denoiser, x, t, cond, null, words)
    assert effect.shape == (len(words), 16, 16)
    assert (effect.flatten(1).max(1).values > 1e-4).all()
    assert cond.mask is not None
    mask = cond.mask.clone()
    mask[:, list(words[2].tokens)] = False
    other = Cond(tokens=cond.tokens, mask=mask, pooled=cond.pooled)
    plain, without = model.denoiser(x, t, cond), model.denoiser(x, t, other)
    torch.testing.assert_close(effect[2], (plain - without).square().mean(1).sqrt()[0], atol=1e-5, rtol=1e-4)
    hidden = word_effect(model.denoiser, x, t, other, null, [words[2]])  # hidden already
    assert hidden.max() < 1e-5


def test_where_one_word_is_all_the_null_stands_for_its_absence():
    model = awake_model()
    cond, null, (x, t) = model.condition(["red"]), model.condition([""]), noisy()
    words = words_of(model.tokenizer, "red")
    effect = word_effect(model.denoiser, x, t, cond, null, words)
    wanted = (model.denoiser(x, t, cond) - model.denoiser(x, t, null)).square().mean(1).sqrt()
    torch.testing.assert_close(effect, wanted, atol=1e-5, rtol=1e-4)


def test_a_network_without_attention_to_text_has_no_heat():
    model = awake_model(unet_config())
    model.denoiser.net = UNet(widths=(32, 64), blocks=1, attend=(1,), heads=2, emb=64).eval()
    for part in model.denoiser.net.parameters():
        torch.nn.init.constant_(part, 0.01)
    x, t = noisy()
    assert token_heat(model.denoiser, model.config.net, x, t, model.condition([PROMPT])) is None
