"""Peak signal-to-noise ratio in dB, from a mean squared error: 10 log10(span^2 / error)."""

from __future__ import annotations

import math

SPAN = 2.0  # of pictures in [-1, 1]
LEAST = 1e-12  # an error below it counts as this: 126 dB stand for equal pictures


def psnr(error: float) -> float:
    """Of pictures in [-1, 1] with this mean squared error, at most 126 dB."""
    return 10 * math.log10(SPAN**2 / max(error, LEAST))
