"""Classical augmentation: a picture a little turned, scaled and shifted; mirrored only where that is asked for.

    x'(p) = x(R(angle) p / scale - shift),    |angle| <= 12 degrees,  |scale - 1| <= 0.1,  |shift| <= 0.1 of the side

each drawn evenly; between pixels bilinear, beyond the edges the edge. Row i is a function of (seed, index i).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from unfog.util.random import Draw, uniform

DEGREES, SCALE, SHIFT = 12.0, 0.1, 0.1


def moved(x: Float[Tensor, "b c h w"], seed: int, indices: Sequence[int], *, flip: bool) -> Float[Tensor, "b c h w"]:
    """Each picture as it may look another time; ``indices``: one per picture."""
    u = 2 * uniform([seed] * len(x), (5,), draw=Draw.JUDGE_MOVE, index=indices).float() - 1  # in (-1, 1)
    angle, scale = u[:, 0] * math.radians(DEGREES), 1 + SCALE * u[:, 1]
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    side = torch.where(u[:, 4] < 0, -1.0, 1.0) if flip else torch.ones_like(cos)
    rows = [
        torch.stack([cos * side, -sin, 2 * SHIFT * u[:, 2]], 1),
        torch.stack([sin * side, cos, 2 * SHIFT * u[:, 3]], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
