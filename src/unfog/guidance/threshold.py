"""Dynamic thresholding (Saharia et al. 2022, Imagen, section 2.3): strong guidance leaves the range of pictures.

    s = max(limit, quantile of |D| over one sample),    D <- clip(D, -s, s) limit/s

so that what saturates is pulled back inside instead of being cut off. For pixels in [-1, 1]; latents have no such
range. A white background that overshoots is greyed with everything else: there, guide less, or ``rescale``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.util.errors import UsageError
from unfog.util.shapes import like


def threshold(guided: Denoise, quantile: float = 0.995, limit: float = 1.0) -> Denoise:
    """``guided``, each sample brought within [-limit, limit]; one that is within already stays as it is.

    Raises:
        UsageError: ``quantile`` outside 0..1 or ``limit`` not positive.
    """
    if not 0 <= quantile <= 1 or not limit > 0:
        raise UsageError(f"a threshold needs a quantile within 0..1 and a limit above 0, got {quantile} and {limit}")

    def limited(x: Tensor, t: Tensor) -> Tensor:
        d = guided(x, t)
        found = torch.stack([row.quantile(quantile) for row in d.abs().flatten(1)])
        s = like(found.clamp(min=limit), d)
        return torch.maximum(torch.minimum(d, s), -s) * (limit / s)

    return limited
