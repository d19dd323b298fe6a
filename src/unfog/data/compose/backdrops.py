"""The grounds a scene can stand on, numbered, so that sets of them are bits of an integer.

Bit k is ``BACKDROPS[k]``; what suits several things is one ``&``. What can be seen on a ground is decided by ``tones``.
"""

from __future__ import annotations

from functools import cache

import torch

from unfog.data.compose.scene import GROUND_KINDS, Ground, GroundKind
from unfog.data.compose.tones import tones, visible
from unfog.data.scenes_palette import COLOURS, PATTERN_COLOURS, lab, palette_lab

COLOURS_OF: dict[GroundKind, tuple[str | None, ...]] = {
    "plain": COLOURS,
    "gradient": PATTERN_COLOURS,
    "striped": PATTERN_COLOURS,
    "checkered": PATTERN_COLOURS,
    "dotted": PATTERN_COLOURS,
    "paper": (None, "yellow", "pink", "blue", "green"),
}
BACKDROPS: tuple[Ground, ...] = tuple(
    Ground(kind, colour) for kind in GROUND_KINDS for colour in COLOURS_OF.get(kind, (None,))
)
LIGHTER = 18.0  # difference of lightness (CIELAB L, 0..100) from which a thing shows without its colour


@cache
def bits_of_kind() -> dict[GroundKind, int]:
    """Every backdrop of a kind, as bits."""
    return {kind: sum(1 << k for k, g in enumerate(BACKDROPS) if g.kind == kind) for kind in GROUND_KINDS}


@cache
def bits_of_colour() -> dict[str, int]:
    """The backdrops on which a palette colour can be seen, as bits."""
    return {c: sum(1 << k for k, g in enumerate(BACKDROPS) if c in visible(g)) for c in COLOURS}


@cache
def bits_of_lightness() -> dict[str, int]:
    """The backdrops on which a palette colour can still be seen when all colours are gone, as bits."""
    out = dict.fromkeys(COLOURS, 0)
    for k, ground in enumerate(BACKDROPS):
        every = lab(torch.tensor(tones(ground)) / 255)[:, 0] if tones(ground) else torch.tensor([-100.0])
        away = (palette_lab()[:, :1] - every).abs().amin(dim=1)
        for name, distance in zip(COLOURS, away.tolist(), strict=True):
            out[name] |= (distance >= LIGHTER) << k
    return out
