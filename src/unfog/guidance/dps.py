"""Diffusion posterior sampling (Chung et al. 2023, DPS): after every step, down the misfit of its estimate.

    x_s <- step(x_t) - zeta grad_x |y - A(D_g(x_t))|        the norm itself, not its square, in VE units (x/alpha)

In a first-order step that is the estimate D = D_g - zeta alpha_t grad_x |y - A(D_g)|/(1 - w) (guidance/stepwise.py).
Any differentiable A, no noise to be known; it finds what was measured but spreads too widely, and needs 100 steps or
more.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.gradient import ascent
from unfog.guidance.stepwise import stepwise
from unfog.util.shapes import like


def dps(
    guided: Denoise,
    forward: Callable[[Tensor], Tensor],
    y: Tensor,
    zeta: float,
    process: Process,
    ts: Float64[Tensor, " nodes"],
    sampler: str,
) -> Denoise:
    """Towards samples whose ``forward`` is ``y``; ``zeta`` 0: none, usually 0.3 to 1. One gradient.

    Args:
        forward: A, from ``(b, *shape)`` to something shaped like ``y``.
        ts: the decreasing grid that the sampler will walk over.
        sampler: its name.

    Raises:
        UsageError: a sampler whose step this is not; when called: a time that is no start of a step.
    """
    factor = stepwise("DPS", lambda w: zeta / (1 - w), process, ts, sampler)

    def steered(x: Tensor, t: Tensor) -> Tensor:
        def value(x: Tensor) -> tuple[Tensor, Tensor]:
            d = guided(x, t)
            square = (y.to(d) - forward(d)).square().flatten(1).sum(1)
            return -torch.where(square > 0, square, 1).sqrt() * (square > 0), d  # no slope where all is met

        gradient, d = ascent(value, x)
        return d + like(factor(t) * process.alpha(t), d).to(d) * gradient

    return guided if zeta == 0 else steered
