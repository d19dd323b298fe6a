"""Classifier guidance (Dhariwal & Nichol 2021): towards what a classifier of noisy pictures recognises.

    score = score_guided + scale grad_x log p(y | x_t),    D = D_guided + scale (sigma^2/alpha) grad_x log p(y | x_t)

Exact at scale 1 if p(y | x_t) is: the result is the conditional denoiser. A classifier that knows clean pictures only
is applied to the estimate instead (``energy``), and is then an approximation.
"""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.guidance.gradient import ascent, shift

LogProb = Callable[[Tensor, Tensor], Float[Tensor, " b"]]  # x_t, t -> log p(y | x_t), up to a constant


def classifier(guided: Denoise, log_prob: LogProb, scale: float, process: Process) -> Denoise:
    """Add the gradient of ``log_prob`` to ``guided`` (0: none); nothing at alpha = 0."""

    def steered(x: Tensor, t: Tensor) -> Tensor:
        gradient, _ = ascent(lambda x: (log_prob(x, t), x), x)
        return guided(x, t) + scale * shift(process, t, gradient)

    return guided if scale == 0 else steered
