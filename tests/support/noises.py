"""Noise for laws about samplers: cheap, addressed like the real one, or as separate impulses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache

import torch
from torch import Tensor

from tests.support.problems import f64, gauss
from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource, Step, last
from unfog.util.random import Draw
from unfog.util.shapes import like

SIZE, ROWS = 251, 7

Bare = Callable[..., Iterator[Step]]


@cache
def pool(shape: tuple[int, ...]) -> Tensor:
    return gauss(77, SIZE, ROWS, *shape)


class Cheap:
    """Unit normals from a small pool: reproducible and different for neighbouring draws, not independent of all."""

    def __init__(self, rows: tuple[int, ...], *shape: int) -> None:
        self.pool, self.asked = pool(shape)[:, list(rows)], list[tuple[int, Draw]]()

    def __call__(self, step: int, draw: Draw) -> Tensor:
        self.asked.append((step, draw))
        return self.pool[(step * 7919 + int(draw) * 101) % SIZE]


@lru_cache(maxsize=2000)
def drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Seeded:
    """Independent unit normals, many at once, by torch's own generator."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def __call__(self, step: int, draw: Draw) -> Tensor:
        return drawn(self.shape, 1000 * step + int(draw))


def cheap(b: int, *shape: int) -> Cheap:
    return Cheap(tuple(range(b)), *shape)


def impulses(run: Callable[[NoiseSource, Tensor], Tensor], start: float, width: float) -> tuple[float, float]:
    """Exact mean and variance of what is linear in its start and its noises, one number per sample.

    Row 0 starts at ``start`` with no noise; each further row adds one unit of one draw (``width`` for the start). The
    variance is the sum of the squared differences.
    """
    keys: dict[tuple[int, Draw], int] = {}

    def listen(step: int, draw: Draw) -> Tensor:
        keys.setdefault((step, draw), len(keys))
        return torch.zeros(1, 1, dtype=torch.float64)

    run(listen, f64([start]))
    x = torch.full((len(keys) + 2, 1), start, dtype=torch.float64)
    x[1] += width

    def impulse(step: int, draw: Draw) -> Tensor:
        z = torch.zeros_like(x)
        z[2 + keys[step, draw]] = 1
        return z

    found = run(impulse, x)[:, 0]
    return found[0].item(), (found[1:] - found[0]).square().sum().item()


def one_gaussian(process: Process, mean: float, variance: float) -> Denoise:
    """The denoiser of numbers that are N(mean, variance): linear in x."""

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = like(process.alpha(t), x), like(process.sigma(t), x)
        return mean + (alpha * variance / (alpha**2 * variance + sigma**2)) * (x - alpha * mean)

    return denoise


def response(run: Bare, process: Process, mean: float, variance: float, ts: Tensor) -> tuple[float, float]:
    """Exact mean and variance at the end of a sampler on Gaussian data, where samplers are linear in their noises."""
    denoise = one_gaussian(process, mean, variance)
    alpha, sigma = process.alpha(f64(1.0)).item(), process.sigma(f64(1.0)).item()
    width = (alpha**2 * variance + sigma**2) ** 0.5
    return impulses(lambda noise, x: last(run(denoise, process, x, ts, noise=noise)).x, alpha * mean, width)
