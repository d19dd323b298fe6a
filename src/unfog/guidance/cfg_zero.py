"""CFG-Zero* (Fan et al. 2025): push away from the unconditional velocity scaled to fit the conditional one.

    v = s v_u + scale (v_c - s v_u),    s = <v_c, v_u>/|v_u|^2 per sample

for the velocity of rectified flow, v = eps - x0. With z = x/(alpha + sigma), the state in its units, v is proportional
to z - D, so in x0 and on any schedule

    D_u <- s D_u + (1 - s) z,    s = <z - D_c, z - D_u>/|z - D_u|^2

The second half of the paper, no velocity at all during the first steps of a poorly trained model, is ``zero_init``: D =
z.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.cfg import Anchor
from unfog.util.shapes import like


def zero_star(process: Process) -> Anchor:
    """For ``cfg``: D_u with its velocity scaled by the s that fits the conditional one best."""

    def anchor(x: Tensor, t: Tensor, cond: Tensor, uncond: Tensor) -> Tensor:
        z = _state(process, x, t)
        v_c, v_u = (z - cond).flatten(1), (z - uncond).flatten(1)
        norm = v_u.square().sum(1)
        s = torch.where(norm > 0, (v_c * v_u).sum(1) / norm, 1)
        return z + like(s, x) * (uncond - z)

    return anchor


def zero_init(guided: Denoise, process: Process, lam_low: float) -> Denoise:
    """No motion (in units of rectified flow) while lam(t) < ``lam_low``; the paper: the first 4 % of the steps."""

    def still(x: Tensor, t: Tensor) -> Tensor:
        waiting = process.lam(t) < lam_low
        z = _state(process, x, t)
        return z if bool(waiting.all()) else torch.where(like(waiting, x), z, guided(x, t))

    return still


def _state(process: Process, x: Tensor, t: Tensor) -> Tensor:
    return x / like(process.alpha(t) + process.sigma(t), x).to(x)
