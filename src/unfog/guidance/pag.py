"""Perturbed-attention guidance (Ahn et al. 2024): away from what the network draws when no cell sees another.

D = D_guided + scale (D_c - D_pert),    D_pert: the attention map A of some blocks replaced by the identity, A v = v
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


def pag(guided: Denoise, denoiser: Watched, cond: Cond, scale: float, blocks: Sequence[str]) -> Denoise:
    """Add perturbed-attention guidance of strength ``scale`` (0: none; 2 to 3 is usual): two more evaluations."""
    return push(guided, bound(denoiser, cond), worse(denoiser, cond, blocks, identity), scale)


def identity(attention: Float[Tensor, "b heads n n"]) -> Float[Tensor, "b heads n n"]:
    """Every cell attends to itself alone."""
    return torch.eye(attention.shape[-1], dtype=attention.dtype, device=attention.device).expand_as(attention)
