"""Linear multistep methods: one walk and one computation of weights for all of them.

In VE units, y = x/alpha and rho = sigma/alpha, a step of the probability flow integrates the clean estimate D or the
noise estimate eps along the way:

    y' = (rho'/rho) y + integral of D(lam) e^-(lam' - lam) dlam         y' = y + integral of eps drho

Along a step the quantity is replaced by the polynomial through what is known of it. With v the place inside the step, 0
at its start and 1 at its end, the known values at v = r_j (r_0 = 0), and M_k the integral of v^k over the step's
measure,

    y' = first-order step + sum_j c_j (q_j - q_0),     sum_j c_j r_j^k = M_k   for k = 1, 2, ...

A method is a choice of quantity, places and moments (a ``Rule``), its number of nodes, and whether a step is corrected
once the next estimate is there (r = 1). With noise, the factor e^-h becomes e^-(1 + eta)h (see ``step.py``). Lower
order at both ends: a step k steps before the end has at most k nodes, because the last steps of a grid are long.
Estimates made at alpha = 0 lie infinitely far away and serve their own step only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.brownian import Path
from unfog.samplers.step import Node, NoiseSource, Step, advance, needed, nodes, spread

Rule = Callable[[Sequence[Node], Node, Node], tuple[Sequence[float], Sequence[float]]]
"""(other nodes, start, end of the step) -> places r_j and moments M_1, M_2, ... of the first so many it can use."""

Moments = Callable[[float, int], list[float]]
"""(h, n) -> M_1 ... M_n of the measure h e^(-h (1 - v)) dv, or what a published method has in their place."""


def weights(places: Sequence[float], moments: Sequence[float]) -> list[float]:
    """c_j: the integrals of the Lagrange polynomials that are 1 at r_j and 0 at 0 and at the other places."""
    found: list[float] = []
    for j, r in enumerate(places):
        powers = [1.0]  # coefficients of prod (v - r_k)/(r_j - r_k), from v^0
        for other in (*places[:j], *places[j + 1 :]):
            raised, kept = [0.0, *powers], [*powers, 0.0]
            powers = [(up - other * same) / (r - other) for up, same in zip(raised, kept, strict=True)]
        found.append(sum(c * m for c, m in zip(powers, moments, strict=True)) / r)
    return found


def exact(h: float, n: int) -> list[float]:
    """The moments themselves: M_k = 1 - (k/h) M_(k-1) from M_0 = 1 - e^-h; below h = 1, their power series."""
    if h < 1:
        return [_series(h, k) for k in range(1, n + 1)]
    found, before = list[float](), -math.expm1(-h)
    for k in range(1, n + 1):
        before = 1 - k / h * before
        found.append(before)
    return found


def _series(h: float, k: int) -> float:
    """h sum_j (-h)^j k!/(k + 1 + j)!"""
    term = total = h / (k + 1)
    for j in range(1, 20):
        term *= -h / (k + 1 + j)
        total += term
    return total


def midpoint(h: float, n: int) -> list[float]:
    """A single M_1 = M_0/2 = (1 - e^-h)/2, as in DPM-Solver++ and UniPC's "bh2"; several are exact."""
    return exact(h, n) if n != 1 else [-0.5 * math.expm1(-h)]


def linear(h: float, n: int) -> list[float]:
    """A single M_1 = h/2, as in UniPC's "bh1" and SA-Solver; several, and those of an infinite step, are exact."""
    return exact(h, n) if n != 1 or math.isinf(h) else [0.5 * h]


def exponential(moments: Moments = exact, eta: float = 0.0) -> Rule:
    """Polynomials in lam under the weight e^-(1 + eta)(lam' - lam); the quantity is the clean estimate."""

    def rule(others: Sequence[Node], a: Node, b: Node) -> tuple[list[float], list[float]]:
        if b.sigma == 0:
            return [], []
        h = b.lam - a.lam
        places = [1.0 if node.lam == b.lam else (node.lam - a.lam) / h for node in others]
        return places, moments((1 + eta) * h, len(others))

    return rule


@dataclass(frozen=True)
class Known:
    """An estimate and where it was made."""

    node: Node
    value: Tensor


@dataclass(frozen=True)
class Taken:
    """A step that is being taken: its start, what was known there, newest first, and the noise of its way."""

    x: Tensor
    x0: Tensor
    a: Node
    b: Node
    known: Sequence[Known]
    rule: Rule
    eta: float
    z: Tensor | None

    def reach(self, count: int, new: Known | None = None) -> Tensor:
        """The state at ``b`` from the ``count`` newest estimates and, corrected, the one that was then made there."""
        a, b = self.a, self.b
        others = [*self.known[1:count], *([] if new is None else [new])]
        x = advance(self.x, self.x0, a, b, self.eta)
        places, moments = self.rule([entry.node for entry in others], a, b)
        for c, entry in zip(weights(places, moments), others, strict=False):
            x = x + (b.alpha * c) * (entry.value - self.known[0].value)
        return x if self.z is None else x + spread(a, b, self.eta) * self.z.to(x)


def noise_of(x: Tensor, x0: Tensor, node: Node) -> Tensor:
    """The noise estimate eps = (x - alpha x0)/sigma."""
    return (x - node.alpha * x0) / node.sigma


def walk(
    denoise: Denoise,
    process: Process,
    x: Tensor,
    ts: Tensor,
    rule: Rule,
    order: int,
    *,
    corrector: int = 0,
    eta: float = 0.0,
    noise: NoiseSource | None = None,
    sampler: str = "",
    of_noise: bool = False,
    first: Callable[[Tensor, Tensor, Node, Node], Tensor] | None = None,
    lower_final: bool = True,
) -> Iterator[Step]:
    """Walk over the grid.

    Args:
        rule: places and moments.
        order: nodes of a prediction.
        corrector: nodes of a correction, the new one included; 0: steps are not corrected.
        eta: noise of the SDE, from a path of its own (``brownian.py``); 0: none.
        sampler: for the error if noise is missing.
        of_noise: the polynomial is one of noise estimates instead of clean ones.
        first: (x, x0, start, end) -> state after the very first step; unset: first order.
        lower_final: lower order towards the end.
    """
    steps, path = list(pairwise(nodes(process, ts))), Path(needed(noise, sampler)) if eta > 0 else None
    known: list[Known] = []
    taken: Taken | None = None
    for i, (a, b) in enumerate(steps):
        left = len(steps) - i if lower_final else order + corrector
        x0 = denoise(x, a.batch(x))
        new = Known(a, noise_of(x, x0, a) if of_noise else x0)
        if taken is not None and corrector:
            x = taken.reach(min(corrector, left + 2) - 1, new)
        known = [new, *(entry for entry in known if entry.node.alpha > 0)][: max(order, corrector - 1)]
        z = path.between(a, b) if path and b.sigma > 0 else None
        taken = Taken(x, x0, a, b, known, rule, eta, z)
        x = first(x, x0, a, b) if first and i == 0 else taken.reach(min(order, left))
        yield Step(i, x, x0, a.t, b.t)
