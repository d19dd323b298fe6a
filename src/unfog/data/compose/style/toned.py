"""Two photographs' tones: black and white, and sepia. Alpha stays."""

from __future__ import annotations

import torch

from unfog.data.compose.style.layers import Layers, Rgba, luma

SHADOW, MIDDLE, LIGHT = (0.13, 0.07, 0.03), (0.62, 0.44, 0.27), (1.0, 0.94, 0.80)


def black_and_white(layers: Layers) -> Rgba:
    """Luma in all three channels."""
    picture = layers.picture()
    return torch.cat([luma(picture).expand(-1, 3, -1, -1), picture[:, 3:]], dim=1)


def sepia(layers: Layers) -> Rgba:
    """Luma on a ramp from dark brown to cream; the ramp is bent in the middle, where prints are warmest."""
    picture = layers.picture()
    alpha = picture[:, 3:]
    grey = luma(picture)  # premultiplied, so the ramp is applied to shares of alpha
    shadow, middle, light = (torch.tensor(c, device=grey.device)[:, None, None] for c in (SHADOW, MIDDLE, LIGHT))
    lower = torch.minimum(grey * 2, alpha)
    upper = (grey * 2 - alpha).clamp(min=0)
    return torch.cat([shadow * alpha + (middle - shadow) * lower + (light - middle) * upper, alpha], dim=1)
