"""The difference of two shares with an interval, by Newcombe's hybrid score method.

From the two Wilson intervals [l, u] (Statistics in Medicine 17 (1998), 873, method 10):

    d = p - q        from  d - sqrt((p - l_p)^2 + (u_q - q)^2)   to   d + sqrt((u_p - p)^2 + (q - l_q)^2)

The two samples count as independent. Where they are pairs that tend to agree, the interval is wider than it need be.
"""

from __future__ import annotations

import math

from unfog.evaluate.faithfulness import Share


def difference(one: Share, other: Share) -> Share:
    """``one - other`` with its 95 % interval; ``n`` is the smaller of the two counts."""
    p, q = one.value, other.value
    low = p - q - math.hypot(p - one.low, other.high - q)
    high = p - q + math.hypot(one.high - p, q - other.low)
    return Share(p - q, max(-1.0, low), min(1.0, high), min(one.n, other.n))
