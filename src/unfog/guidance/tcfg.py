"""Tangential damping (Kwon et al. 2025, TCFG): the unconditional noise keeps only what it shares with the conditional.

Of the two estimates eps_c, eps_u of one sample as rows of a matrix, v1 is the first right singular vector, and

    eps_u <- <eps_u, v1> v1,    then CFG

In x0, without dividing by alpha: with m = (eps_c + eps_u)/2, q = (D_u - D_c)/2 and a = alpha/sigma, the rows are m + a
q and m - a q, v1 is along cos(phi) m + sin(phi) a q with tan(2 phi) = 2 <m, a q>/(|m|^2 - |a q|^2), and

    D_u <- D_u - (1 + tan phi)(q - <q, v1> v1)
"""

from __future__ import annotations

import torch
from torch import Tensor

from unfog.core.process import Process
from unfog.guidance.cfg import Anchor
from unfog.util.shapes import like


def tangential(process: Process) -> Anchor:
    """For ``cfg``: D_u without the component of its noise that the conditional estimate does not share."""

    def anchor(x: Tensor, t: Tensor, cond: Tensor, uncond: Tensor) -> Tensor:
        m = process.eps(x, (cond + uncond) / 2, t)
        q = (uncond - cond) / 2
        step = like(process.alpha(t) / process.sigma(t), x).to(x) * q
        phi = 0.5 * torch.atan2(2 * _dot(m, step), _dot(m, m) - _dot(step, step))
        v = like(phi.cos(), x) * m + like(phi.sin(), x) * step
        norm = _dot(v, v)
        share = torch.where(norm > 0, _dot(q, v) / norm, 0)
        return uncond - like(1 + phi.tan(), x) * (q - like(share, x) * v)

    return anchor


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).flatten(1).sum(1)
