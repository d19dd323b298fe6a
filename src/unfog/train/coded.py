"""What a model that makes pictures smaller learns from: pictures, and the noise its latents are to bear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.util.random import Draw, normal


@dataclass(frozen=True)
class Coded:
    """One training batch of ``VAE.forward``."""

    x: Float[Tensor, "b c h w"]
    eps: Float[Tensor, "b d h2 w2"]

    def to(self, device: torch.device) -> Coded:
        return Coded(self.x.to(device), self.eps.to(device))

    def parts(self) -> tuple[Tensor, Tensor]:
        """The arguments of ``VAE.forward``."""
        return self.x, self.eps


def coded(
    x: Float[Tensor, "b c h w"],
    positions: Sequence[int],
    *,
    seed: int,
    shape: tuple[int, ...],
    draw: Draw = Draw.LATENT,
) -> Coded:
    """A batch; the noise, of ``shape`` per sample, depends on (seed, position, draw) only."""
    return Coded(x, normal([seed] * x.shape[0], shape, draw=draw, index=positions))
