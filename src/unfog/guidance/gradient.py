"""Following a gradient: what a change of log-probability means for the clean estimate.

    score <- score + g    is    D <- D + (sigma^2/alpha) g,    because score = (alpha D - x)/sigma^2

At alpha = 0 the state holds nothing of the picture: g = 0, and nothing is changed. (The limit is finite, as g vanishes
like alpha, but cannot be had from g = 0.)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from unfog.core.process import Process
from unfog.util.errors import UsageError
from unfog.util.shapes import like


def shift(process: Process, t: Tensor, gradient: Tensor) -> Tensor:
    """(sigma^2/alpha) g, the change of D that a change ``gradient`` of the score amounts to."""
    alpha, sigma = process.alpha(t), process.sigma(t)
    factor = torch.where(alpha > 0, sigma**2 / alpha, 0)
    return like(factor, gradient).to(gradient) * gradient


def ascent(value: Callable[[Tensor], tuple[Tensor, Tensor]], x: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient in x of ``value``'s number per sample, and the other thing it returns; gradients on inside only.

    Raises:
        UsageError: ``value`` does not give one number per sample.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        number, other = value(x)
        if number.shape != x.shape[:1]:
            raise UsageError(f"need one number per sample to follow, got shape {tuple(number.shape)} for {x.shape[0]}")
        (gradient,) = torch.autograd.grad(number.sum(), x)
    return gradient, other.detach()
