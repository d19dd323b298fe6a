"""What a global style leaves to be seen: captions name only that, and layout keeps things apart by it.

Line drawings and photographs' tones have no colours. Neon has, but a tube cannot be black, gray or brown (brown shines
orange), and everything around it is dark.
"""

from __future__ import annotations

from unfog.data.compose.scene import Ground, Style

COLOURLESS: frozenset[Style] = frozenset(("outline", "sketch", "blueprint", "sepia", "black and white"))
GREY: frozenset[Style] = frozenset(("sepia", "black and white"))  # colourless, and without lines round things
LINED: frozenset[Style] = frozenset(("outline", "sketch", "blueprint", "neon"))  # things show by their outlines
FINE: frozenset[Style] = frozenset(("plain", "sticker", "sepia", "black and white"))  # leave a tiny sprite legible
UNSURE: frozenset[Style] = COLOURLESS.union(("neon",))  # colours alone do not tell two things apart
UNLIT = ("black", "gray", "brown")


def seen_colour(colour: str | None, style: Style) -> str | None:
    """The colour of a thing as far as a style shows it."""
    return None if style in COLOURLESS or (style == "neon" and colour in UNLIT) else colour


def seen_ground(ground: Ground, style: Style) -> Ground | None:
    """The ground as far as a style shows it; ``None`` if nothing of it is left to be named."""
    if style not in COLOURLESS:
        return ground
    return None if ground.kind == "plain" else Ground(ground.kind)


def is_usual(ground: Ground, style: Style) -> bool:
    """Whether a ground goes without saying: plain white, and the dark round neon."""
    return ground.kind == "plain" and ground.colour == ("black" if style == "neon" else "white")
