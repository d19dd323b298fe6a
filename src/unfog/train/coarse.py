"""What a model that enlarges learns from: pictures, and the same at half the size as a diffusion model paints them.

    x = mean of 2 x 2 pixels        x' = (1 - b) x + b * blur(x) + s * eps        b ~ U(0, SOFT), s ~ U(0, NOISE)

Averaging is what the compositor's anti-aliasing does, so x is the picture rendered at half the size. Painted pictures
are a little softer and noisier than rendered ones; a network that never saw such would take their flaws for detail
(conditioning augmentation: Ho et al., "Cascaded Diffusion Models", 2022). ``blur`` is binomial, (1 2 1)/4 both ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.nets.edges import blur
from unfog.util.random import Draw, normal, uniform

SOFT = 0.7
NOISE = 0.05  # of a range of 2: 6 of 255 at most


@dataclass(frozen=True)
class Halved:
    """Pictures at half the size and as they are: one training batch of ``Upscaler.forward``."""

    x: Float[Tensor, "b c h w"]
    wanted: Float[Tensor, "b c h2 w2"]

    def to(self, device: torch.device) -> Halved:
        return Halved(self.x.to(device), self.wanted.to(device))

    def parts(self) -> tuple[Tensor, Tensor]:
        """The arguments of ``Upscaler.forward``."""
        return self.x, self.wanted


def halved(wanted: Float[Tensor, "b c h2 w2"], positions: Sequence[int], *, seed: int) -> Halved:
    """A training batch; how soft and noisy a picture is depends on (seed, its position) only. Sides are even."""
    b = wanted.shape[0]
    clean = F.avg_pool2d(wanted, 2)
    soft, noise = uniform([seed] * b, (2, 1, 1, 1), draw=Draw.COARSE, index=positions).float().unbind(1)
    eps = normal([seed] * b, clean.shape[1:], draw=Draw.COARSE_NOISE, index=positions)
    return Halved(torch.lerp(clean, blur(clean), SOFT * soft) + NOISE * noise * eps, wanted)
