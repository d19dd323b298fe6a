"""DDNM+ (Wang, Yu & Zhang 2023, section 3.3): the null-space method for measurements with noise.

    x0 = D + A^+ L (y - A D)
    x_s = a x0 + (the rest of an ancestral step) + z',     a the factor of x0, u the deviation of the fresh noise z

What is put in brings sigma_y/sqrt(e) of noise along each direction that A sees with eigenvalue e of A A^T, so there z
is made smaller by as much, and where even that is too little only a part L is put in:

    L = min(1, u sqrt(e)/(a sigma_y)),     var z' = u^2 - (a L sigma_y)^2/e

The last step has u = 0 and ends on D: a denoised picture. A sampler of its own, because the noise depends on y.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.operator import EMPTY, Operator
from unfog.core.process import Process
from unfog.samplers.ancestral import split
from unfog.samplers.step import NoiseSource, Step, advance, decay, nodes
from unfog.util.errors import UsageError
from unfog.util.random import Draw


@torch.no_grad()
def ddnm_plus(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    operator: Operator,
    y: Float[Tensor, "_ *seen"],
    sigma_y: float,
    noise: NoiseSource,
    eta: float = 1.0,
) -> Iterator[Step]:
    """First order, one call per step, stochastic.

    Args:
        operator, y, sigma_y: the measurement y = A x0 + sigma_y n; one row of ``y`` per sample, or one for all.
        eta: share of fresh noise, of which the measurement's is a part: 1 is an ancestral step, large is all of it.

    Raises:
        UsageError: ``eta`` is not positive, or ``sigma_y`` negative.
    """
    if not (eta > 0 and sigma_y >= 0):
        raise UsageError(f"DDNM+ needs eta above 0 and sigma_y of 0 or more, got {eta} and {sigma_y}")
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        down, up = split(a, b, eta)
        put = b.alpha * (1 - decay(a, down)) * sigma_y  # the measurement's noise that a whole A^+ y brings

        def part(e: Tensor, put: float = put, up: float = up) -> Tensor:
            seen = e > EMPTY * e.flatten(1).amax(1).reshape(-1, *(1 for _ in e.shape[1:]))
            share = up * e.clamp(min=0).sqrt() / put if put > 0 else torch.ones_like(e)
            return torch.where(seen, share.clamp(max=1), 0)

        def pulled(e: Tensor) -> Tensor:  # L/e
            share = part(e)
            return torch.where(share > 0, share / e, 0)

        def spared(e: Tensor, put: float = put, up: float = up) -> Tensor:  # (1 - sqrt(var z')/u)/e
            share = part(e)
            taken = (put * share / up) ** 2 / e
            return torch.where(share > 0, (1 - (1 - taken).clamp(min=0).sqrt()) / e, 0)

        d = denoise(x, a.batch(x))
        x0 = d + operator.adjoint(operator.function(pulled, y.to(d) - operator.forward(d)))
        x = advance(x, x0, a, down)
        if up > 0:
            z = noise(i, Draw.STEP).to(x)
            x = x + up * (z - operator.adjoint(operator.function(spared, operator.forward(z))))
        yield Step(i, x, x0, a.t, b.t)
