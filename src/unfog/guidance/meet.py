"""What is painted goes on from what is known: the step between them is led into the painted part, as a membrane.

    D <- D + S[d]        d = mean of the known neighbours in y, less D, in the painted cells beside known ones

with S the smooth continuation of d over the rest (``core/pull_push.py``; the membrane of Perez et al. 2003, "Poisson
Image Editing"). Done while the share of noise u = sigma/(alpha + sigma) is ``UNTIL`` or more: the network is shown a
ground that goes on, and paints the things on it, and their colours, from there. Without it a network that is told
little of a ground paints another one (docs/LOG.md). What differs by more than ``STEP`` is an outline, and stays.
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.core.pull_push import spread
from unfog.core.strength import noise_share
from unfog.util.shapes import like

UNTIL = 0.2  # share of noise
STEP = 0.6  # of what is denoised, in any channel


def meet(guided: Denoise, y: Float[Tensor, "1 c h w"], mask: Float[Tensor, "1 1 h w"], process: Process) -> Denoise:
    """``guided`` whose estimate, where ``mask`` is above 0, goes on from ``y``, which is known where it is 0."""
    known = (mask == 0).to(y)
    share = F.avg_pool2d(known, 3, stride=1, padding=1)
    beside = ((share > 0) & (known == 0)).to(y)
    near = F.avg_pool2d(known * y, 3, stride=1, padding=1) / share.clamp(min=1e-6)

    def met(x: Tensor, t: Tensor) -> Tensor:
        x0 = guided(x, t)
        early = noise_share(process, t) >= UNTIL
        if not early.any():
            return x0
        apart = near - x0
        ground = beside * (apart.abs().amax(1, keepdim=True) <= STEP)
        return x0.where(~like(early, x0), x0 + spread(apart * ground, ground))

    return met
