"""Line drawings: outline, pencil sketch, blueprint. Colours are given up; lines say what is there."""

from __future__ import annotations

import torch

from unfog.data.compose.style.layers import Layers, Plane, Rgba, blur, lines, luma, opaque, steep

INK = 0.10
BLUE, PALE = (0.09, 0.27, 0.60), (0.91, 0.95, 1.0)


def outline(layers: Layers) -> Rgba:
    """Dark lines, white between them; what was transparent outside the things stays so."""
    drawn = lines(layers)
    alpha = torch.maximum(layers.things[:, 3:], layers.ground[:, 3:])
    white = 1 - (1 - INK) * drawn
    alpha = torch.maximum(alpha, drawn)
    return torch.cat([(white * alpha).expand(-1, 3, -1, -1), alpha], dim=1)


def sketch(layers: Layers) -> Rgba:
    """Graphite on paper: soft lines, and hatching that gets denser in the dark."""
    size, unit = layers.size, layers.unit
    grain = layers.texture.speckle(size)
    over_paper = layers.picture()
    dark = 1 - luma(over_paper + (1 - over_paper[:, 3:]))
    dark = dark * (0.45 + 0.55 * layers.things[:, 3:])  # the ground steps back
    stroke = lines(layers, 0.08, 0.5)
    at = torch.arange(size, device=grain.device) / unit
    rising, falling = (at[:, None] + at) / 3.2, (at[:, None] - at) / 3.2
    shade = (
        0.30 * dark + 0.42 * _hatch(rising) * steep(dark, 0.18, 0.7) + 0.34 * _hatch(falling) * steep(dark, 0.5, 0.95)
    )
    graphite = torch.maximum(0.85 * (0.6 * stroke + 0.4 * blur(stroke, 1, unit)), shade * (0.9 + 0.35 * grain))
    paper = 0.965 + 0.018 * grain
    return opaque((paper * (1 - graphite.clamp(0, 0.92))).clamp(0, 1).expand(-1, 3, -1, -1))


def _hatch(phase: torch.Tensor) -> torch.Tensor:
    """Strokes, 1 in the middle of a stroke, one stroke for every unit of phase."""
    away = (phase.remainder(1) - 0.5).abs() * 2
    return (1.15 - 1.5 * away).clamp(0, 1)


def blueprint(layers: Layers) -> Rgba:
    """White lines on blue paper with a fine grid; things are a little lighter."""
    drawn = lines(layers, 0.12, 0.45)
    blue, pale = (torch.tensor(c, device=drawn.device)[:, None, None] for c in (BLUE, PALE))
    strength = 0.13 * _grid(layers) + 0.10 * layers.things[:, 3:]
    strength = strength + (1 - strength) * 0.95 * drawn
    return opaque(blue + strength * (pale - blue))


def _grid(layers: Layers) -> Plane:
    """Lines of one pixel, eight fields a side."""
    step = layers.size / 8
    at = (torch.arange(layers.size, device=layers.things.device) + 0.5).remainder(step)
    line = (at < max(1.0, layers.unit)).float()
    return torch.maximum(line[:, None], line)[None, None]
