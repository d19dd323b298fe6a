"""Which shape a region of a picture has: templates of the renderer fitted by least squares.

Inside a window with background ``b(p)``, an object of colour ``c`` and coverage ``t(p; shape, centre, diameter)`` shows
``x = (1 - t) b + t c``. Seen along ``c - b`` this is one number per pixel,

    a(p) = (x - b).(c - b) / |c - b|^2 = t,          error E = sum_p |c - b|^2 (a - s t)^2 + what is across c - b

with a strength ``s`` (1 if ``c`` is right) that is solved for. Every shape starts from mass and centroid of ``a``; the
few that start best are improved by Gauss-Newton steps in (s, centre, diameter), and the best is told with its share of
explained variance

    fit = 1 - (E - E_noise) / (E_0 - E_noise),      E_0 without any object, E_noise = what the picture's noise leaves

so a blob, a half or two merged objects, which no template explains, are known by a low ``fit``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from unfog.data.scenes_layout import SIDE
from unfog.data.scenes_render import coverage
from unfog.evaluate.drawing import SCENES, Drawing
from unfog.evaluate.ground import length

RIVALS = 3  # shapes that are improved
STEPS = 2  # of Gauss-Newton
NUDGE = 0.15  # pixels by which a length is changed to measure a derivative
LONGEST = 1.5  # pixels a length may move in one step
SYMMETRIC = 1e-4  # of its diameter: a centroid so near the middle is in the middle
SMOOTH = 0.5  # standard deviation in pixels of the softer of two templates


@dataclass(frozen=True)
class Windows:
    """One region per row, cut out of its picture; colours in 0..1, lengths in pixels.

    Fields:
        x: the picture.
        ground: the picture without objects.
        weight: 1 where a pixel tells about this region, 0 elsewhere.
        noise: standard deviation per channel of the picture's noise.
    """

    x: Float[Tensor, "n 3 k k"]
    ground: Float[Tensor, "n 3 k k"]
    weight: Float[Tensor, "n k k"]
    noise: Float[Tensor, " n"]


@dataclass(frozen=True)
class Outlines:
    """The best template of every region.

    Fields:
        shape: index into ``Drawing.shapes``.
        place: centre (x, y) and diameter in pixels of the window.
        colour: of the object, 0..1 (a little beyond where no pixel was fully covered).
        fit: share of explained variance, 1 is perfect.
        lead: by how much ``fit`` is above that of the next best shape.
    """

    shape: Int64[Tensor, " n"]
    place: Float[Tensor, "n 3"]
    colour: Float[Tensor, "n 3"]
    fit: Float[Tensor, " n"]
    lead: Float[Tensor, " n"]


@dataclass(frozen=True)
class Rivals:
    """Templates that compete for regions, one per row.

    Fields:
        shape: index into ``drawing.shapes``.
        place: centre (x, y) and diameter in pixels.
        a, power: the region along its colour, and the squared contrast that weighs each pixel.
        drawing: whose shapes compete.
    """

    shape: Int64[Tensor, " m"]
    place: Float[Tensor, "m 3"]
    a: Float[Tensor, "m k k"]
    power: Float[Tensor, "m k k"]
    drawing: Drawing

    def templates(self, place: Float[Tensor, "m 3"]) -> Float[Tensor, "m k k"]:
        """Coverage by the shapes at places."""
        k = self.a.shape[-1]
        out, scaled = torch.empty_like(self.a), place * (SIDE / k)  # the renderer takes 1/32 of the side
        for number, name in enumerate(self.drawing.shapes):
            rows = (self.shape == number).nonzero()[:, 0]
            if len(rows):
                out[rows] = coverage(name, scaled[rows, :2], scaled[rows, 2], k, self.drawing.outlines)
        return out

    def strength(self, t: Float[Tensor, "m k k"]) -> Float[Tensor, "m 1 1"]:
        """The best ``s``; never far from 1, where the colour is right."""
        held = self.power * t
        s = (held * self.a).sum(dim=(1, 2)) / (held * t).sum(dim=(1, 2)).clamp(min=1e-6)
        return s.clamp(0.5, 1.5)[:, None, None]

    def error(self, t: Float[Tensor, "m k k"]) -> Float[Tensor, " m"]:
        """Squared error along the colour."""
        return (self.power * (self.a - self.strength(t) * t).square()).sum(dim=(1, 2))

    def improved(self) -> Rivals:
        """After one Gauss-Newton step; whoever would get worse stays."""
        t = self.templates(self.place)
        s = self.strength(t)
        slopes = [t]
        for axis in range(3):
            moved = self.place.clone()
            moved[:, axis] += NUDGE
            slopes.append(s * (self.templates(moved) - t) / NUDGE)
        jacobian = torch.stack(slopes, dim=1).flatten(2)  # (m, 4, pixels)
        held = jacobian * self.power.flatten(1)[:, None]
        gram = held @ jacobian.transpose(1, 2)
        damp = 1e-2 * gram.diagonal(dim1=1, dim2=2).mean(dim=1) + 1e-4
        wanted = held @ (self.a - s * t).flatten(1)[:, :, None]
        step = torch.linalg.solve(gram + damp[:, None, None] * torch.eye(4), wanted)[:, 1:, 0]
        after = self.place + step.clamp(-LONGEST, LONGEST)
        after[:, 2].clamp_(2.0, float(t.shape[-1]))
        better = self.error(self.templates(after)) < self.error(t)
        return replace(self, place=torch.where(better[:, None], after, self.place))


@cache
def moments(drawing: Drawing) -> Float[Tensor, "shapes 3"]:
    """Area of every shape of diameter 1, and how far right of and below the middle of its box its centroid lies."""
    fine, across = 256, 30.0
    centre, wide = torch.full((1, 2), SIDE / 2), torch.tensor([across])
    big = torch.cat([coverage(s, centre, wide, fine, drawing.outlines) for s in drawing.shapes])
    at = (torch.arange(fine) + 0.5) * (SIDE / fine) - SIDE / 2
    mass = big.sum(dim=(1, 2))
    drop = (big.sum(dim=2) * at).sum(dim=1) / mass
    aside = (big.sum(dim=1) * at).sum(dim=1) / mass
    aside = torch.where(aside.abs() < SYMMETRIC * across, 0.0, aside)
    return torch.stack([mass * (SIDE / fine / across) ** 2, aside / across, drop / across], dim=1)


def along(windows: Windows) -> tuple[Float[Tensor, "n k k"], Float[Tensor, "n k k"]]:
    """``a`` and the weighted ``|c - b|^2`` of every region; ``c`` is its colour where it differs most from ``b``."""
    q = windows.x - windows.ground
    away = length(q, 1) * windows.weight
    top = (away / away.amax(dim=(1, 2), keepdim=True).clamp(min=1e-6)) ** 8
    colour = torch.einsum("nhw,nchw->nc", top, windows.x) / top.sum(dim=(1, 2))[:, None].clamp(min=1e-6)
    span = colour[:, :, None, None] - windows.ground
    power = span.square().sum(dim=1)
    return (q * span).sum(dim=1) / power.clamp(min=1e-6), power * windows.weight


def starts(a: Float[Tensor, "n k k"], power: Float[Tensor, "n k k"], drawing: Drawing) -> Float[Tensor, "n shapes 3"]:
    """Centre and diameter for every shape from mass and centroid of ``a``."""
    held = a.clamp(0, 1) * (power > 0)
    axis = torch.arange(a.shape[-1]) + 0.5
    mass = held.sum(dim=(1, 2))[:, None].clamp(min=1e-3)
    x, y = (held.sum(dim=1) * axis).sum(dim=1)[:, None] / mass, (held.sum(dim=2) * axis).sum(dim=1)[:, None] / mass
    area, aside, drop = moments(drawing).unbind(dim=1)
    diameter = torch.sqrt(mass / area)  # (n, shapes)
    return torch.stack([x - aside * diameter, y - drop * diameter, diameter], dim=2)


def smoothed(t: Float[Tensor, "m k k"]) -> Float[Tensor, "m k k"]:
    """Slightly blurred templates, for pictures that are not perfectly sharp."""
    side = torch.exp(torch.tensor(-1 / (2 * SMOOTH**2)))
    kernel = torch.stack([side, torch.ones(()), side]) / (1 + 2 * side)
    level = F.conv2d(t[:, None], kernel.view(1, 1, 1, 3), padding=(0, 1))
    return F.conv2d(level, kernel.view(1, 1, 3, 1), padding=(1, 0))[:, 0]


def fit(windows: Windows, drawing: Drawing = SCENES) -> Outlines:
    """The best shape, place and colour of every region."""
    n, count = len(windows.x), len(drawing.shapes)
    a, power = along(windows)
    owner = torch.arange(n).repeat_interleave(count)
    every = Rivals(
        torch.arange(count).repeat(n), starts(a, power, drawing).flatten(0, 1), a[owner], power[owner], drawing
    )
    first = every.error(every.templates(every.place)).view(n, count).topk(RIVALS, dim=1, largest=False).indices
    rows = (first + count * torch.arange(n)[:, None]).flatten()  # (n * RIVALS,)
    rivals = Rivals(every.shape[rows], every.place[rows], every.a[rows], every.power[rows], drawing)
    for _ in range(STEPS):
        rivals = rivals.improved()
    sharp = rivals.templates(rivals.place)
    errors = torch.stack([rivals.error(t) for t in (sharp, smoothed(sharp))])  # (2, n * RIVALS)
    ranked, order = errors.amin(dim=0).view(n, RIVALS).sort(dim=1)
    error, best = ranked[:, 0], order[:, 0] + RIVALS * torch.arange(n)
    soft = (errors[1] < errors[0])[best, None, None]
    t = torch.where(soft, smoothed(sharp[best]), sharp[best])
    square = (windows.x - windows.ground).square().sum(dim=1) * windows.weight
    across = (square - power * a.square()).sum(dim=(1, 2))
    noise = 3 * windows.noise**2 * windows.weight.sum(dim=(1, 2))
    whole = (square.sum(dim=(1, 2)) - noise).clamp(min=1e-6)
    share = 1 - (error + across - noise).clamp(min=0) / whole
    return Outlines(rivals.shape[best], rivals.place[best], _colour(windows, t), share, (ranked[:, 1] - error) / whole)


def _colour(windows: Windows, t: Float[Tensor, "n k k"]) -> Float[Tensor, "n 3"]:
    """The colour with the smallest error: ``c = sum t (x - (1 - t) b) / sum t^2``."""
    held = (t * windows.weight)[:, None]
    seen = (held * (windows.x - (1 - t)[:, None] * windows.ground)).sum(dim=(2, 3))
    return seen / (held[:, 0] * t).sum(dim=(1, 2)).clamp(min=1e-3)[:, None]
