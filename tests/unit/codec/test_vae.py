"""The autoencoder: shapes, its loss, and that it learns to bring pictures back through noisy latents."""

from __future__ import annotations

import pytest
import torch

from unfog.codec.vae import POWER, VAE
from unfog.config.train import OptimiserConfig
from unfog.nets.layers import initialise
from unfog.nets.upscaler import EPS
from unfog.train.coded import coded
from unfog.train.optimise import optimisers
from unfog.util.random import Draw, normal, uniform


def made(noise: float = 0.3) -> VAE:
    net = VAE(channels=3, latent=4, patch=4, width=24, encoder=1, decoder=1, noise=noise)
    initialise(net, 0)
    return net


def blocks(first: int, n: int) -> torch.Tensor:
    """Pictures of two flat halves in random colours."""
    colours = 2 * uniform([1] * n, (2, 3), draw=Draw.TEST, index=range(first, first + n)).float() - 1
    return colours.permute(0, 2, 1)[..., None, :].repeat_interleave(8, 3).expand(-1, -1, 16, -1).contiguous()


def test_latents_have_a_cell_for_every_patch_and_sides_are_rounded_up():
    net, x = made(), normal([3] * 2, (3, 14, 17), draw=Draw.TEST, index=[0, 1])
    z = net.encode(x)
    assert tuple(z.shape[1:]) == net.shape(3, (14, 17)) == (4, 4, 5)
    assert tuple(net.decode(z).shape) == (2, 3, 16, 20)


def test_a_cell_depends_on_its_own_sample_only():
    net, x = made(), normal([3] * 3, (3, 16, 16), draw=Draw.TEST, index=[0, 1, 2])
    torch.testing.assert_close(net.encode(x)[1:2], net.encode(x[1:2]))


def test_the_loss_is_of_differences_of_edges_and_of_power():
    net, x = made(), normal([3] * 2, (3, 16, 16), draw=Draw.TEST, index=[0, 1])
    eps = coded(x, [5, 9], seed=2, shape=net.shape(3, (16, 16))).eps
    with torch.no_grad():
        z = net.encode(x)
        d = net.decode(z + 0.3 * eps) - x
        parts = (d, d[:, :, 1:] - d[:, :, :-1], d[..., 1:] - d[..., :-1])
        wanted = sum((part.square() + EPS**2).sqrt().mean((1, 2, 3)) for part in parts)
        torch.testing.assert_close(net(x, eps), wanted + POWER * (z.square().mean() - 1) ** 2)


def test_noise_of_a_position_is_the_same_in_any_batch():
    x = torch.zeros(3, 3, 16, 16)
    alone, among = coded(x[:1], [7], seed=2, shape=(4, 4, 4)), coded(x, [6, 7, 8], seed=2, shape=(4, 4, 4))
    assert torch.equal(alone.eps[0], among.eps[1])
    assert not torch.equal(among.eps[0], among.eps[1])


@pytest.mark.slow
def test_it_learns_to_bring_pictures_back_through_noise():
    net = made()
    (muon, adamw) = optimisers(net, OptimiserConfig(lr=2e-2))
    held = blocks(10_000, 32)

    def error() -> float:
        with torch.no_grad():
            z = net.encode(held)
            eps = normal([9] * 32, z.shape[1:], draw=Draw.TEST, index=range(32))
            return (net.decode(z + net.noise * eps) - held).abs().mean().item()

    before = error()
    for step in range(60):
        x = blocks(16 * step, 16)
        net(x, coded(x, range(16 * step, 16 * step + 16), seed=1, shape=net.shape(3, (16, 16))).eps).mean().backward()
        for optimiser in (muon, adamw):
            optimiser.step()
            optimiser.zero_grad()
    assert error() < 0.3 * before
    assert 0.7 < net.encode(held).square().mean().sqrt() < 1.4
