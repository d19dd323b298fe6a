"""The noise that was added is found: on scenes full of edges, on texture, on white paper, cut off or not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unfog.data.scenes import Scenes
from unfog.tasks.noise_level import noise_level, remaining
from unfog.util.errors import DataError
from unfog.util.random import Draw, normal


def noisy(x: Tensor, sigma: float, *, cut: bool, seed: int = 0) -> Tensor:
    """A picture in [-1, 1] with noise of ``sigma`` of 255; cut: as a file holds it, in whole numbers of 0..255."""
    y = (x + 1) * 127.5 + sigma * normal([seed], tuple(x.shape), draw=Draw.TEST)[0]
    return (y.round().clamp(0, 255) if cut else y) / 127.5 - 1


def textured() -> Tensor:
    """A soft landscape: half smooth shading, half stripes of 7 pixels and their harmonics."""
    rows, columns = torch.meshgrid(torch.arange(151.0), torch.arange(163.0), indexing="ij")
    shading = 0.5 * torch.sin(rows / 31) + 0.2 * torch.cos(columns / 23)
    stripes = 0.3 * torch.sign(torch.sin(2 * torch.pi * (rows + 2 * columns) / 7)) * (columns > 80)
    return torch.stack([shading + stripes, shading - 0.3, 0.5 * shading + stripes]).clamp(-1, 1)


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("sigma", [10, 25, 50])
def test_within_ten_percent_on_scenes_and_on_texture(sigma: int, *, cut: bool) -> None:
    scenes = Scenes(64).batch(range(6), seed=0, split="valid").x
    for seed, x in enumerate([*scenes, textured()]):
        found = noise_level(noisy(x, sigma, cut=cut, seed=seed))
        assert found.sigma == pytest.approx(sigma, rel=0.1), seed


def test_white_paper_lost_half_of_its_noise() -> None:
    """The plain deviation of what is left of noise of 50 is 29.2."""
    y = noisy(torch.ones(3, 96, 96), 50, cut=True)
    assert y.std().item() * 127.5 == pytest.approx(29.2, rel=0.03)
    assert noise_level(y).sigma == pytest.approx(50, rel=0.06)


def test_every_channel_has_its_own() -> None:
    x = torch.zeros(3, 128, 128)
    y = torch.stack([noisy(x[k : k + 1], s, cut=True, seed=k)[0] for k, s in enumerate((5, 20, 40))])
    found = noise_level(y)
    assert found.channels == pytest.approx((5, 20, 40), rel=0.08)
    assert found.sigma == pytest.approx(((5**2 + 20**2 + 40**2) / 3) ** 0.5, rel=0.05)


def test_what_has_no_noise_has_none() -> None:
    assert noise_level(torch.full((3, 40, 40), 0.25)).sigma < 1e-6
    assert noise_level(torch.ones(3, 40, 40)).sigma < 1e-6
    assert noise_level(textured()).sigma < 0.5


def test_what_is_left_of_cut_noise() -> None:
    """At the end itself the mean is phi(0) away from it, and 1/2 - 1/(2 pi) of the variance is left."""
    u = torch.tensor([(2 * torch.pi) ** -0.5, 0.0, 7.9], dtype=torch.float64)
    left = remaining(u)
    assert left[0].item() == pytest.approx(0.5 - 0.5 / torch.pi, abs=1e-4)
    assert left[1].item() < 1e-3
    assert left[2].item() == pytest.approx(1, abs=1e-6)
    assert (remaining(torch.linspace(0, 8, 101, dtype=torch.float64)).diff() > -1e-9).all()


def test_too_small_or_not_finite() -> None:
    with pytest.raises(DataError, match="15x40 pixels is too small to measure its noise"):
        noise_level(torch.zeros(3, 40, 15))
    with pytest.raises(DataError, match="not finite"):
        noise_level(torch.full((3, 40, 40), torch.nan))
