"""Continue what is known to where nothing is, as smoothly as it comes.

Pull and push (Gortler et al. 1996, "The Lumigraph"): means over ever larger squares, of what is known in them, fill
what is not.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def filled(values: Float[Tensor, "b c h w"], known: Float[Tensor, "#b 1 h w"]) -> Float[Tensor, "b c h w"]:
    """``values`` continued to where they are not ``known`` (0 to 1; values are 0 where it is 0); 0 if none is."""
    if known.min() == 1 or max(known.shape[2:]) == 1:
        return values
    return torch.lerp(spread(values, known), values, known)


def spread(values: Float[Tensor, "b c h w"], known: Float[Tensor, "#b 1 h w"]) -> Float[Tensor, "b c h w"]:
    """The same, smooth where they are known, too: from means over squares of two pixels."""
    if max(known.shape[2:]) == 1:
        return values
    share = F.avg_pool2d(known, 2, ceil_mode=True)
    means = F.avg_pool2d(values * known, 2, ceil_mode=True) / share.clamp(min=1e-6)
    coarse = filled(means, (4 * share).clamp(max=1))
    return F.interpolate(coarse, size=values.shape[2:], mode="bilinear", antialias=True)
