"""Pictures with transparency, as the networks see them and as files hold them.

In memory colours are premultiplied over mid-grey, so that what is transparent has no colour at all and a mean of
pixels is a mean of pictures. With straight colour v and opacity a, both 0..1:

    rgb = a (2 v - 1)        alpha = 2 a - 1          all in [-1, 1]; a transparent pixel is (0, 0, 0, -1)

Files hold straight colours, 8 bits each; a fully transparent pixel is stored as black.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor


def over(x: Float[Tensor, "b 4 h w"], colour: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Float[Tensor, "b 3 h w"]:
    """Premultiplied pictures laid over one colour (each value in [-1, 1]): opaque RGB in [-1, 1]."""
    a = (x[:, 3:].clamp(-1, 1) + 1) / 2
    paper = torch.tensor(colour, dtype=x.dtype, device=x.device)[:, None, None]
    return x[:, :3] + (1 - a) * paper


def laid(x: Float[Tensor, "b 4 h w"], ground: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 4 h w"]:
    """Premultiplied pictures laid over others (Porter & Duff 1984, "over")."""
    through = 1 - (x[:, 3:].clamp(-1, 1) + 1) / 2
    return torch.cat([x[:, :3] + through * ground[:, :3], 1 - through * (1 - ground[:, 3:])], dim=1)


def straight(x: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 4 h w"]:
    """Premultiplied to straight colours, in [-1, 1]; black where nothing is seen."""
    a = (x[:, 3:].clamp(-1, 1) + 1) / 2
    rgb = torch.where(a > 0.5 / 255, x[:, :3] / a.clamp(min=0.5 / 255), -1.0).clamp(-1, 1)
    return torch.cat([rgb, 2 * a - 1], dim=1)


def premultiplied(pixels: UInt8[Tensor, "b 4 h w"]) -> Float[Tensor, "b 4 h w"]:
    """RGBA of a file, 0..255, to what the networks see."""
    v, a = pixels[:, :3].float() / 255, pixels[:, 3:].float() / 255
    return torch.cat([a * (2 * v - 1), 2 * a - 1], dim=1)
