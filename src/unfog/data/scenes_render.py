"""Draw a batch of procedural scenes: anti-aliased shapes from signed distances, all objects of one shape at once.

With ``d(p)`` the signed distance of pixel centre ``p`` from the outline (negative inside, in pixels), the coverage of
the pixel is ``a = clamp(1/2 - d, 0, 1)``, exact for a straight edge along the grid. Objects never overlap, so the
picture is ``background + sum_k a_k (colour_k - background)``. Distances: I. Quilez, "2D distance functions", or the
largest of half-plane distances for convex outlines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.data.scenes_layout import SHAPES, SIDE, Background, Scene
from unfog.data.scenes_palette import PALETTE, tones

PERIOD = 8.0  # of stripes and squares, in 1/32 of the side: 4 light, 4 lighter
Plane = Float[Tensor, "n h w"]
Outline = Callable[[Plane, Plane], Plane]  # signed distance in a square from -1 to 1, y down; negative inside


def _circle(x: Plane, y: Plane) -> Plane:
    return torch.sqrt(x * x + y * y) - 1


def _square(x: Plane, y: Plane) -> Plane:
    return torch.maximum(x.abs(), y.abs()) - 0.9


def _triangle(x: Plane, y: Plane) -> Plane:
    """Equilateral, side 2, point up."""
    half = math.sqrt(3) / 2
    return torch.maximum(y - half, half * x.abs() - (y + half) / 2)


def _star(x: Plane, y: Plane) -> Plane:
    """Five points, width 2; one of ten equal sectors holds one straight edge from a tip to a notch."""
    outer = 1 / math.cos(math.pi / 10)
    inner = 0.46 * outer
    y = y - outer * (1 - math.cos(math.pi / 5)) / 2
    turn = 2 * math.pi / 5
    angle = (torch.atan2(x, -y) + turn / 2).remainder(turn) - turn / 2  # (-36, 36] degrees from the nearest tip
    radius = torch.sqrt(x * x + y * y)
    px, py = radius * torch.cos(angle), radius * torch.sin(angle.abs())
    ex, ey = inner * math.cos(turn / 2) - outer, inner * math.sin(turn / 2)
    return (ey * (px - outer) - ex * py) / math.hypot(ex, ey)


def _heart(x: Plane, y: Plane) -> Plane:
    """Two discs and the wedge between their tangents through the tip; symmetric, so the right half is drawn."""
    cx, cy, r, tip = 0.48, -0.4, 0.52, 0.94
    x = x.abs() - cx
    y = y - cy
    far = math.hypot(cx, tip - cy)
    lean = math.atan2(tip - cy, -cx) - math.acos(r / far)  # direction of the normal at the tangent point
    nx, ny = math.cos(lean), math.sin(lean)
    wedge = torch.maximum(nx * x + ny * y - r, ny * x - nx * y)
    return torch.minimum(torch.sqrt(x * x + y * y) - r, wedge)


def _cross(x: Plane, y: Plane) -> Plane:
    x, y = x.abs(), y.abs()
    return torch.minimum(torch.maximum(x - 1, y - 0.34), torch.maximum(x - 0.34, y - 1))


def _ring(x: Plane, y: Plane) -> Plane:
    return (torch.sqrt(x * x + y * y) - 0.73).abs() - 0.27


def _diamond(x: Plane, y: Plane) -> Plane:
    width = 0.8
    return (x.abs() + y.abs() * width - width) / math.hypot(1, width)


OUTLINES: dict[str, Outline] = dict(
    zip(SHAPES, (_circle, _square, _triangle, _star, _heart, _cross, _ring, _diamond), strict=True)
)


def coverage(
    shape: str,
    centres: Float[Tensor, "n 2"],
    diameters: Float[Tensor, " n"],
    size: int,
    outlines: Mapping[str, Outline] = OUTLINES,
) -> Float[Tensor, "n size size"]:
    """Share of each pixel covered by an object, 0..1; centres and diameters in 1/32 of the side."""
    unit = size / SIDE
    axis = torch.arange(size) + 0.5
    radius = diameters * (unit / 2)
    x = (axis - centres[:, :1] * unit) / radius[:, None]  # (n, w)
    y = (axis - centres[:, 1:] * unit) / radius[:, None]  # (n, h)
    x, y = torch.broadcast_tensors(x[:, None, :], y[:, :, None])
    return torch.add(0.5, outlines[shape](x, y) * radius[:, None, None], alpha=-1).clamp_(0, 1)


def waves(size: int) -> Float[Tensor, " size"]:
    """Weight of the second tone along one axis of stripes, 0..1, anti-aliased."""
    unit = size / SIDE
    at = (torch.arange(size) + 0.5) / unit
    edge = PERIOD / 4 - ((at - PERIOD / 4).remainder(PERIOD) - PERIOD / 2).abs()
    return (edge * unit + 0.5).clamp(0, 1)


def _backgrounds(backgrounds: Sequence[Background], size: int) -> Float[Tensor, "b 3 size size"]:
    """Pictures of the backgrounds, sRGB 0..255."""
    wave = waves(size)
    level, upright = wave[:, None].expand(size, size), wave[None, :].expand(size, size)
    fall = ((torch.arange(size) + 0.5) / size)[:, None].expand(size, size)
    maps = {
        "plain": torch.zeros(size, size),
        "gradient": fall,
        "level": level,
        "upright": upright,
        "checkered": level + upright - 2 * level * upright,
    }
    names = [b.kind if b.kind != "striped" else ("upright" if b.upright else "level") for b in backgrounds]
    weights = torch.stack([maps[n] for n in names])[:, None]  # (b, 1, h, w)
    pair = torch.tensor([tones(b.kind, b.colour) for b in backgrounds])  # (b, 2, 3)
    pair = pair + torch.tensor([b.wobble for b in backgrounds])[:, None]
    first, second = pair[:, 0, :, None, None], pair[:, 1, :, None, None]
    return torch.addcmul(first, weights, second - first)


def render(scenes: Sequence[Scene], size: int) -> Float[Tensor, "b 3 size size"]:
    """Pictures of scenes in [-1, 1], ``size`` pixels a side; row k depends on ``scenes[k]`` only."""
    out = _backgrounds([s.background for s in scenes], size)
    ground = out.clone()
    for shape in SHAPES:
        found = [(k, g, c) for k, s in enumerate(scenes) for g in s.groups if g.shape == shape for c in g.centres]
        if not found:
            continue
        rows = torch.tensor([k for k, _, _ in found])
        colours = torch.tensor([[p + w for p, w in zip(PALETTE[g.colour], g.wobble, strict=True)] for _, g, _ in found])
        covered = coverage(
            shape, torch.tensor([c for _, _, c in found]), torch.tensor([g.diameter for _, g, _ in found]), size
        )
        out.index_add_(0, rows, covered[:, None] * (colours[:, :, None, None] - ground[rows]))
    return out.mul_(2 / 255).sub_(1).clamp_(-1, 1)
