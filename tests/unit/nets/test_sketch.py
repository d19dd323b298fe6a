"""What a text suggests: the mean of its pictures is what the loss asks for, and only that loss trains it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from tests.support.models import tiny_config, tiny_model

from unfog.nets.layers import initialise
from unfog.nets.sketch import SIDE, Sketch
from unfog.util.random import Draw, normal


def made() -> Sketch:
    net = Sketch(channels=3, pooled=8, hidden=16)
    initialise(net, 0)
    return net


def numbers(*shape: int, seed: int = 1) -> torch.Tensor:
    return normal([seed], shape, draw=Draw.TEST)[0]


def test_the_loss_is_the_distance_of_thumbnails():
    net, pooled, x = made(), numbers(2, 8), numbers(2, 3, 64, 32)
    cells = x.unflatten(2, (SIDE, 4)).unflatten(4, (SIDE, 2)).mean((3, 5))
    torch.testing.assert_close(net.loss(pooled, x), (net(pooled) - cells).square().mean((1, 2, 3)))


def test_it_learns_the_mean_of_what_a_text_is_shown_with():
    net, pooled = made(), numbers(2, 8)
    shown = numbers(2, 4, 3, SIDE, SIDE, seed=2)  # four pictures of each of two texts
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(300):
        loss = net.loss(pooled.repeat_interleave(4, 0), shown.flatten(0, 1)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    torch.testing.assert_close(net(pooled), shown.mean(1), atol=0.02, rtol=0)


def test_the_network_sees_it_and_does_not_train_it():
    config = tiny_config(size=32)
    model = tiny_model(config.model_copy(update={"net": config.net.model_copy(update={"sketch": 16})}))
    net = model.denoiser.net
    cond = model.condition(["a red circle", "a low tone"])
    x, level = numbers(2, 3, 32, 32), torch.zeros(2)
    with torch.no_grad():
        net.get_submodule("out").weight.add_(0.1)  # pyright: ignore[reportOperatorIssue, reportCallIssue]
    before = net(x, level, cond)
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


def test_a_thumbnail_is_as_large_as_the_stem_wherever_it_is_used():
    config = tiny_config(size=32)
    model = tiny_model(config.model_copy(update={"net": config.net.model_copy(update={"sketch": 16})}))
    cond = model.condition(["a red circle"])
    assert cond.pooled is not None
    (shown,) = model.denoiser.net.suggested(numbers(1, 12, 24, 16), cond)  # pyright: ignore[reportCallIssue]
    thumbnail = model.denoiser.net.get_submodule("sketch")(cond.pooled)
    torch.testing.assert_close(shown, F.interpolate(thumbnail, size=(24, 16), mode="bilinear"))
