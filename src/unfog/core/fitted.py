"""Noise levels that were fitted to exact solutions, for ``trig_multistep``: where few evaluations tell most.

``tools/fit_nodes.py`` moved the nodes of 5, 8 and 12 steps, on a family of mixtures and finite sets of data of
deviation about 0.5 (pixels in [-1, 1]), until the sampler came nearest to the exact ends of their flows. They stay a
quarter apart in lam, and their gaps change by no more than a factor of 2.2 after the first: without that they do
better on exact denoisers, and several times worse on a network (docs/LOG.md). Those of 20 steps were drawn evenly
through the shape it found. The problems on which samplers are compared (evaluate/problems.py) are not among those of
the fit.

Values are sigma/alpha of the inner nodes; before them stands ``TOP``, after them 0. Other numbers of steps are read off
the nearest list, between its levels in the time of rectified flow, u = rho/(1 + rho), in which such lists are nearly
even; so is what is left of a list where a schedule begins below ``TOP``.
"""

from __future__ import annotations

import math

TOP = 80.0
FITTED: dict[int, tuple[float, ...]] = {
    5: (2.7, 1.03, 0.4585, 0.1774),
    8: (4.51, 1.685, 1.038, 0.6853, 0.3949, 0.1586, 0.05637),
    12: (7.288, 2.707, 1.665, 1.232, 0.9418, 0.6853, 0.5265, 0.3503, 0.1962, 0.07297, 0.01051),
    20: (
        8.7,
        3.4,
        2.42,
        1.95,
        1.6,
        1.31,
        1.08,
        0.9,
        0.75,
        0.61,
        0.49,
        0.39,
        0.305,
        0.234,
        0.175,
        0.128,
        0.088,
        0.05,
        0.02,
    ),
}


def levels(n: int, top: float) -> list[float]:
    """The inner levels of a grid of ``n`` >= 1 steps on a schedule that begins at sigma/alpha = ``top``.

    >>> levels(5, 80.0) == list(FITTED[5])
    True
    """
    known = min(FITTED, key=lambda steps: abs(math.log(steps / n)))
    if n == known and top >= TOP:
        return list(FITTED[known])
    times = [rho / (1 + rho) for rho in (TOP, *FITTED[known], 0.0)]
    begin = _place(times, min(top, TOP) / (1 + min(top, TOP)))
    inner = [_at(times, begin + (known - begin) * k / n) for k in range(1, n)]
    return [u / (1 - u) for u in inner]


def _place(times: list[float], u: float) -> float:
    """Where on a decreasing list, counted from 0, a value lies."""
    k = max(i for i in range(len(times) - 1) if times[i] >= u)
    return k + (times[k] - u) / (times[k] - times[k + 1])


def _at(times: list[float], place: float) -> float:
    """The value at a place of the list."""
    k = min(int(place), len(times) - 2)
    return times[k] + (place - k) * (times[k + 1] - times[k])
