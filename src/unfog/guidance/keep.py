"""Keep what is known of a picture: its part of the clean estimate is replaced by what it is.

    D <- m D + (1 - m) y            m = 1 where painted, 0 where y stays

Deterministic, and right for every sampler, multistep ones among them: where y stands, x_t follows alpha y + sigma eps
with the one noise it began with (the range-null-space projection of Wang et al. 2023, DDNM, for a mask).

A mask between 0 and 1 says how much may change, as a strength does: its cell is kept until the share of noise that is
left, u = sigma/(alpha + sigma), is m or less (Levin & Fried 2023, "Differential Diffusion").
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.core.strength import noise_share
from unfog.util.shapes import like


def keep(
    guided: Denoise, y: Float[Tensor, "#b c *space"], mask: Float[Tensor, "#b 1 *space"], process: Process
) -> Denoise:
    """``guided`` with ``y`` in its place where ``mask``, in [0, 1], is not yet free."""

    def kept(x: Tensor, t: Tensor) -> Tensor:
        free = (mask > 0) & (mask >= like(noise_share(process, t), x).to(mask))
        return guided(x, t).where(free, y.to(x))

    return kept
