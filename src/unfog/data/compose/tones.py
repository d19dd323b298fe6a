"""The colours of grounds, and which palette colours can be seen on them.

Grounds with a colour have the tones of ``scenes_palette`` (dotted ones those of stripes, paper a light tint); scenery
has tones of its own. As there, a thing of one colour should only lie on a ground whose every tone is at least
``MARGIN`` (CIE76) away from it; ``visible`` lists those colours.
"""

from __future__ import annotations

from functools import cache

import torch

from unfog.data import scenes_palette
from unfog.data.compose.scene import GROUND_KINDS, Ground
from unfog.data.scenes_palette import COLOURS, MARGIN, PALETTE, Colour, lab, palette_lab

PAPER: Colour = (249, 244, 230)
TINT = 0.72  # share of white in tinted paper
SCENERY: dict[str, tuple[Colour, ...]] = {
    "sky": ((96, 168, 240), (196, 228, 252), (250, 252, 255)),  # top, bottom, clouds
    "night": ((8, 10, 34), (34, 38, 92)),  # top, bottom
    "grass": ((128, 196, 248), (206, 234, 252), (118, 196, 72), (62, 142, 48)),  # sky, then grass far and near
    "beach": ((136, 204, 250), (214, 238, 252), (38, 142, 196), (94, 200, 212), (246, 226, 178), (228, 196, 138)),
    "transparent": (),
}
COLOURED = ("plain", "gradient", "striped", "checkered", "dotted")


def tones(ground: Ground) -> tuple[Colour, ...]:
    """The sRGB tones (0..255) of a ground; none for a transparent one.

    Raises:
        ValueError: an unknown kind, or a kind that needs a palette colour and has none.
    """
    if ground.kind not in GROUND_KINDS:
        raise ValueError(f"unknown ground '{ground.kind}': choose from {', '.join(GROUND_KINDS)}")
    if ground.kind in SCENERY:
        return SCENERY[ground.kind]
    if ground.kind == "paper" and ground.colour is None:
        return (PAPER,)
    if ground.colour not in PALETTE:
        raise ValueError(
            f"a {ground.kind} ground needs a colour, got {ground.colour}: choose from {', '.join(COLOURS)}"
        )
    match ground.kind:
        case "paper":
            r, g, b = (v + TINT * (255 - v) for v in PALETTE[ground.colour])
            return ((r, g, b),)
        case "dotted":
            return scenes_palette.tones("striped", ground.colour)
        case "plain" | "gradient" | "striped" | "checkered":
            return scenes_palette.tones(ground.kind, ground.colour)
        case _:
            raise AssertionError(ground.kind)


@cache
def visible(ground: Ground) -> frozenset[str]:
    """Palette colours at least ``MARGIN`` away from every tone of a ground; all of them on a transparent one."""
    every = tones(ground)
    if not every:
        return frozenset(COLOURS)
    mixes = torch.tensor(every) / 255
    if ground.kind in ("gradient", "sky", "night"):
        mixes = torch.cat([mixes[:1] + w * (mixes[1:2] - mixes[:1]) for w in torch.linspace(0, 1, 9)] + [mixes[2:]])
    away = torch.cdist(palette_lab(), lab(mixes)).amin(dim=1)
    return frozenset(name for name, d in zip(COLOURS, away.tolist(), strict=True) if d >= MARGIN)
