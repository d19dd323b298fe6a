"""What a text suggests: the mean of its pictures is what the loss asks for, and only that loss trains it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from tests.support.models import tiny_config, tiny_model

from unfog.config.model import SketchConfig
from unfog.core.cond import Cond
from unfog.nets.layers import initialise
from unfog.nets.sketch import SIDE, Sketch
from unfog.util.random import Draw, normal


def made(depth: int = 0) -> Sketch:
    net = Sketch(channels=3, width=8, hidden=16, depth=depth, heads=2)
    initialise(net, 0)
    return net


def summary(*rows: torch.Tensor) -> Cond:
    return Cond(pooled=torch.stack(rows))


def numbers(*shape: int, seed: int = 1) -> torch.Tensor:
    return normal([seed], shape, draw=Draw.TEST)[0]


def test_the_loss_is_the_distance_of_thumbnails():
    net, cond, x = made(), summary(*numbers(2, 8)), numbers(2, 3, 64, 32)
    cells = x.unflatten(2, (SIDE, 4)).unflatten(4, (SIDE, 2)).mean((3, 5))
    torch.testing.assert_close(net.loss(cond, x), (net(cond) - cells).square().mean((1, 2, 3)))


def test_it_learns_the_mean_of_what_a_text_is_shown_with():
    net, pooled = made(), numbers(2, 8)
    shown = numbers(2, 4, 3, SIDE, SIDE, seed=2)  # four pictures of each of two texts
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(300):
        loss = net.loss(Cond(pooled=pooled.repeat_interleave(4, 0)), shown.flatten(0, 1)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    torch.testing.assert_close(net(Cond(pooled=pooled)), shown.mean(1), atol=0.02, rtol=0)


@pytest.mark.slow
def test_tokens_say_what_a_summary_cannot():
    """Two texts of the same words in another order have one summary; their pictures are told apart by their tokens."""
    net, shown = made(depth=1), numbers(2, 3, SIDE, SIDE, seed=2)
    words = numbers(2, 8, seed=3)
    tokens = torch.stack([words, words.flip(0)]) + numbers(1, 2, 8, seed=4)  # each with its place
    cond = Cond(tokens=tokens, mask=torch.ones(2, 2, dtype=torch.bool), pooled=numbers(1, 8).expand(2, -1))
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(150):
        loss = net.loss(cond, shown).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    apart = (shown[0] - shown[1]).square().mean() / 4  # the least that one picture for both could have
    assert loss.item() < 0.5 * apart


def test_the_network_sees_it_and_does_not_train_it():
    config = tiny_config(size=32)
    model = tiny_model(
        config.model_copy(update={"net": config.net.model_copy(update={"sketch": SketchConfig(hidden=16)})})
    )
    net = model.denoiser.net
    once = model.condition(["a red circle", "a low tone"])
    cond = replace(once, sketch=None)
    x, level = numbers(2, 3, 32, 32), torch.zeros(2)
    with torch.no_grad():
        net.get_submodule("out").weight.add_(0.1)  # pyright: ignore[reportOperatorIssue, reportCallIssue]
    before = net(x, level, cond)
    assert once.sketch is not None  # worked out beforehand, it is the same
    assert torch.equal(net(x, level, once), before)
    before.square().sum().backward()
    sketch = net.get_submodule("sketch")
    assert all(p.grad is None for p in sketch.parameters())
    stem = net.get_submodule("stem").weight
    assert isinstance(stem, torch.Tensor)
    assert stem.grad is not None
    assert stem.grad[:, -3:].abs().sum() > 0
    with torch.no_grad():
        sketch.get_submodule("out").bias.add_(1.0)  # pyright: ignore[reportOperatorIssue, reportCallIssue]
    assert not torch.allclose(net(x, level, cond), before)


def test_words_that_are_kept_are_not_trained_and_their_error_is_no_part_of_the_loss():
    config = tiny_config(size=32)
    model = tiny_model(config.model_copy(update={"net": config.net.model_copy(update={"sketch": SketchConfig()})}))
    words, x = model.tokenizer.encode(["a red circle"]), numbers(1, 3, 32, 32)
    arguments = (x, words, torch.zeros(1, dtype=torch.bool), torch.full((1,), 0.5), numbers(1, 3, 32, 32, seed=2))
    with torch.no_grad():
        cond, both = model.text(words), model(*arguments)
        sketch = model.denoiser.net.get_submodule("sketch")
        assert isinstance(sketch, Sketch)
        its = sketch.loss(cond, x)
    model.keep_words()
    alone = model(*arguments)
    torch.testing.assert_close(alone, both - its)
    alone.sum().backward()
    trained = {name for name, p in model.named_parameters() if p.grad is not None}
    assert trained
    assert not any(name.startswith(("text.", "denoiser.net.sketch.")) for name in trained)


def test_a_thumbnail_is_as_large_as_the_stem_wherever_it_is_used():
    config = tiny_config(size=32)
    model = tiny_model(
        config.model_copy(update={"net": config.net.model_copy(update={"sketch": SketchConfig(hidden=16)})})
    )
    cond = model.condition(["a red circle"])
    (shown,) = model.denoiser.net.suggested(numbers(1, 12, 24, 16), cond)  # pyright: ignore[reportCallIssue]
    thumbnail = model.denoiser.net.get_submodule("sketch")(cond)
    torch.testing.assert_close(shown, F.interpolate(thumbnail, size=(24, 16), mode="bilinear"))
