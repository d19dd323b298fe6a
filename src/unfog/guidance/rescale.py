"""Guidance rescale (Lin et al. 2023, section 3.4): strong guidance raises contrast; take that back.

D <- phi D std(D_c)/std(D) + (1 - phi) D,      std over all values of one sample
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.guidance.cfg import Mix, Scale, linear
from unfog.util.errors import UsageError
from unfog.util.shapes import like


def rescaled(phi: float, mix: Mix = linear) -> Mix:
    """``mix``, followed by a rescale of strength ``phi`` in [0, 1] (0: none; the paper uses 0.7).

    Raises:
        UsageError: ``phi`` outside [0, 1].
    """
    if not 0 <= phi <= 1:
        raise UsageError(f"guidance rescale must be within 0..1, got {phi}")

    def rescale(
        cond: Float[Tensor, "b *shape"], uncond: Float[Tensor, "b *shape"], scale: Scale
    ) -> Float[Tensor, "b *shape"]:
        mixed = mix(cond, uncond, scale)
        wanted, found = (d.flatten(1).std(1) for d in (cond, mixed))
        ratio = torch.where(found > 0, wanted / found, 1)  # a constant estimate has no contrast to change
        return like(1 + phi * (ratio - 1), mixed) * mixed

    return rescale
