"""Smoothed energy guidance (Hong 2024): away from what the network draws when all cells ask the same question.

    D = D_guided + scale (D_c - D_smooth),    D_smooth: the queries of some blocks blurred, without end: q <- mean of q

The scores q k^T are linear in q, and each row of log A differs from them by a constant, so the map of the mean query is
softmax(mean over queries of log A): exact, from the map alone. (Queries are averaged as they meet the keys, after the
rotation by position.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched, bound
from unfog.guidance.auto import push
from unfog.guidance.perturb import worse


def seg(guided: Denoise, denoiser: Watched, cond: Cond, scale: float, blocks: Sequence[str]) -> Denoise:
    """Add smoothed energy guidance of strength ``scale`` (0: none; 2 to 3 is usual): two more evaluations."""
    return push(guided, bound(denoiser, cond), worse(denoiser, cond, blocks, mean_query), scale)


def mean_query(attention: Float[Tensor, "b heads n n"]) -> Float[Tensor, "b heads n n"]:
    """The attention of the mean query, for every query."""
    tiny = torch.finfo(attention.dtype).tiny
    return attention.clamp(min=tiny).log().mean(2, keepdim=True).softmax(-1).expand_as(attention)
