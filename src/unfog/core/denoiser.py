"""From a raw network to the one callable everything else is written on: ``(x_t, t) -> E[x0 | x_t]``.

The network sees unit-variance input c_in x with c_in = 1/sqrt(alpha^2 sigma_data^2 + sigma^2), and the noise level as
the clamped half log-SNR lam = log(alpha/sigma), so it does not depend on the schedule it was trained under. What it
predicts is the head's business (core/head.py). The loss is the squared error in the head's own units,

    L = w(lam) / exp(u(lam)) * mean |target - out|^2 + u(lam),

where u is the learned uncertainty of Karras et al. 2024 ("Analyzing and Improving the Training Dynamics of Diffusion
Models", eq. 15), absent (u = 0) unless asked for. States are float32 or wider outside the network, whatever precision
runs inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from unfog.core.cond import Cond
from unfog.core.head import Head, target, to_x0
from unfog.core.probe import Probe
from unfog.core.process import Process
from unfog.core.weighting import Uncertainty, Weight
from unfog.util.shapes import like

Denoise = Callable[[Tensor, Tensor], Tensor]
Conditional = Callable[[Tensor, Tensor, Cond], Tensor]


def bound(denoiser: Conditional, cond: Cond) -> Denoise:
    """``denoiser`` with its conditioning fixed: one row, or one row per sample."""
    return lambda x, t: denoiser(x, t, cond.expand(x.shape[0]))


class Watched(Protocol):
    """A denoiser whose attention can be observed and changed."""

    def __call__(self, x: Tensor, t: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor: ...


class Net(Protocol):
    """A raw network: noisy tensor, noise level ``(b,)`` in units of lam, conditioning, optional probe."""

    def __call__(self, x: Tensor, level: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor: ...


class Denoiser(nn.Module):
    """Network, head and process together.

    Args:
        net: ``net(x, level, cond, probe)``, output shaped like ``x``.
        head: what the network predicts.
        process: the forward process it is trained under.
        weight: factor on the loss as a function of lam.
        sigma_data: standard deviation of the data, in the units of ``x``.
        level_range: lam is clamped to this range before the network sees it (t = 1 may have lam = -inf).
        precision: dtype inside the network (autocast); float32 means none.
        uncertainty: learned log-variance u(lam), or ``None``.
    """

    def __init__(
        self,
        net: nn.Module,
        head: Head,
        process: Process,
        *,
        weight: Weight,
        sigma_data: float,
        level_range: tuple[float, float] = (-5.0, 7.0),
        precision: torch.dtype = torch.float32,
        uncertainty: Uncertainty | None = None,
    ) -> None:
        super().__init__()
        self.net = net
        self.head = head
        self.process = process
        self.weight = weight
        self.sigma_data = sigma_data
        self.level_range = level_range
        self.precision = precision
        self.uncertainty = uncertainty

    def level(self, t: Float[Tensor, " b"]) -> Float[Tensor, " b"]:
        """The noise level as the network sees it: lam(t), clamped."""
        return self.process.lam(t).clamp(*self.level_range)

    def predict(self, x: Tensor, t: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        """The raw network output at (x, t), in the head's units and the dtype of ``x``."""
        alpha, sigma = self.process.alpha(t), self.process.sigma(t)
        scale = torch.rsqrt((alpha * self.sigma_data) ** 2 + sigma**2)
        low = self.precision != torch.float32
        with torch.autocast(x.device.type, dtype=self.precision if low else None, enabled=low):
            out = self.net((x * like(scale, x)).to(torch.float32), self.level(t).to(torch.float32), cond, probe)
        return out.to(x.dtype)

    def forward(
        self, x: Float[Tensor, "b c *space"], t: Float[Tensor, " b"], cond: Cond, probe: Probe | None = None
    ) -> Float[Tensor, "b c *space"]:
        """The clean estimate E[x0 | x_t], in the units of the data."""
        return to_x0(self.head, self.process.schedule, x, self.predict(x, t, cond, probe), t)

    def error(
        self,
        x0: Float[Tensor, "b c *space"],
        t: Float[Tensor, " b"],
        eps: Float[Tensor, "b c *space"],
        cond: Cond,
    ) -> Float[Tensor, " b"]:
        """Mean squared error per sample, in the head's units, of noising ``x0`` with ``eps`` to time ``t``."""
        x = self.process.noise(x0, eps, t)
        wanted = target(self.head, self.process.schedule, x0, eps, t)
        return (self.predict(x, t, cond) - wanted).square().flatten(1).mean(1)

    def loss(
        self,
        x0: Float[Tensor, "b c *space"],
        t: Float[Tensor, " b"],
        eps: Float[Tensor, "b c *space"],
        cond: Cond,
    ) -> Float[Tensor, " b"]:
        """The training loss per sample: ``error`` weighted by noise level (see the module docstring)."""
        error = self.error(x0, t, eps, cond) * self.weight(self.process.lam(t), self.head)
        if self.uncertainty is None:
            return error
        u = self.uncertainty(self.level(t))
        return error * torch.exp(-u) + u

    def bind(self, cond: Cond) -> Denoise:
        """Fix the conditioning (one row, or one row per sample): what samplers and guidance consume."""
        return bound(self, cond)
