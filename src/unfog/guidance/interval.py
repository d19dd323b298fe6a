"""Guidance in a limited interval of noise levels (Kynkaanniemi et al. 2024).

Guidance at very high noise collapses the composition, at very low noise it changes nothing visible; outside the
interval the plain denoiser is used, at half the cost. The interval is given in lam = log(alpha/sigma), so it survives a
change of sampler, grid or number of steps. An interval (sigma_lo, sigma_hi] of EDM is lam_low = -ln sigma_hi,
lam_high = -ln sigma_lo.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.util.errors import UsageError
from unfog.util.shapes import like


def interval(guided: Denoise, plain: Denoise, process: Process, lam_low: float, lam_high: float) -> Denoise:
    """``guided`` where lam_low <= lam(t) < lam_high, ``plain`` elsewhere; each is called only if some sample needs it.

    Raises:
        UsageError: the interval is empty.
    """
    if not lam_low < lam_high:
        raise UsageError(f"the guidance interval needs lam_low < lam_high, got {lam_low} and {lam_high}")

    def limited(x: Tensor, t: Tensor) -> Tensor:
        lam = process.lam(t)
        inside = (lam >= lam_low) & (lam < lam_high)
        if inside.all():
            return guided(x, t)
        if not inside.any():
            return plain(x, t)
        return torch.where(like(inside, x), guided(x, t), plain(x, t))

    return limited
