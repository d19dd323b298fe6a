"""Pictures of cells of one colour each: pixel art, mosaic, embroidery.

Every pixel belongs to a cell; a cell takes the mean colour of its pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor

from unfog.data.compose.style.layers import Layers, Rgba, luma, steep

LEVELS, TINTS = 8, 16  # steps of luma, and of a channel's distance from it, in pixel art
GROUT, CEMENT = 0.62, 0.45  # how much grout covers between the tiles of a mosaic, and its grey


def pixel_art(layers: Layers) -> Rgba:
    """Square cells (21 a side, 32 where things are small) in few shades, with hard outlines."""
    size = layers.size
    side = max(2, round(size / (32 if layers.fine else 21)))
    things, ground = (F.avg_pool2d(x, side, ceil_mode=True) for x in (layers.things, layers.ground))
    cover = things[:, 3:]
    picture = torch.where(cover >= 0.5, things / cover.clamp(min=1e-3), ground)
    light = luma(picture)  # shades are made coarser than hues, which must keep their names
    tint = ((picture[:, :3] - light) * TINTS).round() / TINTS
    colour = (light * (LEVELS - 1)).round() / (LEVELS - 1) + tint
    small = torch.cat([torch.minimum(colour.clamp(min=0), picture[:, 3:]), picture[:, 3:]], dim=1)
    at = torch.arange(size, device=small.device) // side
    return small[:, :, at][..., at]


def mosaic(layers: Layers) -> Rgba:
    """Irregular tiles: the cells of jittered points (Voronoi), cut along the outlines of things, and grout between."""
    size = layers.size
    count = min(20 if layers.fine else 16, size // 3)
    raster = layers.texture.raster[:, 0].flatten(1)
    cell, gap = _voronoi(raster[:, : 2 * count * count].reshape(-1, 2, count, count), size)
    shade = torch.gather(raster[:, -count * count :], 1, cell.flatten(1)).reshape(-1, 1, size, size)
    picture = _cut(layers, cell, count * count, light=1 + 0.11 * shade)
    alpha = picture[:, 3:]
    grout = GROUT * (1 - steep(gap, 0.03, 0.26)[:, None])
    return torch.cat([picture[:, :3] + grout * (CEMENT * alpha - picture[:, :3]), alpha], dim=1)


def _voronoi(
    jitter: Float[Tensor, "n 2 count count"], size: int
) -> tuple[Int64[Tensor, "n size size"], Float[Tensor, "n size size"]]:
    """The nearest point of each pixel, and how much farther the second nearest is, in sides of the lattice."""
    n, _, count, _ = jitter.shape
    at = (torch.arange(size, device=jitter.device) + 0.5) * (count / size)
    corner = (at - 0.5).floor().long()  # of the four points round a pixel; others are hardly ever nearer
    point = 0.3 * jitter.flatten(2)
    first = second = torch.full((n, size, size), 9.0, device=at.device)
    cell = torch.zeros_like(first, dtype=torch.int64)
    for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = corner + dy, corner + dx
        index = row.clamp(0, count - 1)[:, None] * count + column.clamp(0, count - 1)
        outside = ((row < 0) | (row >= count))[:, None] | (column < 0) | (column >= count)
        off = point[:, :, index]  # (n, 2, size, size)
        across, down = at - column - 0.5 - off[:, 0], (at - row - 0.5)[:, None] - off[:, 1]
        distance = across * across + down * down + 9.0 * outside
        closer = distance < first
        second = torch.minimum(second, torch.maximum(first, distance))
        first, cell = torch.minimum(first, distance), torch.where(closer, index, cell)
    return cell, torch.sqrt(second) - torch.sqrt(first)


def _cut(layers: Layers, cell: Int64[Tensor, "n h w"], count: int, light: Tensor) -> Rgba:
    """Things and ground in one colour a cell each, times ``light``; the outlines of things stay where they are."""
    things, ground = cell_means(layers.things, cell, count), cell_means(layers.ground, cell, count)
    cover = layers.things[:, 3:]
    colour = torch.minimum(things[:, :3] / things[:, 3:].clamp(min=1e-3) * light, torch.ones_like(light))
    below = torch.minimum(ground[:, :3] * light, ground[:, 3:])
    rgb = cover * colour + (1 - cover) * below
    return torch.cat([rgb, cover + (1 - cover) * ground[:, 3:]], dim=1)


def embroidery(layers: Layers) -> Rgba:
    """Things in short diagonal stitches, each of one colour, light on its back; the ground is woven cloth."""
    size, unit = layers.size, layers.unit
    long, wide = 4.2, 1.9
    axis = torch.arange(size, device=layers.things.device)
    at = (axis + 0.5) / unit
    across, along = (at[:, None] + at) * 0.7071, (at - at[:, None]) * 0.7071 + 64
    row = (across / wide).floor()
    shift = (row * 0.381966).remainder(1)  # golden section: ends of neighbouring stitches never line up
    step = along / long + shift
    stitch = step.floor()
    ends, sides = (step - stitch - 0.5).abs() * 2, (across / wide - row - 0.5).abs() * 2
    cell = (row * 64 + stitch).long()  # fewer than 64 stitches in a row
    shine = 1.12 - 0.34 * sides * sides - 0.36 * ends * ends * ends
    things = cell_means(layers.things, cell.expand(len(layers.things), -1, -1), 64 * 64)
    thread = things[:, :3] / things[:, 3:].clamp(min=1e-3)
    thread = (thread * shine + 0.05 * (1 - sides)).clamp(0, 1)
    cover = steep(layers.things[:, 3:], 0.15, 0.85)
    shadow = 0.35 * F.pad(cover, (1, 0, 1, 0))[:, :, :size, :size]
    thin = (axis // max(1, round(unit))) % 2
    weave = 1.0 - 0.09 * (thin[:, None] ^ thin)
    cloth = layers.ground[:, :3] * weave * (1 - shadow)
    return torch.cat([cover * thread + (1 - cover) * cloth, cover + (1 - cover) * layers.ground[:, 3:]], dim=1)


def cell_means(picture: Float[Tensor, "n c h w"], cell: Int64[Tensor, "n h w"], count: int) -> Float[Tensor, "n c h w"]:
    """Every pixel replaced by the mean of its cell; cells are numbered 0..count-1 in each picture."""
    n, c, h, w = picture.shape
    index = cell.flatten(1)
    sums = torch.zeros(n, c, count, device=picture.device)
    sums.scatter_add_(2, index[:, None].expand(-1, c, -1), picture.flatten(2))
    number = torch.zeros(n, count, device=picture.device).scatter_add_(
        1, index, torch.ones_like(picture[:, 0].flatten(1))
    )
    means = sums / number.clamp(min=1)[:, None]
    return torch.gather(means, 2, index[:, None].expand(-1, c, -1)).reshape(n, c, h, w)
