"""The map between the colours of two pictures that moves them least."""

from __future__ import annotations

import pytest
import torch
from tests.support.problems import at, f64, gauss

from unfog.guidance.palette import RIDGE, moments, palette, powers, transferred


def test_the_wanted_mean_and_covariance() -> None:
    """Exactly, but for the ridge that both have."""
    d = gauss(1, 3, 3, 17, 19)
    turned = torch.linalg.qr(gauss(2, 3, 3))[0]
    mean, covariance = f64(0.1, -0.3, 0.2), turned @ torch.diag(f64(0.4, 0.9, 1.6)) @ turned.T
    made, spread = moments(transferred(d, mean, covariance))
    assert (made - mean).abs().max() <= 1e-14
    assert (spread - covariance).abs().max() <= 2 * RIDGE
    assert (spread - covariance).abs().max() > 0


def test_pictures_of_equal_moments_stay_as_they_are() -> None:
    """The nearest map is none; a style that is the same picture in another order does nothing."""
    d = 0.4 * gauss(3, 1, 3, 8, 9)
    style = d.flatten(2)[..., torch.randperm(72, generator=torch.Generator().manual_seed(1))].reshape(d.shape)
    found = palette(lambda *_: d, style, 1.0)(d, at(0.5, 1))
    assert (found - d).abs().max() <= 1e-12


def test_brightness_and_contrast_of_one_channel_change_that_channel_alone() -> None:
    d = gauss(4, 1, 3, 64, 64)
    d = (d - d.mean((2, 3), keepdim=True)).flatten(2)
    d = (torch.linalg.qr(d[0].T)[0].T * 64)[None].reshape(1, 3, 64, 64)  # covariance 1
    style = d.clone()
    style[:, 1] = 0.5 * style[:, 1] + 0.25
    found = palette(lambda *_: d, style, 1.0)(d, at(0.5, 1))
    assert (found - style).abs().max() <= RIDGE * d.abs().max()
    assert (found - style)[:, ::2].abs().max() <= 1e-10


def test_led_part_of_the_way() -> None:
    d, style = gauss(5, 2, 3, 7, 5), 0.2 * gauss(6, 1, 3, 11, 3) + 0.5
    guided = lambda *_: d  # noqa: E731
    assert palette(guided, style, 0.0) is guided
    whole, part = (palette(guided, style, kappa)(d, at(0.5, 2)) for kappa in (1.0, 0.3))
    assert (part - (d + 0.3 * (whole - d))).abs().max() <= 1e-14


@pytest.mark.parametrize("channels", [1, 3, 4, 8])
def test_flat_pictures_stay_finite(channels: int) -> None:
    flat = torch.full((2, channels, 6, 5), 0.3)
    found = palette(lambda *_: flat, torch.full((1, channels, 4, 4), -0.8), 1.0)(flat, torch.tensor([0.5, 0.5]))
    assert (found + 0.8).abs().max() <= 1e-6
    assert found.dtype == torch.float32
    onto = palette(lambda *_: flat, gauss(7, 1, channels, 4, 4).float(), 1.0)(flat, torch.tensor([0.5, 0.5]))
    assert onto.isfinite().all()
    assert onto.std((2, 3)).max() <= 1e-5  # nothing to spread


def test_powers() -> None:
    basis = torch.linalg.qr(gauss(8, 2, 4, 4))[0]
    root = basis @ torch.diag_embed(f64([0.5, 1.0, 2.0, 3.0], [0.1, 0.2, 0.3, 4.0])) @ basis.mT
    found, inverse = powers(root @ root)
    assert (found - root).abs().max() <= 1e-12
    assert (inverse @ root - torch.eye(4)).abs().max() <= 1e-11
