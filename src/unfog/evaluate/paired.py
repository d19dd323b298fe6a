"""The mean of differences with an interval, by Student's t: of runs that share everything but what is compared.

    d_k = a_k - b_k,     mean d  +-  t(0.975, n - 1) s / sqrt(n),     s^2 = sum (d_k - mean d)^2 / (n - 1)

Runs k of both kinds have the same seed, hence the same initial weights and the same order, so what the seed does to
both falls out of the difference. The interval is about the seeds; test pictures and synthetic pictures are the same in
all runs, and what others would have given it does not say.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from unfog.evaluate.faithfulness import Share

# t(0.975, df) for df = 1, 2, ... (Student 1908; tables of Fisher and Yates)
T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
)  # fmt: skip


def paired(ones: Sequence[float], others: Sequence[float]) -> Share:
    """Mean of ``ones - others`` with its 95 % interval.

    Raises:
        ValueError: not 2 to 20 pairs.
    """
    if len(ones) != len(others) or not 2 <= len(ones) <= len(T) + 1:
        raise ValueError(f"2 to {len(T) + 1} pairs are compared, got {len(ones)} and {len(others)} values")
    apart = [a - b for a, b in zip(ones, others, strict=True)]
    n, mean = len(apart), statistics.fmean(apart)
    half = T[n - 2] * statistics.stdev(apart) / math.sqrt(n)
    return Share(mean, mean - half, mean + half, n)
