"""Where the layers of a picture stand: from what is said of them and their shapes to a rectangle for each.

Lengths are in shares of the shorter side of the canvas, the origin is its middle, y points down. Every layer is put to
the one that it belongs to, the last first: what is worn or held at its place there, the others below, above or beside
it, on a common foot. In the end all is scaled and moved into the canvas together.

Eyes and heads are where pictures of single things have them most often: in the middle of a face or a body that is about
as high as wide, on the left of one that is wide (animals in signs look to the left). A guess, and a hat may miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from unfog.config.sample import Layer

GAP = 0.06  # between things side by side, in shares of the side of one
BORDER = 0.06  # around all, in shares of the shorter side of the canvas
ALONE = 0.875  # longer side of a picture of one thing
GROUNDED = 0.12  # how far above the lower edge things stand that have a ground
WIDE = 1.25  # times as wide as high is what looks to the left
HELD = 0.42  # longer side of what is held, in those of its owner
INSIDE = 0.5  # and of what is inside
SUNK = 0.18  # how much of its height something sinks into what it stands on
NEARER = 0.14  # of the height of a thing: how much lower stands what is in front of another
ROWS = {1: (1,), 2: (2,), 3: (3,), 4: (2, 2), 5: (3, 2), 6: (3, 3)}
GLASSES = 1.6  # times as wide as high are glasses at least
HEADS = {  # middle (across, down) and width of what is worn, in the owner's rectangle; a hat hangs from above
    "glasses": ((0.5, 0.4, 0.72), (0.17, 0.34, 0.36)),
    "hat": ((0.5, 0.15, 0.66), (0.19, 0.15, 0.36)),
}


@dataclass(frozen=True)
class Spot:
    """The rectangle of one thing: its middle, width and height. ``layer`` and ``copy`` say which."""

    layer: int
    copy: int
    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float, scale: float = 1.0) -> Spot:
        """Scaled around the origin, then moved."""
        return replace(
            self,
            x=self.x * scale + x,
            y=self.y * scale + y,
            width=self.width * scale,
            height=self.height * scale,
        )


Group = list[Spot]


def arranged(
    layers: Sequence[Layer], ratios: Sequence[Sequence[float]], canvas: tuple[float, float], *, grounded: bool
) -> list[Spot]:
    """Rectangles in the order in which they are painted.

    Args:
        layers: what stands how to what.
        ratios: width through height of every copy of every layer, as it was painted.
        canvas: width and height in its shorter side.
        grounded: things stand on something, near the lower edge.
    """
    made = dict[int, Group]()
    for k in reversed(range(len(layers))):  # what belongs to a layer comes behind it
        made[k] = block(k, layers[k].scale, ratios[k])
        for j in range(k + 1, len(layers)):
            if layers[j].to == k:
                made[k] = joined(made[k], k, made.pop(j), layers[j])
    (spots,) = made.values()
    return fitted(spots, canvas, grounded=grounded)


def block(layer: int, scale: float, ratios: Sequence[float]) -> Group:
    """Copies of one thing in rows, each as large as fits a square of side ``scale``."""
    spots, at, top = list[Spot](), 0, 0.0
    cell = scale * (1 + GAP)
    for wide in ROWS[len(ratios)]:
        for column in range(wide):
            ratio = ratios[at]
            width, height = scale * min(1.0, ratio), scale * min(1.0, 1 / ratio)
            x = (column - (wide - 1) / 2) * (width + scale * GAP if len(set(ratios)) == 1 else cell)
            spots.append(Spot(layer, at, x, top + cell / 2 - height / 2, width, height))
            at += 1
        top += cell
    return spots


def joined(group: Group, to: int, other: Group, layer: Layer) -> Group:
    """The group of layer ``to`` with another one that belongs to it; later ones are painted over earlier ones."""
    owner = [spot for spot in group if spot.layer == to]
    if layer.stands in ("wearing", "holding"):
        beside = [spot for spot in group if spot not in owner]
        each = len(other) == len(owner) > 1  # has its own
        pairs = [([a], [b]) for a, b in zip(owner, other, strict=True)] if each else [(owner, other)]
        return group + [spot for a, b in pairs for spot in carried(a, b, beside, layer)]
    width, height = spread(owner)
    match layer.stands:
        case "inside":  # the owner is inside the other
            outer = placed(other, 1.0, *centre(owner))
            inner = frame(outer)
            size = INSIDE * min(inner[2] - inner[0], inner[3] - inner[1]) / max(width, height)
            x, y = centre(group)
            return outer + [s.moved(-x * size + centre(outer)[0], -y * size + centre(outer)[1], size) for s in group]
        case "on":
            return placed_under(other, group, -SUNK * spread(group)[1]) + group
        case "behind":
            x, y = frame(group)[2], frame(group)[3]
            return group + placed(other, 1.0, x, y - (0.5 - NEARER) * spread(other)[1])
        case "in front of":
            x, y = frame(group)[2], frame(group)[3]
            return placed(other, 1.0, x, y - (0.5 + NEARER) * spread(other)[1]) + group
        case "above":
            return group + placed_under(other, group, GAP)
        case "below":
            return placed_under(group, other, GAP) + other
        case "right of" | "between":
            return in_row(other, group) if layer.stands == "right of" or layer.copies == 1 else between(group, other)
        case "left of" | "beside":
            return in_row(group, other)


def carried(owner: Group, thing: Group, beside: Group, layer: Layer) -> Group:
    """What is worn or held at its place; held things go to the right of the owner and, where that is taken, left."""
    if layer.stands == "wearing":
        return worn(owner[0], thing)
    left, _, right, bottom = frame(owner)
    size = HELD * layer.scale * longest(owner) / longest(thing)
    taken = sum(1 for spot in beside if spot.x > right - 0.1 * (right - left))
    return placed(thing, size, left if taken % 2 else right, bottom - size * spread(thing)[1] / 2)


def worn(owner: Spot, thing: Group) -> Group:
    """A hat on top of a head, or glasses before eyes."""
    width, height = spread(thing)
    kind = "glasses" if width > GLASSES * height else "hat"
    across, down, share = HEADS[kind][owner.width > WIDE * owner.height]
    size = share * owner.width / width
    x, y = owner.x + (across - 0.5) * owner.width, owner.y + (down - 0.5) * owner.height
    return placed(thing, size, x, y - (size * height / 2 if kind == "hat" else 0.0))


def between(group: Group, ends: Group) -> Group:
    """Half of the copies on either side."""
    half = len(ends) // 2
    return in_row(in_row(ends[:half], group), ends[half:])


def in_row(first: Group, second: Group) -> Group:
    """The second right of the first, on a common foot."""
    x = frame(first)[2] + GAP - frame(second)[0]
    y = frame(first)[3] - frame(second)[3]
    return first + [spot.moved(x, y) for spot in second]


def placed_under(lower: Group, upper: Group, gap: float) -> Group:
    """The lower group moved under the upper one."""
    x, y = centre(upper)[0] - centre(lower)[0], frame(upper)[3] + gap - frame(lower)[1]
    return [spot.moved(x, y) for spot in lower]


def placed(group: Group, size: float, x: float, y: float) -> Group:
    """The group scaled, its middle moved to a point."""
    across, down = centre(group)
    return [spot.moved(x - across * size, y - down * size, size) for spot in group]


def fitted(spots: Group, canvas: tuple[float, float], *, grounded: bool) -> Group:
    """All spots scaled and moved into the canvas."""
    width, height = spread(spots)
    lowest = canvas[1] / 2 - (GROUNDED if grounded else BORDER)
    room = canvas[0] - 2 * BORDER, lowest + canvas[1] / 2 - BORDER
    size = min(room[0] / width, room[1] / height, ALONE / min(width, height))
    x, y = centre(spots)
    foot = lowest - size * height / 2 if grounded else 0.0
    return [spot.moved(-x * size, -y * size + foot, size) for spot in spots]


def frame(spots: Group) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all."""
    return (
        min(s.x - s.width / 2 for s in spots),
        min(s.y - s.height / 2 for s in spots),
        max(s.x + s.width / 2 for s in spots),
        max(s.y + s.height / 2 for s in spots),
    )


def centre(spots: Group) -> tuple[float, float]:
    """The middle of the frame."""
    left, top, right, bottom = frame(spots)
    return (left + right) / 2, (top + bottom) / 2


def spread(spots: Group) -> tuple[float, float]:
    """Width and height of the frame."""
    left, top, right, bottom = frame(spots)
    return right - left, bottom - top


def longest(spots: Group) -> float:
    """The longer side of the frame."""
    return max(spread(spots))
