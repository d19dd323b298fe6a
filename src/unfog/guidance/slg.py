"""Skip-layer guidance (Stability AI 2024, for Stable Diffusion 3.5): away from the network without some of its blocks.

D = D_guided + scale (D_c - D_skip),    D_skip: the input of the skipped blocks is their output
"""

from __future__ import annotations

from collections.abc import Sequence

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoise, Watched, bound
from unfog.guidance.auto import push
from unfog.guidance.perturb import worse


def slg(guided: Denoise, denoiser: Watched, cond: Cond, scale: float, blocks: Sequence[str]) -> Denoise:
    """Add skip-layer guidance of strength ``scale`` (0: none; 2 to 3 is usual): two more evaluations."""
    return push(guided, bound(denoiser, cond), worse(denoiser, cond, blocks, None), scale)
