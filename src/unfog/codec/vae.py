"""Pictures as fewer numbers, and back: a small autoencoder whose latents a diffusion model can work on.

    z = encode(x)       unshuffle -> conv -> blocks -> norm, conv              one cell for patch x patch pixels
    x = decode(z)       conv -> blocks -> norm, conv -> shuffle

Trained as a variational autoencoder (Kingma & Welling 2014) whose posterior N(z, s^2) has one fixed spread, under a
power constraint in place of the KL term, so that s alone says how much a latent can hold:

    loss = |x' - x| + |d x' - d x|  + POWER (mean z^2 - 1)^2,       x' = decode(z + s eps)

with d the differences of neighbouring pixels, which keeps edges sharp, and |.| the smooth absolute value of
``nets/upscaler.py``. The noise makes the decoder read a cell as the nearest thing it could mean: what a diffusion model
leaves of its own noise does not become grain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from unfog.nets.layers import ChannelNorm, Conv, ResBlock, pad_to_multiple, shuffle, unshuffle
from unfog.nets.upscaler import EPS

POWER = 0.1


class VAE(nn.Module):
    """``encode``: (b, channels, h, w) -> (b, latent, ceil(h/patch), ceil(w/patch)); ``decode``: back, in whole cells.

    Args:
        channels: of the pictures.
        latent: channels of the latents.
        patch: pixels a side of a latent cell.
        width: channels inside; encoder, decoder: residual blocks of the two halves.
        noise: s, the spread of the posterior, beside latents of unit power.
    """

    def __init__(
        self,
        *,
        channels: int,
        latent: int,
        patch: int,
        width: int,
        encoder: int,
        decoder: int,
        noise: float,
    ) -> None:
        super().__init__()
        self.channels, self.latent, self.patch, self.noise = channels, latent, patch, noise
        cell = channels * patch**2
        self.stem = Conv(2, cell, width)
        self.encoder = nn.Sequential(*(ResBlock(2, width, width) for _ in range(encoder)))
        self.encoder_norm, self.to_latent = ChannelNorm(width), Conv(2, width, latent)
        self.from_latent = Conv(2, latent, width)
        self.decoder = nn.Sequential(*(ResBlock(2, width, width) for _ in range(decoder)))
        self.decoder_norm, self.to_picture = ChannelNorm(width), Conv(2, width, cell)

    def encode(self, x: Tensor) -> Tensor:
        """The latents of pictures; sides that are no multiple of ``patch`` are continued."""
        h = self.encoder(self.stem(unshuffle(pad_to_multiple(x, self.patch), self.patch)))
        return self.to_latent(F.silu(self.encoder_norm(h)))

    def decode(self, z: Tensor) -> Tensor:
        """The pictures of latents, ``patch`` times as large."""
        h = self.decoder(self.from_latent(z))
        return shuffle(self.to_picture(F.silu(self.decoder_norm(h))), self.patch)

    def shape(self, channels: int, space: Sequence[int]) -> tuple[int, ...]:
        """Shape of the latents of one picture with these sides, whatever its channels."""
        return self.latent, *(math.ceil(side / self.patch) for side in space)

    def forward(self, x: Float[Tensor, "b c h w"], eps: Float[Tensor, "b d h2 w2"]) -> Float[Tensor, " b"]:
        """Training loss per sample; ``eps`` is unit noise for the latents, sides are multiples of ``patch``.

        The power is that of the whole batch, so this term is the same for all samples of it.
        """
        z = self.encode(x).float()
        apart = self.decode(z + self.noise * eps).float() - x
        error = away(apart) + away(apart.diff(dim=2)) + away(apart.diff(dim=3))
        return error + POWER * (z.square().mean() - 1).square()


def away(x: Float[Tensor, "b c h w"]) -> Float[Tensor, " b"]:
    """Mean smooth absolute value per sample."""
    return torch.sqrt(x.square() + EPS**2).mean((1, 2, 3))
