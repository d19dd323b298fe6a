"""Quantiles of the beta distribution, for time grids that crowd at both ends.

    I_x(a, b) = x^a / (a B(a, b)) sum_n a (1 - b)_n / (n! (a + n)) x^n

converges like 2^-n for x <= 1/2; above, I_x(a, b) = 1 - I_(1 - x)(b, a) (DLMF 8.17). Inverted by bisection.
"""

from __future__ import annotations

import math
from functools import cache

TERMS, HALVINGS = 60, 60


def cumulative(x: float, a: float, b: float) -> float:
    """I_x(a, b), the share of the distribution below ``x`` in [0, 1]."""
    if x > 0.5:
        return 1 - cumulative(1 - x, b, a)
    term, total = 1.0, 1 / a
    for n in range(1, TERMS):
        term *= (n - b) / n * x
        total += term / (a + n)
    return x**a * total * math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))


@cache
def quantiles(n: int, a: float, b: float) -> tuple[float, ...]:
    """Where the shares 0, 1/n, ..., 1 of the distribution lie below."""
    return (0.0, *(_quantile(k / n, a, b) for k in range(1, n)), 1.0)


def _quantile(share: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if cumulative(middle, a, b) < share else (low, middle)
    return 0.5 * (low + high)
