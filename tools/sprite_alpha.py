"""Transparency of a picture over white that is known at half the size only.

What is opaque, and not at an edge, gives its colour c to its neighbours, six pixels far. Between that colour and the
white paper,

    v = a c + (1 - a) 255        a = sum (255 - v)(255 - c) / sum (255 - c)^2        over the three channels

(matting before a known ground: Smith and Blinn, "Blue Screen Matting", SIGGRAPH 1996). Near white, where that says
nothing, the smaller alpha is interpolated. No colour is below black, so a >= 255 - min v everywhere.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

REACH = 6  # pixels from what is opaque to where an edge may be
CONTRAST = 80.0**2  # squared distance from white that a colour needs to be told from it
FAINT, SOLID = 4, 250  # of 255


def alpha_of(rgb: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Alpha 0..255 of ``rgb (2 h, 2 w, 3)`` over white, from ``small (h, w)``; both uint8."""
    h, w = rgb.shape[:2]
    smooth = np.asarray(Image.fromarray(small).resize((w, h), Image.Resampling.BICUBIC)).astype(np.float64)
    v = rgb.astype(np.float64)
    colour, known = v.copy(), ~near(smooth < SOLID)
    for _ in range(REACH):
        colour, known = spread(colour, known)
    from_white = ((255 - colour) ** 2).sum(-1)
    matted = 255 * ((255 - v) * (255 - colour)).sum(-1) / np.maximum(from_white, 1.0)
    told = known & (from_white >= CONTRAST) & (near(smooth >= FAINT) & near(smooth < SOLID))
    alpha = np.where(told, np.clip(matted, 0, 255), smooth)
    return np.rint(np.maximum(alpha, 255 - v.min(-1))).astype(np.uint8)


def spread(colour: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unknown colours become the mean of the known ones around them."""
    weight = known.astype(np.float64)
    total, count = around(colour * weight[..., None]), around(weight[..., None])
    mean = total / np.maximum(count, 1.0)
    return np.where(known[..., None], colour, mean), known | (count[..., 0] > 0)


def near(mask: np.ndarray) -> np.ndarray:
    """Pixels that are in the mask or next to it."""
    return around(mask.astype(np.float64)[..., None])[..., 0] > 0


def around(values: np.ndarray) -> np.ndarray:
    """Sums over 3 x 3 pixels of ``(h, w, k)``; nothing lies beyond the border."""
    h, w, _ = values.shape
    wide = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    return sum((wide[y : y + h, x : x + w] for y in range(3) for x in range(3)), np.zeros_like(values))
