"""DPM-Solver++(2M), Lu et al. 2022 (algorithm 2): the first-order update with an x0 extrapolated from two estimates.

    r = h_{i-1}/h_i;    D = (1 + 1/2r) D_i - (1/2r) D_{i-1}
    x_s = (sigma_s/sigma_t) x_t + (alpha_s - alpha_t sigma_s/sigma_t) D

First order in the first step (nothing to extrapolate from) and in the last: with a long last step in lam the
extrapolation explodes, so lower order at the end is part of the method.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step, advance, nodes


@torch.no_grad()
def dpmpp_2m(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, second order, one call per step; ``noise`` is not used."""
    steps = list(pairwise(nodes(process, ts)))
    h_before, x0_before = float("inf"), None
    for i, (a, b) in enumerate(steps):
        h = b.lam - a.lam
        x0 = denoise(x, a.batch(x))
        estimate = x0
        if x0_before is not None and i < len(steps) - 1:
            estimate = x0 + (0.5 * h / h_before) * (x0 - x0_before)
        x = advance(x, estimate, a, b)
        yield Step(i, x, x0, a.t, b.t)
        h_before, x0_before = h, x0
