"""DDIM backwards: the noise that a picture would come from, so that sampling with the same text gives it back.

The step of DDIM from t down to s, solved for where it came from, is implicit, since the estimate is one at t. In two
forms,

    x_t = (alpha_t/alpha_s) x_s + (sigma_t - sigma_s alpha_t/alpha_s) eps(x_t, t)               little noise, lam > 0
    x_t = (sigma_t/sigma_s) x_s + (alpha_t - alpha_s sigma_t/sigma_s) D(x_t, t)                 much noise

it is iterated until it stands still (Pan et al. 2023, "Effective Real Image Editing with Accelerated Iterative
Diffusion Inversion"); a single iteration would be Song's inversion, which drifts. Each form contracts where its
estimate hardly depends on x_t: eps where there is little noise, D where there is much (the first one stands still
anywhere at alpha = 0, the second divides by a sigma_s of 0 and so never leaves the picture itself). A state that swings
instead of settling goes half as far from then on, as often as needed. Where steps are short, the round trip is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import Node, Step, nodes

ITERATIONS = 32  # where a step does not settle; most do within six
TOLERANCE = 1e-5  # of the root mean square of x
SLOW = 0.5  # a change that does not shrink at least by this (squared) swings: it is then halved


@torch.no_grad()
def ddim_inversion(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    iterations: int = ITERATIONS,
    tolerance: float = TOLERANCE,
) -> Iterator[Step]:
    """From pictures at ``ts[-1]`` up to noise at ``ts[0]``: one record per node, the lowest first.

    In a record ``x`` is the state at the upper time ``s``, ``x0`` the estimate there, ``t`` the lower time.

    Args:
        ts: decreasing, as for ``ddim``; iterations: most evaluations per step; tolerance: relative change at which a
            step is taken for solved.
    """
    upwards = reversed(nodes(process, ts))
    for index, (low, high) in enumerate(pairwise(upwards)):
        x, x0 = solved(denoise, x, low, high, iterations, tolerance)
        yield Step(index, x, x0, low.t, high.t)


def solved(
    denoise: Denoise, x: Tensor, low: Node, high: Node, iterations: int, tolerance: float
) -> tuple[Tensor, Tensor]:
    """The state at ``high`` from which a step of DDIM leads to ``x`` at ``low``, and the estimate there."""
    little = high.lam > 0 or low.sigma == 0

    def back(state: Tensor, x0: Tensor) -> Tensor:
        if little:
            kept = high.alpha / low.alpha
            return kept * x + (high.sigma - low.sigma * kept) * (state - high.alpha * x0) / high.sigma
        kept = high.sigma / low.sigma
        return kept * x + (high.alpha - low.alpha * kept) * x0

    state = x * (high.alpha / low.alpha if little else high.sigma / low.sigma)
    x0, part, former = denoise(state, high.batch(x)), 1.0, float("inf")
    for _ in range(iterations - 1):
        change = back(state, x0) - state
        size = float(change.square().mean())
        if size <= tolerance**2 * float(state.square().mean()):
            break
        if size > SLOW * former:
            part /= 2
        state, former = state + part * change, size
        x0 = denoise(state, high.batch(x))
    return back(state, x0), x0
