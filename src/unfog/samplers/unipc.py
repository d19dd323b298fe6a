"""UniPC (Zhao et al. 2023) with x0-prediction and the choice B(h) = e^{-h} - 1 ("bh2").

Order q uses the estimates D_i, D_{i-1}, ... made at lam_i, lam_{i-1}, ...; with h = lam_{i+1} - lam_i and
r_k = (lam_{i-k} - lam_i)/h,

    x_{i+1} = (sigma_s/sigma_t) x_i + (alpha_s - alpha_t sigma_s/sigma_t) [D_i + sum_k rho_k (D_{i-k} - D_i)/r_k]

    predictor   k = 1..q-1
    corrector   k = 1..q-1 and the new estimate with r = 1, D' = D(x_{i+1} of the predictor)
    rho         solves sum_k r_k^{j-1} rho_k = b_j for j = 1, 2, ...;      b_j = j! psi_j/(e^{-h} - 1),
                psi_1 = (e^{-h} - 1)/(-h) - 1,  psi_{j+1} = psi_j/(-h) - 1/(j+1)!
                a single unknown (predictor of order 2, corrector of order 1) is rho = 1/2

D' is not evaluated again after the correction: it serves as D_{i+1}, so a step costs one call. Here the corrector of a
step runs at the beginning of the next one, when that call is made. Lower order at both ends; the last step is not
corrected. Estimates made at lam = -inf (alpha = 0) do not enter an extrapolation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import Node, NoiseSource, Step, advance, nodes, numbers
from unfog.util.errors import UsageError


@dataclass(frozen=True)
class Taken:
    """A step as it was predicted: from ``x`` at ``a`` to ``b``, with the estimates it knew, newest first."""

    x: Tensor
    a: Node
    b: Node
    past: Sequence[tuple[float, Tensor]]

    def run(self, new: Tensor | None) -> Tensor:
        """The state at ``b``: predicted, or corrected with the estimate ``new`` made there."""
        h, (lam, x0) = self.b.lam - self.a.lam, self.past[0]
        rs = [(before - lam) / h for before, _ in self.past[1:]]
        slopes = [(estimate - x0) / r for (_, estimate), r in zip(self.past[1:], rs, strict=True)]
        if new is not None:
            rs, slopes = [*rs, 1.0], [*slopes, new - x0]
        mixed = x0
        for weight, slope in zip(weights(rs, h), slopes, strict=True):
            mixed = mixed + weight * slope
        return advance(self.x, mixed, self.a, self.b)


def weights(rs: Sequence[float], h: float) -> list[float]:
    """rho for nodes at ``rs`` (in units of h from the start of the step)."""
    if len(rs) < 2:
        return [0.5] * len(rs)
    psi, moments = math.expm1(-h) / -h - 1, list[float]()
    for j in range(1, len(rs) + 1):
        moments.append(math.factorial(j) * psi / math.expm1(-h))
        psi = psi / -h - 1 / math.factorial(j + 1)
    powers = torch.tensor([[r**j for r in rs] for j in range(len(rs))], dtype=torch.float64)
    return numbers(powers.inverse() @ torch.tensor(moments, dtype=torch.float64))


@torch.no_grad()
def unipc(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    order: int = 2,
    corrector: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, one call per step; ``noise`` is not used.

    ``Step.x`` is the prediction; it is corrected at the beginning of the next step.

    Args:
        order: 1, 2 or 3; 2 is the choice for guided sampling and few steps.
        corrector: without it, order 2 is DPM-Solver++(2M).

    Raises:
        UsageError: another order.
    """
    if order not in (1, 2, 3):
        raise UsageError(f"unipc has order 1, 2 or 3, got {order}")
    steps = list(pairwise(nodes(process, ts)))
    known: list[tuple[float, Tensor]] = []
    taken: Taken | None = None
    for i, (a, b) in enumerate(steps):
        x0 = denoise(x, a.batch(x))
        if corrector and taken is not None:
            x = taken.run(x0)
        known = [(a.lam, x0), *(entry for entry in known if math.isfinite(entry[0]))][:order]
        taken = Taken(x, a, b, known[: len(steps) - i])
        x = taken.run(None)
        yield Step(i, x, x0, a.t, b.t)
