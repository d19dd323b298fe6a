"""One path of Brownian motion per run: more steps look at the same path more closely.

What a reverse SDE adds between lam_a and lam_b is an increment of W(e^(2 lam)), W Brownian motion (``advance`` divided
by w^eta sigma). U(lam) = e^-lam W(e^(2 lam)) is the stationary Ornstein-Uhlenbeck process, so the unit normal of a step
is

    n(a, b) = (U_b - w U_a)/sqrt(1 - w^2),    w = e^-(lam_b - lam_a),    n = U_b from alpha = 0.

U is drawn by halving an interval that holds every lam (Lévy's construction): given its ends, with p + q its length, U
is

    (sinh(q) U_lo + sinh(p) U_hi)/sinh(p + q) + sqrt(2 sinh(p) sinh(q)/sinh(p + q)) z

Every z is a number of its own, addressed by its place in the tree, so nothing is stored and a path does not depend on
the grid that looks at it. Compare the Brownian trees of Li et al. 2020 and of k-diffusion, which are trees in sigma.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from unfog.samplers.step import Node, NoiseSource, decay
from unfog.util.random import Draw

REACH = 32.0  # |lam| beyond it is as good as infinite: e^-64 is no double's last digit
DEPTH = 16  # halvings: the last intervals are 1/1024 long, in which two nodes hardly ever meet


@dataclass(frozen=True)
class Stretch:
    """An interval of the tree with the path's values at its ends."""

    number: int
    low: float
    high: float
    at_low: Tensor
    at_high: Tensor

    def at(self, lam: float, z: Tensor) -> Tensor:
        """The path at ``lam`` inside, given the ends and a unit normal."""
        p, q = math.sinh(lam - self.low), math.sinh(self.high - lam)
        whole = math.sinh(self.high - self.low)
        return (q / whole) * self.at_low + (p / whole) * self.at_high + math.sqrt(2 * p * (q / whole)) * z


class Path:
    """The unit normals of one run's steps. Local to the run: it remembers where in the tree it last was."""

    def __init__(self, noise: NoiseSource) -> None:
        self.noise = noise
        self.way = [Stretch(1, -REACH, REACH, noise(0, Draw.PATH), noise(1, Draw.PATH))]

    def between(self, a: Node, b: Node) -> Tensor:
        """The unit normal of the step from ``a`` to ``b``; sigma(b) > 0."""
        w, end = decay(a, b), self.at(b.lam)
        return end if w == 0 else (end - w * self.at(a.lam)) / math.sqrt((1 - w) * (1 + w))

    def at(self, lam: float) -> Tensor:
        """U(lam)."""
        lam = min(max(lam, -REACH), REACH)
        while not self.way[-1].low <= lam <= self.way[-1].high:
            self.way.pop()
        while len(self.way) <= DEPTH:
            last = self.way[-1]
            middle = 0.5 * (last.low + last.high)
            value = last.at(middle, self.noise(last.number + 1, Draw.PATH))
            if lam <= middle:
                self.way.append(Stretch(2 * last.number, last.low, middle, last.at_low, value))
            else:
                self.way.append(Stretch(2 * last.number + 1, middle, last.high, value, last.at_high))
        leaf = self.way[-1]
        return leaf.at(lam, self.noise(leaf.number + 1, Draw.PATH))
