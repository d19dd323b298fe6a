"""Where things go: extents, rows, grids and places, without overlap.

All lengths are shares of the picture's side. The extent of a thing is the longest side of what is seen of it while it
stands upright; turned by an angle it needs ``extent * (|cos| + |sin|)``, its bulk. Every bulk keeps ``BORDER`` from the
edge and ``GAP`` from its neighbours. The sizes are apart from each other, so that a size can be read off a picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from unfog.data.compose.scene import Size
from unfog.util.random import Dice

BORDER, GAP = 0.03, 0.04  # 2 and 2.5 pixels of 64
INNER = 1 - 2 * BORDER
EXTENT: dict[Size, tuple[float, float]] = {  # 10-13, 15-20, 23-31, 35-45 and 50-60 pixels of 64
    "tiny": (0.16, 0.20),
    "small": (0.24, 0.31),
    "medium": (0.36, 0.48),
    "big": (0.54, 0.70),
    "giant": (0.78, 0.94),
}
SIZES: tuple[Size, ...] = tuple(EXTENT)
LIMITS = (0.22, 0.335, 0.51, 0.74)  # between one size and the next
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "center", "right")
PLACES = tuple((row, column) for row in ROWS for column in COLUMNS)
PLACED_MOST = 0.44  # a thing at the left must have its centre in the left third, a third of a pixel at least
DRIFT = 0.09  # how far a thing may be from where it would stand exactly
FORMS: dict[int, tuple[tuple[int, ...], ...]] = {  # rows of a group of equal things
    2: ((2,), (1, 1), (2,)),
    3: ((3,), (1, 1, 1), (1, 2), (2, 1)),
    4: ((2, 2), (2, 2), (4,)),
    5: ((2, 3), (3, 2), (2, 1, 2)),
    6: ((3, 3), (2, 2, 2)),
}


def size_of(extent: float) -> Size:
    """What people call a thing of this extent."""
    return SIZES[sum(extent >= limit for limit in LIMITS)]


def bulk(angle: float) -> float:
    """By how much a square turned by ``angle`` degrees is wider than upright."""
    if angle % 90 == 0:
        return 1.0
    return abs(math.cos(math.radians(angle))) + abs(math.sin(math.radians(angle)))


def extents(dice: Dice, sizes: Sequence[Size], bulks: Sequence[float], room: float) -> list[float] | None:
    """Extents of those sizes whose bulks together fit ``room``; ``None`` if not even the smallest do."""
    lows = [EXTENT[s][0] * b for s, b in zip(sizes, bulks, strict=True)]
    spare = room - sum(lows)
    if spare < 0:
        return None
    grow = [dice.uniform(0.2, 1) * (EXTENT[s][1] * b - low) for s, b, low in zip(sizes, bulks, lows, strict=True)]
    squeeze = min(1.0, spare / sum(grow))
    return [(low + g * squeeze) / b for low, g, b in zip(lows, grow, bulks, strict=True)]


def along(dice: Dice, wide: Sequence[float], *, loose: float = 0.16) -> list[float]:
    """Centres of things of these bulks side by side, near the middle; gaps grow by at most ``loose``."""
    n = len(wide)
    spare = INNER - sum(wide) - GAP * (n - 1)
    gap = GAP + (min(spare / (n - 1), loose) * dice.uniform() if n > 1 else 0.0)
    slack = (INNER - sum(wide) - gap * (n - 1)) / 2
    at = BORDER + slack + dice.uniform(-1, 1) * min(slack, DRIFT)
    out = []
    for w in wide:
        out.append(at + w / 2)
        at += w + gap
    return out


def near(dice: Dice, wide: float, *, middle: float = 0.5, drift: float = DRIFT) -> float:
    """A centre near ``middle`` that keeps a thing of this bulk inside."""
    least = BORDER + wide / 2
    if least >= 0.5:
        return 0.5
    return min(max(middle + dice.uniform(-drift, drift), least), 1 - least)


def at_place(dice: Dice, wide: float, place: tuple[str, str]) -> tuple[float, float]:
    """Centre of a thing at one of nine places; the middle is within 0.05, the edges within 0.06 of the border."""

    def axis(word: str) -> float:
        if word in ("top", "left"):
            return BORDER + wide / 2 + dice.uniform(0, 0.06)
        if word in ("bottom", "right"):
            return 1 - BORDER - wide / 2 - dice.uniform(0, 0.06)
        return near(dice, wide, drift=0.05)

    row, column = place
    return axis(column), axis(row)


def grid(
    dice: Dice, count: int, bulk_of: float, most: float = EXTENT["medium"][1]
) -> tuple[float, list[tuple[float, float]]] | None:
    """Extent and centres of ``count`` equal things in rows, each free to move inside its cell; ``None``: no room."""
    rows = dice.choice(FORMS[count])
    across, down = max(rows), len(rows)
    room = min((INNER - GAP * (across - 1)) / across, (INNER - GAP * (down - 1)) / down) / bulk_of
    sizes: list[Size] = [s for s in SIZES if EXTENT[s][0] <= min(room, most)]
    if not sizes:
        return None
    size: Size = sizes[-1] if dice.chance(0.55) else dice.choice(sizes)
    low, high = EXTENT[size]
    extent = dice.uniform(low, min(high, room))
    wide = extent * bulk_of
    ys = along(dice, [wide] * down)
    loose = (ys[1] - ys[0] - wide - GAP) / 2 if down > 1 else 1.0
    out = []
    for y, n in zip(ys, rows, strict=True):
        xs = along(dice, [wide] * n)
        shift = min((xs[1] - xs[0] - wide - GAP) / 2 if n > 1 else DRIFT, 0.05)
        out += [
            (
                near(dice, wide, middle=x, drift=max(shift, 0.0)),
                near(dice, wide, middle=y, drift=max(min(loose, DRIFT), 0.0)),
            )
            for x in xs
        ]
    return extent, out
