"""The last part of a time grid: where a picture that exists enters the reverse process.

A grid of n steps from pure noise to the picture is walked from its position (1 - strength) n on: strength 1 is all of
it, strength 0 nothing (Meng et al. 2022, SDEdit). A position between two nodes is an ordinary place to start, so the
strength is met exactly; the first step is then a shorter one, and ceil(strength n) steps are made. Between nodes the
position is read off in the time of rectified flow, u = 1/(1 + e^lam), in which good grids are nearly even.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.process import Process
from unfog.util.errors import UsageError

NEAR = 1e-9  # of a step: nearer than this a position is the node


def entered_at(process: Process, ts: Float64[Tensor, " nodes"], strength: float) -> Float64[Tensor, " rest"]:
    """The nodes that are left of ``ts`` (n + 1, decreasing) at a strength within 0..1; a single one, 0, at strength 0.

    Raises:
        UsageError: a strength outside 0..1.
    """
    if not 0 <= strength <= 1:
        raise UsageError(f"strength must be within 0 (the picture as it is) and 1 (nothing of it), got {strength}")
    steps = len(ts) - 1
    at, part = divmod((1 - strength) * steps, 1)
    if part > 1 - NEAR:
        at, part = at + 1, 0.0
    first = int(at)
    if part < NEAR:
        return ts[first:]
    return torch.cat([between(process, ts[first : first + 2], part), ts[first + 1 :]])


def between(process: Process, pair: Float64[Tensor, " 2"], share: float) -> Float64[Tensor, " 1"]:
    """The time at ``share`` (0..1) of the way from the first to the second of two."""
    u = noise_share(process, pair)
    u = u[:1] + share * (u[1:] - u[:1])
    return process.time_at(torch.log((1 - u) / u))


def noise_share(process: Process, t: Tensor) -> Tensor:
    """u = sigma/(alpha + sigma), elementwise: 0 for a picture, 1 for noise; the time of rectified flow."""
    alpha, sigma = process.alpha(t), process.sigma(t)
    return sigma / (alpha + sigma)


def steps_of(strength: float, steps: int) -> int:
    """The steps that are made at a strength, of ``steps`` that the whole way has."""
    return math.ceil(strength * steps - NEAR)
