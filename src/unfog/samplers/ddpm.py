"""DDPM ancestral sampling (Ho, Jain & Abbeel 2020): draw x_s from q(x_s | x_t, x0) with the estimate in place of x0.

    x_s = mean(x_t, x0) + sqrt(variance) z

    small   sigma_s^2 (1 - w^2)     the posterior's own variance: right if the data are a single point
    large   sigma_t^2 (1 - w^2)     the transition's variance: right if the data are unit Gaussian (VP)

with w = (alpha_t/alpha_s)(sigma_s/sigma_t). On an n-step chain these are the "fixed small" and "fixed large" variances.
A model that learned its variance (Nichol & Dhariwal 2021, eq. 15) says for every value where between their logarithms
it lies, v log(large) + (1 - v) log(small). The step to sigma = 0 adds no noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process, Time
from unfog.samplers.step import NoiseSource, Step, needed, nodes
from unfog.util.random import Draw
from unfog.util.shapes import like

Variance = Callable[[Process, Time, Time], Time]


def small(process: Process, t: Time, s: Time) -> Time:
    """Variance of q(x_s | x_t, x0)."""
    return (process.sigma(s) / process.sigma(t) * process.transition(s, t)[1]) ** 2


def large(process: Process, t: Time, s: Time) -> Time:
    """Variance of q(x_t | x_s)."""
    return process.transition(s, t)[1] ** 2


@torch.no_grad()
def ddpm(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    variance: Variance = small,
    learned: Denoise | None = None,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Stochastic, first order, one call per step.

    Args:
        variance: ``small``, ``large``, or a function of the process and both times.
        learned: (x_t, t) -> v in [0, 1], shaped like ``x``, of a model that has it; ``variance`` is then not used.

    Raises:
        UsageError: no ``noise``.
    """
    noise = needed(noise, "ddpm")
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        t, s = (torch.tensor([node.t], dtype=torch.float64) for node in (a, b))
        x0 = denoise(x, a.batch(x))
        v = None if learned is None else learned(x, a.batch(x))
        x, _ = process.posterior(x, x0, t, s)
        if b.sigma > 0:
            if v is None:
                spread = like(variance(process, t, s).sqrt(), x).to(x)
            else:
                low, high = (like(bound(process, t, s).sqrt(), x).to(x) for bound in (small, large))
                spread = high**v * low ** (1 - v)
            x = x + spread * noise(i, Draw.STEP).to(x)
        yield Step(i, x, x0, a.t, b.t)
