"""Integrals over noise levels: 16-point Gauss-Legendre in the logarithm."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

POINTS = 16


@cache
def _points() -> tuple[tuple[float, float], ...]:
    """Places in (-1, 1) and weights."""
    places, weights = np.polynomial.legendre.leggauss(POINTS)
    return tuple((float(place), float(weight)) for place, weight in zip(places, weights, strict=True))


def integral(f: Callable[[float], float], start: float, end: float) -> float:
    """The integral of ``f`` from ``start`` to ``end``, both positive and finite, in either direction."""
    middle, half = 0.5 * math.log(start * end), 0.5 * math.log(end / start)
    total = 0.0
    for place, weight in _points():
        s = math.exp(middle + half * place)
        total += weight * s * f(s)
    return half * total
