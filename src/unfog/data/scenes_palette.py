"""The colours of the procedural scenes: a fixed palette, the tones of a background, and what may lie on what.

Distance is CIE76, ``delta_e = ||Lab(a) - Lab(b)||`` in CIELAB under D65 (CIE 15:2004); about 2.3 is just noticeable.
An object is only ever placed on a background whose every tone is at least ``MARGIN`` away from it, so that a person
and the grader can both name what they see. Palette colours are at least ``SEPARATION`` apart from each other.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Kind = Literal["plain", "gradient", "striped", "checkered"]
Colour = tuple[float, float, float]

SEPARATION = 40.0
MARGIN = 30.0

PALETTE: dict[str, Colour] = {  # sRGB, 0..255
    "red": (222, 32, 38),
    "orange": (255, 140, 10),
    "yellow": (255, 225, 40),
    "green": (30, 150, 60),
    "blue": (25, 105, 235),
    "purple": (140, 25, 150),
    "pink": (255, 145, 195),
    "brown": (120, 68, 30),
    "black": (16, 16, 18),
    "white": (255, 255, 255),
    "gray": (138, 140, 144),
}
COLOURS = tuple(PALETTE)
PATTERN_COLOURS = ("blue", "green", "purple", "pink", "orange", "gray")
WHITENESS: dict[Kind, tuple[float, float]] = {  # share of white mixed into the two tones of a background
    "plain": (0.0, 0.0),
    "gradient": (0.2, 0.8),
    "striped": (0.5, 0.8),
    "checkered": (0.5, 0.8),
}
BACKGROUNDS: tuple[tuple[Kind, str], ...] = (
    *(("plain", c) for c in COLOURS),
    *((kind, c) for kind in ("gradient", "striped", "checkered") for c in PATTERN_COLOURS),
)


def lab(rgb: Float[Tensor, "*n 3"]) -> Float[Tensor, "*n 3"]:
    """CIELAB (D65, 2 degree observer) of sRGB values in 0..1; L in 0..100."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0) + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = linear @ rgb.new_tensor(matrix).T / rgb.new_tensor([0.95047, 1.0, 1.08883])
    f = torch.where(xyz > 216 / 24389, xyz.clamp(min=1e-9) ** (1 / 3), (24389 / 27 * xyz + 16) / 116)
    x, y, z = f.unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-1)


def tones(kind: Kind, colour: str) -> tuple[Colour, Colour]:
    """The two sRGB tones (0..255) of a background; equal for a plain one, top and bottom for a gradient."""
    r, g, b = PALETTE[colour]
    first, second = ((r + w * (255 - r), g + w * (255 - g), b + w * (255 - b)) for w in WHITENESS[kind])
    return first, second


@cache
def palette_lab() -> Float[Tensor, "11 3"]:
    """CIELAB of the palette in the order of ``COLOURS``."""
    return lab(torch.tensor(list(PALETTE.values()), dtype=torch.float32) / 255)


@cache
def clearance(kind: Kind, colour: str) -> dict[str, float]:
    """Smallest delta E between each palette colour and any tone of this background."""
    first, second = (torch.tensor(t) / 255 for t in tones(kind, colour))
    mix = torch.linspace(0, 1, 9 if kind == "gradient" else 2)[:, None]
    every = lab(first + mix * (second - first))  # (n, 3)
    nearest = torch.cdist(palette_lab(), every).amin(dim=1)
    return dict(zip(COLOURS, nearest.tolist(), strict=True))


@cache
def allowed(kind: Kind, colour: str) -> frozenset[str]:
    """Palette colours an object may have on this background."""
    return frozenset(c for c, d in clearance(kind, colour).items() if d >= MARGIN)
