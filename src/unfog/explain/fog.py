"""A picture fogging: the Markov chain from x0 to noise, and the numbers that are shown of it.

    x_k = renoise(x_{k-1}),  k = 1..T,  t_k = k/T             the chain, drawn with fresh noise at every step
    beta_k = sigma_t^2 - (alpha_t sigma_s / alpha_s)^2        variance that step k adds; with alpha^2 + sigma^2 = 1
                                                              this is 1 - (alpha_t / alpha_s)^2, the beta of Ho et al.
    mean = alpha_t m,  variance = alpha_t^2 v + sigma_t^2     of all values at t, if m and v are those of x0

All formulas are those of ``core/process.py``. Where alpha^2 + sigma^2 exceeds 1 (VE) values outgrow any screen, so what
is shown there is x_t divided by ``reach`` = sqrt(alpha^2 + sigma^2); elsewhere reach is 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.core.process import Process

BIN = 12 * 2 / 255  # width of a bar of a histogram: twelve of the 256 values a file can hold
BINS = 72
EVEN = 1e-6  # beyond 1 by more than this, values are divided by their reach


@dataclass(frozen=True)
class Level:
    """What the schedule says about one moment: ``beta`` is the variance added since the moment before, 0 at first."""

    step: int
    t: float
    alpha: float
    sigma: float
    beta: float

    @property
    def reach(self) -> float:
        """What values are divided by before they are shown."""
        size = self.alpha**2 + self.sigma**2
        return math.sqrt(size) if size > 1 + EVEN else 1.0

    @property
    def decibels(self) -> float:
        """Signal-to-noise ratio, 10 log10 (alpha^2/sigma^2); infinite without noise or without picture."""
        if self.sigma == 0 or self.alpha == 0:
            return math.inf if self.sigma == 0 else -math.inf
        return 20 * math.log10(self.alpha / self.sigma)

    def bell(self, mean: float, variance: float) -> tuple[float, float]:
        """Mean and variance of the values shown, if those of the picture are ``mean`` and ``variance``."""
        spread = self.alpha**2 * variance + self.sigma**2
        return self.alpha * mean / self.reach, spread / self.reach**2


def times(steps: int) -> Float[Tensor, " nodes"]:
    """t_k = k/T for k = 0..T, float64."""
    return torch.linspace(0, 1, steps + 1, dtype=torch.float64)


def levels(process: Process, ts: Float[Tensor, " nodes"]) -> list[Level]:
    """The schedule at increasing times."""
    alpha, sigma = process.alpha(ts).tolist(), process.sigma(ts).tolist()
    beta = [0.0, *process.transition(ts[:-1], ts[1:])[1].square().tolist()]
    return [Level(k, *row) for k, row in enumerate(zip(ts.tolist(), alpha, sigma, beta, strict=True))]


def chain(
    process: Process,
    x0: Float[Tensor, "c h w"],
    ts: Float[Tensor, " nodes"],
    noise: Callable[[int], Float[Tensor, "c h w"]],
) -> Iterator[Float[Tensor, "c h w"]]:
    """x_0, x_1, ..., x_T: every state is the one before with a little more noise.

    Args:
        process: the forward process.
        x0: the picture, [-1, 1].
        ts: increasing times, the first 0.
        noise: unit normal numbers of step k = 1..T.
    """
    x = x0[None]
    yield x[0]
    for k in range(1, len(ts)):
        x = process.renoise(x, ts[k - 1 : k], ts[k : k + 1], noise(k)[None])
        yield x[0]


def leap(process: Process, x0: Float[Tensor, "c h w"], t: float, eps: Float[Tensor, "c h w"]) -> Float[Tensor, "c h w"]:
    """x_t at once, without the states between."""
    return process.noise(x0[None], eps[None], torch.tensor([t], dtype=torch.float64))[0]


def colourful(x0: Float[Tensor, "3 h w"], n: int) -> list[tuple[int, int]]:
    """Rows and columns of ``n`` pixels (fewer if there are fewer colours): the reddest, then each the least like those.

    Reddest: red less the larger of green and blue is greatest. Neighbourhoods of 3 x 3 are averaged first, so that a
    lone speck is not chosen.
    """
    smooth = torch.nn.functional.avg_pool2d(x0[None], 3, stride=1, padding=1, count_include_pad=False)[0]
    flat, width = smooth.flatten(1), x0.shape[2]
    chosen = [int((flat[0] - torch.maximum(flat[1], flat[2])).argmax())]
    while len(chosen) < n:
        far = (flat[:, :, None] - flat[:, chosen][:, None, :]).square().sum(0).amin(1)
        if float(far.max()) < 0.02:
            break
        chosen.append(int(far.argmax()))
    return [(at // width, at % width) for at in chosen]


def density(values: Float[Tensor, "*shape"]) -> list[float]:
    """Heights of ``BINS`` bars of width ``BIN`` around 0; together with what lies outside their area is 1."""
    edge = BIN * BINS / 2
    counts = torch.histc(values[values.abs() < edge].double(), BINS, -edge, edge)
    return (counts / (values.numel() * BIN)).tolist()


def normal_density(mean: float, variance: float, at: Sequence[float]) -> list[float]:
    """The bell curve exp(-(x - mean)^2 / 2 variance) / sqrt(2 pi variance)."""
    return [math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance) for x in at]
