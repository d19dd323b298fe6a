"""A first-order step that replaces part of the predicted noise by fresh noise.

    x_s = alpha_s x0 + sqrt(sigma_s^2 - u^2) eps + u z
    u = sigma_s min(1, eta sqrt(1 - w^2)),     w = exp(-(lam_s - lam_t)) = (alpha_t/alpha_s)(sigma_s/sigma_t)

u at eta = 1 is the standard deviation of q(x_s | x_t, x0), so eta = 1 is DDPM (Song, Meng & Ermon 2021, eq. 16); in VE
units it is sigma_up of k-diffusion's ancestral samplers. eta = 0 draws nothing and is the Euler step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import Node, NoiseSource, Step, advance, decay, needed, nodes
from unfog.util.errors import UsageError
from unfog.util.random import Draw


def steps(
    denoise: Denoise,
    process: Process,
    x: Tensor,
    ts: Tensor,
    eta: float,
    noise: NoiseSource | None,
    sampler: str,
) -> Iterator[Step]:
    """Walk over the grid with such steps.

    Raises:
        UsageError: ``eta`` is negative, or positive without a source of noise.
    """
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        down, up = split(a, b, eta)
        x0 = denoise(x, a.batch(x))
        x = advance(x, x0, a, down)
        if up > 0:
            x = x + up * needed(noise, sampler)(i, Draw.STEP).to(x)
        yield Step(i, x, x0, a.t, b.t)


def split(a: Node, b: Node, eta: float) -> tuple[Node, float]:
    """A step as a shorter and a stochastic part: the node with alpha_s and sqrt(sigma_s^2 - u^2), and u.

    Raises:
        UsageError: ``eta`` is negative.
    """
    if not eta >= 0:
        raise UsageError(f"eta must be 0 (deterministic) or more, got {eta}")
    if eta == 0 or b.sigma == 0:
        return b, 0.0
    w = decay(a, b)
    share = min(1.0, eta * math.sqrt((1 - w) * (1 + w)))
    sigma = b.sigma * math.sqrt((1 - share) * (1 + share))
    return Node(b.t, b.alpha, sigma, math.log(b.alpha / sigma) if sigma > 0 else math.inf), b.sigma * share
