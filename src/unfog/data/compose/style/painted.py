"""Watercolour, neon and sticker: styles that keep colours but change how paint lies."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from unfog.data.compose.style.layers import Layers, Rgb, Rgba, blur, boxes, lines, luma, opaque, slope, steep, widen


def watercolor(layers: Layers) -> Rgba:
    """Flat washes with uneven outlines; more pigment in some places and at their rims, paper shining through."""
    size, unit = layers.size, layers.unit
    texture = layers.texture
    bend = torch.cat([texture.smooth(0, 12, 12, size), texture.smooth(144, 12, 12, size)], dim=1) - 0.5
    at = (torch.arange(size, device=bend.device) + 0.5) * (2 / size) - 1
    grid = torch.stack([at.expand(size, size), at[:, None].expand(size, size)], dim=-1)
    grid = grid + bend.permute(0, 2, 3, 1) * (2 * 2.6 / 64)
    wash = F.grid_sample(layers.picture(), grid, padding_mode="border", align_corners=False)
    wash = _kuwahara(wash, max(1, round(unit)))
    alpha = wash[:, 3:]
    rim = steep(slope(wash, unit), 0.1, 0.9)
    pigment = 0.90 + 0.50 * (texture.smooth(288, 7, 7, size) - 0.5) + 0.25 * rim + 0.08 * texture.speckle(size)
    density = (alpha - wash[:, :3]) * pigment.clamp(0.5, 1.25)
    return torch.cat([(alpha - density).clamp(min=0), alpha], dim=1)


def _kuwahara(x: Rgba, radius: int) -> Rgba:
    """Each pixel takes the mean of the quietest of the four squares that meet in it (Kuwahara et al. 1976)."""
    side = radius + 1
    wide = F.pad(x, (radius, radius, radius, radius), mode="replicate")
    light = luma(wide)
    means = boxes(torch.cat([wide, light, light * light], dim=1), side)  # of the square whose first pixel this is
    mean, spread = means[:, :4], means[:, 5:] - means[:, 4:5].square()
    h, w = x.shape[2:]
    corners = [(0, 0), (0, radius), (radius, 0), (radius, radius)]
    best, out = spread[:, :, :h, :w], mean[:, :, :h, :w]
    for down, across in corners[1:]:
        other = spread[:, :, down : down + h, across : across + w]
        quieter = other < best
        out = torch.where(quieter, mean[:, :, down : down + h, across : across + w], out)
        best = torch.minimum(best, other)
    return out


def neon(layers: Layers) -> Rgba:
    """Glowing tubes on black: every edge shines in the purest colour near it."""
    tube, hue = lines(layers, 0.2, 0.75), _pure(layers)
    light = 1.3 * blur(tube * hue, 2, layers.unit) + tube * (0.15 + 0.85 * hue) + 0.06 * layers.things[:, :3]
    return opaque(light / light.amax(dim=1, keepdim=True).clamp(min=1))  # too bright, it keeps its hue


def _pure(layers: Layers) -> Rgb:
    """The colour round a pixel, of things where there are any, without its grey part and as bright as can be."""
    near = blur(layers.things, 1, layers.unit)
    rgb = torch.where(near[:, 3:] > 0.05, near[:, :3] / near[:, 3:].clamp(min=0.05), layers.ground[:, :3])
    low, high = rgb.amin(dim=1, keepdim=True), rgb.amax(dim=1, keepdim=True)
    vivid = (rgb - 0.9 * low) / (high - 0.9 * low + 0.02)
    grey = 1 - steep(high - low, 0.04, 0.25)  # grey, black and white shine white
    return vivid + grey * (0.95 - vivid)


def sticker(layers: Layers) -> Rgba:
    """A white border, a thin grey line and a soft shadow round the things."""
    unit = layers.unit
    cover = layers.things[:, 3:]
    border = steep(blur(widen(steep(cover, 0.2, 0.6), 2.5, unit), 1, unit), 0.25, 0.6)
    rim = steep(blur(widen(border, 1, unit), 1, unit), 0.2, 0.6)
    shift = max(1, round(unit * 1.5))
    shadow = blur(F.pad(rim, (shift, 0, shift, 0))[:, :, : layers.size, : layers.size], 1.5, unit)
    out = layers.ground * (1 - 0.38 * shadow)
    out = torch.cat([out[:, :3], torch.maximum(layers.ground[:, 3:], 0.38 * shadow)], dim=1)
    for alpha, grey in ((0.75 * rim, 0.62), (border, 1.0)):
        paint = torch.cat([(grey * alpha).expand(-1, 3, -1, -1), alpha], dim=1)
        out = paint + (1 - alpha) * out
    return layers.things + (1 - cover) * out
