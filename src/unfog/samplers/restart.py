"""Restart sampling (Xu et al. 2023): Heun's method, and parts of the way walked again from fresh noise.

Having come down to sigma_min, noise is added back up to sigma_max and the flow followed down again, a number of times:
what is added contracts the errors made above it, and the steps in between are those of a deterministic method.

The part that is repeated lies between the grid's nodes within ``between``; on a grid with fewer than two nodes there,
nothing is. The repetitions belong to the step that first reaches sigma_min.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.heun import corrected
from unfog.samplers.step import NoiseSource, Step, advance, needed, nodes, time_of
from unfog.util.errors import UsageError
from unfog.util.random import Draw


@torch.no_grad()
def restart(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    times: int = 1,
    between: tuple[float, float] = (0.1, 2.0),
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, two calls per step, those that are repeated counted again.

    Args:
        times: repetitions; 0 is Heun.
        between: sigma_min and sigma_max, as sigma/alpha.

    Raises:
        UsageError: negative ``times``, or no ``noise``.
    """
    if times < 0:
        raise UsageError(f"restart repeats 0 times or more, got {times}")
    noise, steps = needed(noise, "restart"), list(pairwise(nodes(process, ts)))
    again = [i for i, (a, b) in enumerate(steps) if a.rho <= between[1] and b.rho >= between[0]]
    for i, (a, b) in enumerate(steps):
        x0 = denoise(x, a.batch(x))
        x = corrected(denoise, advance(x, x0, a, b), x0, a, b)
        if again and i == again[-1]:
            for k in range(times):
                x = process.renoise(x, time_of(b), time_of(steps[again[0]][0]), noise(k, Draw.CHURN).to(x))
                for start, end in (steps[j] for j in again):
                    estimate = denoise(x, start.batch(x))
                    x = corrected(denoise, advance(x, estimate, start, end), estimate, start, end)
        yield Step(i, x, x0, a.t, b.t)
