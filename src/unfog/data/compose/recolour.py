"""Give a sprite one of the palette's colours: a blue apple, a white car, a pink elephant.

A sprite is seen as a mix of its base colour B, white and black. Every pixel c holds a share s of B, and

    c' = c + s (T - B)        with T the wanted colour of the palette,

so B becomes exactly T, a shadow f B becomes f T, a highlight between B and white lies between T and white, and white,
black and foreign colours (s = 0) stay. The rule is linear in c: soft edges keep no fringe of the old colour.

* Coloured sprite (a quarter of it or more has one hue): with chi(c) the part of c that is not grey,
  ``s = chi(c) . chi(B) / |chi(B)|^2``, faded out for hues more than 35 to 60 degrees away from B's; what chi(c) has
  beside B's direction (a shift of hue inside the base colour) is mostly taken away.
* Grey, white or black sprite (duotone): with m the mean of the channels, ``s = min(m / m_B, (1 - m) / (1 - m_B))``.
  A very dark B takes everything darker along (s = 1), a very light one everything lighter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from unfog.data.scenes_palette import PALETTE

DIRECTIONS = 24  # candidates of the dominant hue
NEAR, FAR = math.cos(math.radians(35)), math.cos(math.radians(60))
COLOURED = 0.25  # share of a sprite that must have one hue
GREY = 0.12  # chroma (of 0..0.82) below which a pixel counts as grey, fading to nothing at twice that
DARK, LIGHT = 0.25, 0.75
TARGETS = {  # black and white leave room for shadows and highlights: still far nearer to their names than to gray
    **PALETTE,
    "black": (40.0, 40.0, 44.0),
    "white": (242.0, 242.0, 244.0),
}
SPREAD = 0.15  # radius, in 0..1 per channel, in which pixels pull the base colour to themselves


def recolour(sprites: Float[Tensor, "n 4 h w"], colours: Sequence[str]) -> Float[Tensor, "n 4 h w"]:
    """Sprites (premultiplied, 0..1) in palette colours, one for each; alpha stays.

    Raises:
        ValueError: an unknown colour.
    """
    for name in colours:
        if name not in PALETTE:
            raise ValueError(f"unknown colour '{name}': choose from {', '.join(PALETTE)}")
    base, coloured = base_colour(sprites)
    target = torch.tensor([TARGETS[name] for name in colours], device=sprites.device) / 255
    rgb, alpha = sprites[:, :3], sprites[:, 3]
    p, q, m = _opponent(rgb)
    bp, bq, bm = (v[:, None, None] for v in _opponent(base))
    chroma = torch.sqrt(p * p + q * q)
    strength = bp * bp + bq * bq + 1e-6
    along = p * bp + q * bq
    fit = _ramp(along / (chroma * torch.sqrt(strength) + 1e-4), FAR, NEAR)
    hue_share = fit * along / strength
    lower = torch.where(bm < DARK, alpha, m / bm.clamp(min=DARK))
    upper = torch.where(bm > LIGHT, alpha, (alpha - m) / (1 - bm).clamp(min=1 - LIGHT))
    grey_share = torch.minimum(lower, upper) * (1 - _ramp(chroma, GREY * alpha, 2 * GREY * alpha))
    pick = coloured[:, None, None]
    share = torch.where(pick, hue_share, grey_share)
    beside = fit * (p * bq - q * bp) / strength * pick  # chroma across B's direction, in units of B's
    across = torch.stack([bq, -bp], dim=1)  # (n, 2, 1, 1)
    out = rgb + share[:, None] * (target - base)[:, :, None, None]
    out = out - 0.8 * _rgb(beside[:, None] * across)
    return torch.cat([torch.minimum(out.clamp(min=0), alpha[:, None]), alpha[:, None]], dim=1)


def halve(pictures: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h2 w2"]:
    """Means of 2 x 2 pixels, by slices: ten times as fast as a pooling layer. An odd last row or column is left out."""
    h, w = pictures.shape[2] // 2 * 2, pictures.shape[3] // 2 * 2
    rows = pictures[:, :, 0:h:2, :w] + pictures[:, :, 1:h:2, :w]
    return (rows[..., 0::2] + rows[..., 1::2]).mul_(0.25)


def base_colour(sprites: Float[Tensor, "n 4 h w"]) -> tuple[Float[Tensor, "n 3"], Bool[Tensor, " n"]]:
    """Base colours (0..1) of premultiplied sprites, and whether each is coloured (else grey, white or black)."""
    small = halve(sprites)
    x, y = _dominant(halve(small).flatten(2))[..., None].unbind(1)
    rgb, alpha = _solid(small.flatten(2))
    p, q, m = _opponent(rgb)  # each (n, k)
    chroma = torch.sqrt(p * p + q * q)
    total = alpha.sum(dim=1) + 1e-6
    vivid = _ramp(chroma, GREY, 2 * GREY)
    hue = alpha * vivid * _fit(p, q, chroma, x, y)
    coloured = hue.sum(dim=1) > COLOURED * total
    grey = alpha * (1 - vivid)
    tones = torch.stack([grey * (m < DARK), grey * ((m >= DARK) & (m <= LIGHT)), grey * (m > LIGHT)], dim=1)
    widest = tones.sum(dim=2).argmax(dim=1)
    tone = tones[torch.arange(len(tones), device=sprites.device), widest]
    weight = torch.where(coloured[:, None], hue, tone)
    base = _mean(rgb, weight)
    for _ in range(3):
        away = ((rgb - base[:, :, None]) / SPREAD).square().sum(dim=1)
        base = _mean(rgb, weight / (1 + away).square())
    return base, coloured


def _solid(sprites: Tensor) -> tuple[Tensor, Tensor]:
    """Colours (n, 3, k) without alpha, and alpha (n, k) where it is at least half, else 0."""
    alpha = sprites[:, 3]
    return sprites[:, :3] / alpha.clamp(min=1e-3)[:, None], alpha * (alpha > 0.5)


def _dominant(sprites: Float[Tensor, "n 4 k"]) -> Float[Tensor, "n 2"]:
    """Direction of the commonest hue, pixels weighted by chroma."""
    rgb, alpha = _solid(sprites)
    p, q, _ = _opponent(rgb)
    chroma = torch.sqrt(p * p + q * q)
    directions = torch.tensor(_directions(), device=sprites.device)
    fit = _fit(p[:, None], q[:, None], chroma[:, None], directions[:, :1], directions[:, 1:])  # (n, directions, k)
    return directions[((alpha * chroma)[:, None] * fit).sum(dim=2).argmax(dim=1)]


def _mean(rgb: Tensor, weight: Tensor) -> Tensor:
    return (rgb * weight[:, None]).sum(dim=2) / (weight.sum(dim=1) + 1e-6)[:, None]


def _opponent(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Two coordinates of the plane across the grey axis (orthonormal) and the mean of the channels; axis 1 is RGB."""
    r, g, b = rgb.unbind(1)
    return (2 * r - g - b) / math.sqrt(6), (g - b) / math.sqrt(2), (r + g + b) / 3


def _rgb(plane: Tensor) -> Tensor:
    p, q = plane.unbind(1)
    side, up = p / math.sqrt(6), q / math.sqrt(2)
    return torch.stack([2 * side, up - side, -up - side], dim=1)


def _fit(p: Tensor, q: Tensor, chroma: Tensor, x: float | Tensor, y: float | Tensor) -> Tensor:
    return _ramp((p * x + q * y) / (chroma + 1e-4), FAR, NEAR)


def _ramp(value: Tensor, low: float | Tensor, high: float | Tensor) -> Tensor:
    """0 below ``low``, 1 above ``high``, straight between."""
    return ((value - low) / (high - low + 1e-6)).clamp(0, 1)


@cache
def _directions() -> tuple[tuple[float, float], ...]:
    turns = [2 * math.pi * k / DIRECTIONS for k in range(DIRECTIONS)]
    return tuple((math.cos(t), math.sin(t)) for t in turns)
