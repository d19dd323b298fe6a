"""DPM-Solver++ with its step length chosen by the error: singlestep 3S with 2S embedded (Lu et al. 2022).

VE units, y = x/alpha, M(h) = 1 - (1 - e^-h)/h, r_1 = 1/3, r_2 = 2/3:

    u_1 = e^(-r_1 h) y + (1 - e^(-r_1 h)) D_0                                            D_1 = D(u_1)
    u_2 = e^(-r_2 h) y + (1 - e^(-r_2 h)) D_0 + (r_2/r_1) M(r_2 h) (D_1 - D_0)           D_2 = D(u_2)
    second order  e^-h y + (1 - e^-h) D_0 + (1/r_1) M(h) (D_1 - D_0)
    third order   e^-h y + (1 - e^-h) D_0 + (1/r_2) M(h) (D_2 - D_0)

A step is taken, with the third-order result, if the root mean square of (third - second)/(atol + rtol |y|) is at most
1; the next one is 0.9 err^(-1/3) times as long, at least a fifth and at most five times. Every sample has its own
steps, so none depends on its batch. The nodes of the grid are where the state is handed out; between alpha = 0 or sigma
= 0 and the next node, where lam is infinite, there is one first-order step. The "DPM adaptive" of
k-diffusion is the same pair for the noise estimate, and by default five times as lenient towards the state.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step, advance, nodes
from unfog.util.errors import UsageError
from unfog.util.shapes import like

FIRST, LEAST = 0.1, 1e-6  # lengths in lam of the first step, and of one that is taken whatever its error


@torch.no_grad()
def adaptive(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    rtol: float = 0.01,
    atol: float = 0.0078,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, third order, as many calls as the tolerance needs; ``noise`` is not used.

    Args:
        rtol: error allowed per step, relative to the state.
        atol: the same, absolute, in units of the data.

    Raises:
        UsageError: a tolerance that is not positive.
    """
    if not min(rtol, atol) > 0:
        raise UsageError(f"the tolerances of adaptive are positive, got rtol {rtol} and atol {atol}")
    h = torch.full((x.shape[0],), FIRST, dtype=torch.float64, device=x.device)
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        x0 = denoise(x, a.batch(x))
        if math.isinf(b.lam - a.lam):
            x = advance(x, x0, a, b)
        else:
            y, h = _follow(denoise, process, x / a.alpha, (a.lam, b.lam), h, (rtol, atol))
            x = b.alpha * y
        yield Step(i, x, x0, a.t, b.t)


def _follow(
    denoise: Denoise,
    process: Process,
    y: Tensor,
    lams: tuple[float, float],
    h: Float64[Tensor, " b"],
    tolerances: tuple[float, float],
) -> tuple[Tensor, Float64[Tensor, " b"]]:
    """From one lam to another; the state there and the length that each sample would try next."""
    rtol, atol = tolerances
    lam, end = torch.full_like(h, lams[0]), lams[1]

    def estimate(state: Tensor, at: Tensor) -> Tensor:
        t = process.time_at(at)
        return denoise(like(process.alpha(t), state).to(state) * state, t.to(state))

    while bool((going := lam < end).any()):
        step = torch.minimum(h, end - lam)
        second, third = _stages(estimate, y, lam, step)
        scale = atol + rtol * torch.maximum(y.abs(), third.abs())
        error = ((third - second) / scale).double().square().flatten(1).mean(1).sqrt()
        taken = going & ~((error > 1) & (step > LEAST))
        y = torch.where(like(taken, y), third, y)
        lam = torch.where(taken, torch.where(h >= end - lam, end, lam + step), lam)
        factor = (0.9 * error.clamp(min=1e-9) ** (-1 / 3)).clamp(0.2, 5.0)
        # a step that was cut short at a node says nothing against longer ones
        tried = torch.where(taken & (step < h), torch.maximum(h, step * factor), step * factor)
        h = torch.where(going, tried.clamp(min=LEAST), h)
    return y, h


def _stages(estimate: Denoise, y: Tensor, lam: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """The results of second and of third order."""

    def first(r: float) -> Tensor:
        w = like(torch.exp(-r * h), y).to(y)
        return w * y + (1 - w) * start

    def m(step: Tensor) -> Tensor:
        return like(1 + torch.expm1(-step) / step.clamp(min=LEAST), y).to(y)

    start = estimate(y, lam)
    one = estimate(first(1 / 3), lam + h / 3)
    two = estimate(first(2 / 3) + 2 * m(h * 2 / 3) * (one - start), lam + h * 2 / 3)
    return first(1.0) + 3 * m(h) * (one - start), first(1.0) + 1.5 * m(h) * (two - start)
