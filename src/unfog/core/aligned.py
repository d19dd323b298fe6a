"""Align Your Steps (Sabour, Fidler & Kreis 2024): published noise levels for ten steps, and other numbers of steps.

Facts of the authors' page: sigma/alpha of the nodes that they optimised for three models; the last is replaced by 0.
Other numbers of steps interpolate log sigma along the list, as the authors recommend.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SD15 = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
SDXL = (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029)
SVD = (700.0, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002)


def resampled(table: Sequence[float], n: int, top: float) -> list[float]:
    """``n`` + 1 levels along the list; where the schedule ends below its first level, along what is left.

    Args:
        table: decreasing levels.
        n: number of steps.
        top: the largest level that the schedule reaches.
    """
    logs = [math.log(level) for level in table]
    start = min(k for k in range(len(logs)) if k + 1 == len(logs) or logs[k + 1] < math.log(top))
    if (first := math.log(top)) < logs[start]:
        start_at = start + (logs[start] - first) / (logs[start] - logs[start + 1])
    else:
        start_at = float(start)
    last = len(logs) - 1
    return [math.exp(_along(logs, start_at + (last - start_at) * k / n)) for k in range(n + 1)]


def _along(values: Sequence[float], place: float) -> float:
    k = min(int(place), len(values) - 2)
    return values[k] + (place - k) * (values[k + 1] - values[k])
