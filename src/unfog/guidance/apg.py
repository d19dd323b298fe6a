"""Adaptive projected guidance (Sadat, Hilliges & Weber 2024): strong guidance without its saturated colours.

    D = D_c + (scale - 1)(perp + eta para),    D_c - D_u = para + perp,    para along D_c, perp orthogonal to it

The part along D_c multiplies what is there already, which is what saturates; eta = 0 drops it, eta = 1 is CFG. The
length of D_c - D_u may be limited first. The paper's momentum over the steps is left out: a wrapper remembers nothing
between calls.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.guidance.cfg import Mix, Scale
from unfog.util.errors import UsageError
from unfog.util.shapes import like


def projected(eta: float = 0.0, limit: float | None = None) -> Mix:
    """The momentum-free form.

    Args:
        eta: how much of the part along D_c stays.
        limit: largest root mean square of D_c - D_u (the paper's r divided by the root of the number of values).

    Raises:
        UsageError: ``limit`` is not positive.
    """
    if limit is not None and not limit > 0:
        raise UsageError(f"the limit of projected guidance must be above 0, got {limit}")

    def mix(cond: Float[Tensor, "b *shape"], uncond: Float[Tensor, "b *shape"], scale: Scale) -> Tensor:
        delta = cond - uncond
        if limit is not None:
            length = delta.flatten(1).square().mean(1).sqrt()
            delta = like((limit / length.clamp(min=limit)), delta) * delta
        norm = cond.flatten(1).square().sum(1)
        share = torch.where(norm > 0, (delta * cond).flatten(1).sum(1) / norm, 0)
        push = delta + (eta - 1) * like(share, cond) * cond
        return cond + ((like(scale, cond).to(cond) if isinstance(scale, Tensor) else scale) - 1) * push

    return mix
