"""GITS (Chen et al. 2024, "Trajectory regularity of ODE-based diffusion sampling"): nodes by dynamic programming.

A teacher walks a fine grid with Euler steps, x_0 ... x_M. One Euler step from its state at i to node j ends c_ij away
from x_j (root mean square in units of alpha). The grid of n steps with the least

    V[i][k] = min_j c_ij + coefficient V[j][k - 1],    V[M][0] = 0

is found exactly; the coefficient weighs the later errors more, because nothing corrects them.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import Node, advance, nodes
from unfog.util.errors import UsageError


@torch.no_grad()
def gits(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " m"],
    n: int,
    *,
    coefficient: float = 1.15,
) -> Float64[Tensor, " nodes"]:
    """The grid of ``n`` steps for this denoiser.

    Args:
        x: pure noise at ``ts[0]``; some hundred samples.
        ts: the teacher's grid, a few dozen nodes (61 in the paper).
        n: number of steps, fewer than the teacher's.

    Raises:
        UsageError: ``n`` is not within 1 and the teacher's number of steps.
    """
    way = nodes(process, ts)
    last = len(way) - 1
    if not 1 <= n <= last:
        raise UsageError(f"a teacher of {last} steps has 1 to {last} of them to choose, got {n}")
    cost = _costs(denoise, x, way)
    value, chosen = [math.inf] * last + [0.0], list[list[int]]()
    for _ in range(n):
        options = [
            [(cost[i][j] + coefficient * value[j], j) for j in range(i + 1, last + 1)] or [(math.inf, last)]
            for i in range(last + 1)
        ]
        best = [min(row) for row in options]
        value = [least for least, _ in best]
        chosen.append([j for _, j in best])
    picked = [0]
    for after in reversed(chosen):
        picked.append(after[picked[-1]])
    return torch.tensor([way[k].t for k in picked], dtype=torch.float64)


def _costs(denoise: Denoise, x: Tensor, way: list[Node]) -> list[list[float]]:
    """c_ij for j > i; 0 for the teacher's own steps."""
    states, estimates = [x], list[Tensor]()
    for a, b in pairwise(way):
        estimates.append(denoise(states[-1], a.batch(x)))
        states.append(advance(states[-1], estimates[-1], a, b))

    def gap(i: int, j: int) -> float:
        off = advance(states[i], estimates[i], way[i], way[j]) - states[j]
        return float(off.double().square().mean().sqrt()) / way[j].alpha

    return [[gap(i, j) if j > i else 0.0 for j in range(len(way))] for i in range(len(way) - 1)] + [[0.0] * len(way)]
