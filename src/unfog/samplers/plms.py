"""PLMS (Liu et al. 2022, "Pseudo numerical methods for diffusion models", PNDM without its Runge-Kutta start).

The steps of ``ipndm`` with up to four noise estimates, except that the first one averages the estimates at both of its
ends (Heun) instead of being first order. That costs one call more.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.heun import corrected
from unfog.samplers.ipndm import as_if_equal
from unfog.samplers.multistep import walk
from unfog.samplers.step import NoiseSource, Step, advance


@torch.no_grad()
def plms(
    denoise: Denoise,
    process: Process,
    x: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " n"],
    *,
    lower_final: bool = True,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Deterministic, one call per step and one more in all; ``noise`` is not used.

    Args:
        lower_final: fewer estimates in the last steps.
    """
    yield from walk(
        denoise,
        process,
        x,
        ts,
        as_if_equal,
        4,
        of_noise=True,
        first=lambda x, x0, a, b: corrected(denoise, advance(x, x0, a, b), x0, a, b),
        lower_final=lower_final,
    )
