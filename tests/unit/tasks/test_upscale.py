"""From painted pixels to the picture: edges are put right, slopes and flat parts stay, nothing is invented."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from tests.support.threads import with_threads
from tests.unit.nets.test_upscaler import made, noise

from unfog.media.alpha import straight
from unfog.nets.edges import SOFT, blur
from unfog.tasks.upscale import upscale


def disc(side: int, radius: float = 0.31, *, colour: tuple[float, ...] = (0.8, -0.6, 0.2)) -> torch.Tensor:
    """A disc on transparent ground, premultiplied over mid-grey, anti-aliased as the compositor does."""
    axis = (torch.arange(side) + 0.5) / side - 0.5
    a = (0.5 - (torch.hypot(axis[:, None], axis[None]) - radius) * side).clamp(0, 1)
    return torch.cat([a * torch.tensor(colour).view(3, 1, 1), (2 * a - 1)[None]])[None]


def test_an_edge_is_as_sharp_as_its_pixels():
    """Four times as near to the disc rendered at full size as bicubic interpolation is."""
    wanted = disc(256)
    plain = F.interpolate(disc(32), (256, 256), mode="bicubic", align_corners=False)
    found = upscale(disc(32), (256, 256))
    assert (found - wanted).abs().mean() < 0.3 * (plain - wanted).abs().mean()


def test_there_is_no_halo():
    """No colour but that of the disc, wherever something is seen: at a soft edge, too."""
    found = upscale(disc(32), (200, 200))
    a = (found[:, 3:] + 1) / 2
    assert found[:, 3:].min() == -1
    assert found[:, 3:].max() == 1
    assert (found[:, :3].abs() <= a + 1e-6).all()
    colours = straight(found)[0, :3]
    seen = a[0, 0] > 0.1
    wanted = torch.tensor((0.8, -0.6, 0.2))
    assert (colours[:, seen] - wanted[:, None]).abs().max() < 0.02


def test_a_slope_keeps_its_place():
    for steps in (31, 13):  # the steeper one is as far from flat as an edge
        slope = torch.linspace(-0.9, 0.9, steps).expand(1, 3, 23, steps)
        found = upscale(slope, (10 * steps, 230))
        wanted = F.interpolate(slope, (230, 10 * steps), mode="bilinear", align_corners=False)
        assert (found - wanted)[..., 40:-40].abs().max() < 1e-3


def test_an_edge_has_no_fringes():
    """Between two colours there are only mixtures of the two, in all channels alike."""
    one, two = torch.tensor((0.9, -0.7, -0.5)), torch.tensor((-0.2, 0.8, 0.4))
    share = (disc(24)[:, 3:] + 1) / 2
    found = upscale(torch.lerp(one.view(1, 3, 1, 1), two.view(1, 3, 1, 1), share), (240, 240))
    mixed = ((found[0] - one[:, None, None]) / (two - one)[:, None, None]).clone()  # the share by every channel
    assert (mixed - mixed.mean(0)).abs().max() < 1e-4
    assert mixed.min() > -0.01  # what bicubic overshoots where hardly anything is seen of the other colour
    assert mixed.max() < 1.01
    assert ((mixed > 0.02) & (mixed < 0.98)).float().mean() < 0.25 * ((share > 0.02) & (share < 0.98)).float().mean()


def test_faint_unevenness_is_not_given_contours():
    x = 0.3 + 0.05 * noise(1, 3, 17, 19)
    wanted = F.interpolate(
        torch.lerp(x, blur(x), SOFT), (136, 152), mode="bicubic", align_corners=False, antialias=True
    )
    assert torch.equal(upscale(x, (152, 136)), wanted)


@pytest.mark.parametrize("size", [(19, 17), (57, 51), (100, 90), (7, 9)])
def test_sizes(size):
    x = noise(2, 4, 17, 19)
    found = upscale(x, size)
    assert found.shape == (2, 4, size[1], size[0])
    if size == (19, 17):
        assert found is x
    else:
        assert torch.equal(upscale(x[1:], size), found[1:])  # a picture does not depend on its neighbours
        assert found.abs().max() <= 1


def test_smaller_pictures_are_averaged():
    x = torch.zeros(1, 3, 32, 32)
    x[..., ::2] = 1
    assert (upscale(x, (8, 8)) - 0.5).abs().max() < 0.05


def test_a_network_doubles_as_long_as_there_is_room(monkeypatch):
    net, x, sides = made(), disc(16), list[int]()
    real = net.enlarge
    monkeypatch.setattr(net, "enlarge", lambda some: (sides.append(some.shape[-1]), real(some))[1])
    assert upscale(x, (512, 512), net).shape == (1, 4, 512, 512)
    assert sides == [16, 32, 64, 128]
    sides.clear()
    upscale(x, (63, 63), net)
    assert sides == [16]
    sides.clear()
    upscale(x, (31, 31), net)
    assert sides == []


def test_an_opaque_picture_is_shown_to_a_network_of_transparent_ones_as_such():
    net, x = made(), noise(1, 3, 12, 10).mul(0.5)
    found = upscale(x, (20, 24), net)
    wanted = net.enlarge(torch.cat([x, torch.ones(1, 1, 12, 10)], 1))[:, :3].clamp(-1, 1)
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("side", [200, 512])
def test_threads_change_nothing(side):
    """Plain bilinear interpolation of PyTorch would, from some 70 pixels on."""
    found = with_threads(lambda: upscale(noise(1, 3, 32, 32), (side, side)))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
