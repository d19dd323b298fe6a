"""From the painted pixels to the finished picture: learned doubling, then interpolation that keeps edges sharp.

A model paints few pixels. If it brings a network that doubles pictures (``nets/upscaler.py``), that comes first, as
long as the picture has at most ``LEARNED`` pixels a side and is not yet too large; ``nets/edges.py`` goes the rest of
the way, or all of it.

Everything is computed on the CPU one picture at a time, so a picture does not depend on its neighbours or the device.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.nets.edges import stretched
from unfog.nets.upscaler import Upscaler

LEARNED = 128


@torch.no_grad()
def upscale(
    x: Float[Tensor, "b c h w"], size: tuple[int, int], net: Upscaler | None = None
) -> Float[Tensor, "b c height width"]:
    """Pictures in [-1, 1] at ``size`` (width, height); transparent ones premultiplied. As they are if that is theirs.

    Args:
        net: what doubles pictures of these channels (or of RGBA, for opaque ones); ``None``: interpolation only.
    """
    if (x.shape[3], x.shape[2]) == size:
        return x
    made = [one(picture[None].float().cpu().clamp(-1, 1), size, net) for picture in x]
    return torch.cat(made)


def one(x: Float[Tensor, "1 c h w"], size: tuple[int, int], net: Upscaler | None) -> Float[Tensor, "1 c height width"]:
    """One picture at ``size``."""
    while net is not None and max(x.shape[2:]) <= LEARNED and 2 * x.shape[3] <= size[0] and 2 * x.shape[2] <= size[1]:
        x = within(doubled(x, net))
    if (x.shape[3], x.shape[2]) == size:
        return x
    return within(stretched(x, (size[1], size[0])))


def doubled(x: Float[Tensor, "1 c h w"], net: Upscaler) -> Float[Tensor, "1 c h2 w2"]:
    """A picture of twice the size; an opaque one is shown to a network for transparent ones as such."""
    if net.channels == x.shape[1] + 1:
        return net.enlarge(torch.cat([x, torch.ones_like(x[:, :1])], dim=1))[:, :-1]
    return net.enlarge(x)


def within(x: Float[Tensor, "1 c h w"]) -> Float[Tensor, "1 c h w"]:
    """Values as a picture has them: in [-1, 1], and no colour stronger than its alpha."""
    x = x.clamp(-1, 1)
    if x.shape[1] == 4:
        a = (x[:, 3:] + 1) / 2
        x = torch.cat([torch.maximum(torch.minimum(x[:, :3], a), -a), x[:, 3:]], dim=1)
    return x
