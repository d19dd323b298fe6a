"""Read a picture of a scene of shapes: its background and its objects, from the pixels alone.

    background from the border (``ground``) -> pixels that differ from it -> connected regions -> the template that
    explains each region (``outline``) -> names for colour, shape and size

It knows how scenes are drawn and nothing of what was asked for. What it cannot name it says so: a region that no
template explains has no shape, a colour between the palette's has no name, and both still count as objects, so merged,
half-drawn and blurred objects do not pass for good ones.

A picture with transparency is read laid over white; where its border is transparent, so is its background.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor
from torch.nn import functional as F

from unfog.core.regions import grown, labelled
from unfog.data.scenes_layout import SIDE
from unfog.evaluate.drawing import SCENES, Drawing
from unfog.evaluate.ground import Grounds, ground_names, length, nearest_colours, read, refine, ring
from unfog.evaluate.outline import Outlines, Windows, fit

SMALLEST_SIDE = 16
TOGETHER = 256  # pictures read at a time
FAINT = (0.08, 0.13)  # least and largest distance (of channels in 0..1) from the background that counts; objects: 0.22
SIGMAS = 4.2  # and so many standard deviations of the picture's noise between the two
DISTINCT = 0.93  # least explained variance of a shape that has a name; sharp renders have 0.99, noisy ones 0.96
NOISIEST = 0.04  # standard deviation per channel beyond which noise is no excuse


@dataclass(frozen=True)
class Seen:
    """One object.

    Attributes:
        colour, shape: ``None`` if it has none of the palette's, or none that a template explains.
        centre: middle (x, y) of its bounding box, in 1/32 of the side.
        diameter: side of the bounding box of a shape that fills it, in 1/32 of the side.
        fit: share of its pixels' variance that the best template explains, at most 1.
        lead: by how much that is more than the next best shape explains.
    """

    colour: str | None
    shape: str | None
    size: str
    centre: tuple[float, float]
    diameter: float
    fit: float
    lead: float


@dataclass(frozen=True)
class Parse:
    """What a picture shows: background, and objects from the largest region to the smallest."""

    kind: str
    ground: str | None
    objects: tuple[Seen, ...]


def parse(pixels: UInt8[Tensor, "b c side side"], drawing: Drawing = SCENES) -> list[Parse]:
    """Read square pictures, RGB or straight RGBA, of at least 16 pixels a side; each on its own.

    Args:
        drawing: how what they show is drawn.

    Raises:
        ValueError: smaller pictures.
    """
    side = pixels.shape[-1]
    if side < SMALLEST_SIDE:
        raise ValueError(f"pictures of scenes have at least {SMALLEST_SIDE} pixels a side, got {side}")
    out = list[Parse]()
    for some in pixels.split(TOGETHER):
        x, bare = on_white(some.float() / 255, drawing)
        reduced = side >= 64 and drawing.halved
        read_as = _parse(F.adaptive_avg_pool2d(x, round(side / (side // 32))) if reduced else x, drawing)
        out += [replace(p, kind="transparent", ground=None) if b else p for p, b in zip(read_as, bare, strict=True)]
    return out


def on_white(x: Float[Tensor, "b c side side"], drawing: Drawing) -> tuple[Float[Tensor, "b 3 side side"], list[bool]]:
    """Pictures in 0..1 laid over white, and whether more than half of each one's border is transparent."""
    if x.shape[1] == 3:
        return x, [False] * len(x)
    alpha = x[:, 3:]
    border = alpha[:, 0, ring(x.shape[-1], drawing.border)]
    return x[:, :3] * alpha + 1 - alpha, (border.mean(dim=1) < 0.5).tolist()


@dataclass(frozen=True)
class Regions:
    """Connected regions of a batch, the largest of each picture first.

    Fields:
        row: which picture.
        label: the region's number in ``labels``.
        box: left, top, right, bottom, the last two exclusive, in pixels.
        labels: region of every pixel, 0 where the background shows or a region is only a speck.
    """

    row: Int64[Tensor, " n"]
    label: Int64[Tensor, " n"]
    box: Int64[Tensor, "n 4"]
    labels: Int64[Tensor, "b side side"]


def _parse(x: Float[Tensor, "b 3 side side"], drawing: Drawing) -> list[Parse]:
    unit = x.shape[-1] / SIDE
    found = read(x, drawing.border)
    found = refine(x, found, ~grown(_differs(x, found, unit), 2), drawing.border)
    regions = _regions(labelled(_differs(x, found, unit)), drawing.speck * unit**2)
    objects: list[list[Seen]] = [[] for _ in x]
    seen = list[tuple[int, Seen]]()
    for numbers, k in _by_size(regions, unit, drawing.windows):
        part = Regions(regions.row[numbers], regions.label[numbers], regions.box[numbers], regions.labels)
        windows, corner = _windows(x, found, part, k, unit)
        seen += zip(numbers.tolist(), _named(fit(windows, drawing), corner, part, unit, drawing), strict=True)
    for number, one in sorted(seen, key=lambda item: item[0]):
        objects[int(regions.row[number])].append(one)
    return [Parse(kind, colour, tuple(o)) for (kind, colour), o in zip(ground_names(found), objects, strict=True)]


def _differs(x: Float[Tensor, "b 3 side side"], found: Grounds, unit: float) -> Bool[Tensor, "b side side"]:
    """Pixels that are no background: far from it, and covered by more than half by the strongest colour near by.

    The second rule puts an outline at half coverage and keeps neighbours apart whatever their contrasts.
    """
    q = x - found.picture
    away = length(q, 1)
    reach = 2 * round(2 * unit) + 1
    _, at = F.max_pool2d(away[:, None], reach, stride=1, padding=reach // 2, return_indices=True)
    colour = x.flatten(2).gather(2, at.flatten(2).expand(-1, 3, -1)).view_as(x)
    span = colour - found.picture
    least = (SIGMAS * found.noise).clamp(*FAINT)[:, None, None]
    return (away > least) & ((q * span).sum(dim=1) > span.square().sum(dim=1) / 2)


def _regions(labels: Int64[Tensor, "b side side"], speck: float) -> Regions:
    """The regions of at least ``speck`` pixels."""
    side = labels.shape[-1]
    row, y, x = labels.nonzero(as_tuple=True)
    keys, owner, area = torch.unique(
        row * (side * side + 1) + labels[row, y, x], return_inverse=True, return_counts=True
    )
    ends = torch.stack([x, y, -x - 1, -y - 1], dim=1)
    box = torch.full((len(keys), 4), side, dtype=torch.int64)
    box = box.scatter_reduce(0, owner[:, None].expand(-1, 4), ends, "amin")
    box[:, 2:] *= -1
    keep = (area >= speck).nonzero()[:, 0]
    keep = keep[torch.argsort(area[keep], descending=True, stable=True)]
    held = torch.zeros(len(keys), dtype=torch.bool)
    held[keep] = True
    kept = labels.clone()
    kept[row, y, x] *= held[owner]
    return Regions(keys[keep] // (side * side + 1), keys[keep] % (side * side + 1), box[keep], kept)


def _by_size(regions: Regions, unit: float, windows: tuple[float, ...]) -> Iterator[tuple[Int64[Tensor, " n"], int]]:
    """Regions that fit into windows of the same side, and that side in pixels."""
    longest = (regions.box[:, 2:] - regions.box[:, :2]).amax(dim=1).double() / unit + 4
    least = 0.0
    for most in windows:
        last = most == windows[-1]
        numbers = ((longest > least) & ((longest <= most) | last)).nonzero()[:, 0]
        if len(numbers):
            yield numbers, 2 * math.ceil(most / 2 * unit)
        least = most


def _windows(
    x: Float[Tensor, "b 3 side side"], found: Grounds, regions: Regions, k: int, unit: float
) -> tuple[Windows, Int64[Tensor, "n 2"]]:
    """A window of ``k`` x ``k`` pixels round every region, and its top left corner (x, y).

    A pixel tells about a region if it is in or near its bounding box and not on or next to another region.
    """
    side, near = x.shape[-1], max(1, round(unit))
    corner = (regions.box[:, :2] + regions.box[:, 2:] - k) // 2
    wide = torch.arange(-near, k + near)  # other regions count up to the window's edge, so look beyond it
    at_x, at_y = (corner[:, axis, None] + wide for axis in (0, 1))  # (n, k + 2 near)
    low, high = regions.box[:, :2] - 2 * near, regions.box[:, 2:] + 2 * near
    in_x, in_y = (
        (a >= low[:, i, None].clamp(min=0)) & (a < high[:, i, None].clamp(max=side)) for i, a in ((0, at_x), (1, at_y))
    )
    row, at_x, at_y = regions.row[:, None, None], at_x[:, None].clamp(0, side - 1), at_y[:, :, None].clamp(0, side - 1)
    label = regions.labels[row, at_y, at_x]
    other = grown((label > 0) & (label != regions.label[:, None, None]), near)
    inner = slice(near, near + k)
    weight = (in_y[:, :, None] & in_x[:, None] & ~other)[:, inner, inner].float()
    at_x, at_y = at_x[:, :, inner], at_y[:, inner]
    cut, bare = (p.movedim(1, -1)[row, at_y, at_x].movedim(-1, 1) for p in (x, found.picture))
    noise = found.noise[regions.row].clamp(max=NOISIEST)
    return Windows(cut, bare, weight, noise), corner


def _named(
    outlines: Outlines, corner: Int64[Tensor, "n 2"], regions: Regions, unit: float, drawing: Drawing
) -> Iterator[Seen]:
    """Words for what was fitted; no shape where no template fits or the region is too large for any."""
    longest = (regions.box[:, 2:] - regions.box[:, :2]).amax(dim=1) / unit
    middle = ((outlines.place[:, :2] + corner) / unit).tolist()
    diameters = outlines.place[:, 2] / unit
    low, high = drawing.readable
    inside = (diameters >= low) & (torch.maximum(diameters, longest) <= high)
    clear = inside & (outlines.fit >= DISTINCT) & (outlines.lead >= drawing.lead * min(1.0, unit) ** 2)
    shapes = torch.where(clear, outlines.shape, len(drawing.shapes)).tolist()
    rows = zip(
        nearest_colours(outlines.colour),
        [(*drawing.shapes, None)[s] for s in shapes],
        [drawing.size_of(d) for d in diameters.tolist()],
        [(x, y) for x, y in middle],
        diameters.tolist(),
        outlines.fit.tolist(),
        outlines.lead.tolist(),
        strict=True,
    )
    for row in rows:
        yield Seen(*row)
