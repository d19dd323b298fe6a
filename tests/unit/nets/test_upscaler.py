"""The network that doubles pictures: interpolation before it learned anything, and the same whatever is beside it."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from unfog.nets.edges import blur
from unfog.nets.layers import initialise
from unfog.nets.upscaler import EPS, Upscaler, begun
from unfog.train.coarse import NOISE, SOFT, halved
from unfog.util.random import Draw, normal


def made(seed: int = 0, *, channels: int = 4, awake: bool = True) -> Upscaler:
    net = Upscaler(channels=channels, width=8, depth=2)
    initialise(net, seed)
    if awake:
        with torch.no_grad():
            for k, part in enumerate(p for p in net.parameters() if p.ndim == 4 and not p.any()):
                part.copy_(0.1 * normal([seed], part.shape, draw=Draw.TEST, index=[k])[0])
    return net.eval().requires_grad_(False)


def noise(*shape: int) -> torch.Tensor:
    return normal([5], shape, draw=Draw.TEST)[0].clamp(-1, 1)


def test_it_begins_as_interpolation():
    x = noise(2, 4, 7, 11)
    assert torch.equal(made(awake=False).free(x), begun(x))


def test_the_loss_is_that_of_charbonnier():
    x, wanted = noise(2, 4, 7, 11), noise(2, 4, 14, 22)
    apart = (begun(x) - wanted).square()
    torch.testing.assert_close(made(awake=False)(x, wanted), (apart + EPS**2).sqrt().mean((1, 2, 3)))


def test_flat_parts_stay_and_nothing_leaves_the_range_of_what_is_around_it():
    net, x = made(), noise(1, 4, 9, 13)
    x[..., :6] = 0.37
    big = net.enlarge(x)
    assert torch.equal(big[..., :10], torch.full((1, 4, 18, 10), 0.37))
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    high, low = F.max_pool2d(wide, 3, stride=1), -F.max_pool2d(-wide, 3, stride=1)
    assert (big <= high.repeat_interleave(2, 2).repeat_interleave(2, 3)).all()
    assert (big >= low.repeat_interleave(2, 2).repeat_interleave(2, 3)).all()
    assert not torch.equal(big, net.free(x))


def test_a_picture_is_continued_beyond_its_border():
    """A flat picture stays flat up to the border: no frame of grey."""
    flat = torch.tensor([0.3, -0.7, 0.9, 1.0]).view(1, 4, 1, 1).expand(1, 4, 9, 13)
    big = made().free(flat)
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        phase = big[..., y::2, x::2]
        torch.testing.assert_close(phase, phase[..., :1, :1].expand_as(phase))
    assert (big[0, :, 0, 0] - flat[0, :, 0, 0]).abs().max() > 1e-3  # it does something


def test_pixels_far_away_change_nothing():
    net, x = made(), noise(1, 4, 31, 31)
    other = x.clone()
    other[..., 15, 15] = 1.0
    apart = (net.enlarge(x) - net.enlarge(other)).abs().amax((0, 1))  # (62, 62)
    where = apart.nonzero()
    assert apart[30:32, 30:32].min() > 0
    assert ((where - 30.5).abs().max() / 2).item() <= 2 * 2 + 2 + 0.5


def test_halving_is_a_mean_and_what_is_added_depends_on_the_place_in_the_run_only():
    wanted = noise(3, 4, 12, 20)
    clean = F.avg_pool2d(wanted, 2)
    one = halved(wanted, [4, 5, 6], seed=1)
    assert torch.equal(one.wanted, wanted)
    again = halved(wanted[1:], [5, 6], seed=1)
    assert torch.equal(one.x[1:], again.x)
    assert not torch.equal(one.x, halved(wanted, [4, 5, 6], seed=2).x)
    worst = (one.x - clean).abs().max().item()
    assert 0 < worst <= SOFT * (blur(clean) - clean).abs().max().item() + 6 * NOISE


def test_blurring_keeps_means_and_what_is_flat():
    torch.testing.assert_close(blur(torch.full((1, 3, 5, 7), 0.4)), torch.full((1, 3, 5, 7), 0.4))
    dot = torch.zeros(1, 1, 7, 7)
    dot[..., 3, 3] = 16
    assert blur(dot)[0, 0, 2:5, 2:5].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
