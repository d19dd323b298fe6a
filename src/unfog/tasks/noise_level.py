"""How noisy a picture is: the standard deviation of white Gaussian noise, from the picture alone.

An orthonormal DCT of blocks of 6 x 6 pixels leaves white noise as it is, equally strong in every coefficient and
independent between them, while what a picture shows fades towards high frequencies. So the variance of the noise is the
mean square of the coefficients with i + j >= 8, the finest diagonal ones (compare Ponomarenko et al. 2007, "An
automatic approach to lossy compression of AVIRIS images"; the diagonal wavelet coefficients of Donoho & Johnstone 1994
are the same idea, with one frequency).

Where there is texture something of it is left even there, so only the flattest blocks are counted: those with the least
energy in all *other* coefficients. Being independent of the counted ones, these say nothing about the noise in them, so
choosing the smallest makes nothing smaller, as it would if blocks of least variance were chosen.

A file has 256 values, and noise beyond 0 and 255 was cut off. Where the mean of a block is u sigma away from an end,
noise keeps the share r of its variance:

    u = z Phi(z) + phi(z),    r = (z^2 + 1) Phi(z) + z phi(z) - u^2,    z = (end - true value)/sigma

so that sigma^2 = sum of squares / sum of r(u), iterated, since u is counted in sigma. White paper with noise of 50
would otherwise pass for 29. A picture with values beyond the ends was not cut, and nothing is corrected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from unfog.util.errors import DataError

SMALLEST = 16  # pixels; below, too few blocks are left to count
BLOCK, FINE = 6, 8  # side of a block; i + j from which a coefficient is counted
FLATTEST, FEWEST = 0.02, 100  # share of the blocks that are counted, and how many at least
STRIDE, MOST = 2, 20_000  # between blocks, wider where there would be more of them
ROUNDS = 20
FAR = 8.0  # sigma between a value and an end beyond which nothing is cut off
LEAST = 0.05  # share of the variance below which a correction is no longer believed


@dataclass(frozen=True)
class NoiseLevel:
    """Standard deviations of noise in units of 255.

    Fields:
        sigma: of all channels, if they have the same.
        channels: each channel's own.
    """

    sigma: float
    channels: tuple[float, ...]


@torch.no_grad()
def noise_level(x: Float[Tensor, "c h w"]) -> NoiseLevel:
    """The noise of a picture in [-1, 1] of any size from 16 pixels a side on.

    White noise only: noise that was smoothed, as by JPEG or by enlarging, is underestimated.

    Raises:
        DataError: the picture is too small, or has values that are not finite.
    """
    if min(x.shape[1:]) < SMALLEST:
        raise DataError(
            f"a picture of {x.shape[2]}x{x.shape[1]} pixels is too small to measure its noise, which takes {SMALLEST}"
            " a side: give the noise level yourself"
        )
    if not torch.isfinite(x).all():
        raise DataError("the picture holds values that are not finite: its noise cannot be measured")
    cut = bool((x.abs() <= 1).all())
    blocks = spectrum((x.cpu().double() + 1) * 127.5)
    fine = is_fine()
    mean = blocks[:, 0] / BLOCK
    rough, energy = blocks[:, 1:][:, ~fine[1:]].square().sum(1), blocks[:, fine].square().mean(1)  # (c, n), (c, n)
    flat = flattest(rough.sum(0), mean, cut=cut)
    if cut and (first := level(energy[:, flat].flatten(), mean[:, flat].flatten(), cut=True)) > 0:
        flat = flattest((rough / left_of(mean, first).clamp(min=LEAST)).sum(0), mean, cut=cut)
    energy, mean = energy[:, flat], mean[:, flat]
    channels = tuple(level(energy[k], mean[k], cut=cut) for k in range(x.shape[0]))
    return NoiseLevel(level(energy.flatten(), mean.flatten(), cut=cut), channels)


def spectrum(y: Float[Tensor, "c h w"]) -> Float[Tensor, "c coefficients n"]:
    """DCT coefficients of the blocks of every channel, coefficient (i, j) at ``i BLOCK + j``."""
    k = torch.arange(BLOCK, dtype=y.dtype)
    waves = torch.cos(math.pi * (k + 0.5) * k[:, None] / BLOCK) * math.sqrt(2 / BLOCK)
    waves[0] /= math.sqrt(2)
    kernels = torch.einsum("iu,jv->ijuv", waves, waves).reshape(BLOCK * BLOCK, 1, BLOCK, BLOCK)
    stride = max(STRIDE, math.ceil(math.sqrt(y.shape[1] * y.shape[2] / MOST)))
    return F.conv2d(y[:, None], kernels, stride=stride).flatten(2)


def is_fine() -> Bool[Tensor, " coefficients"]:
    """Which coefficients are counted."""
    k = torch.arange(BLOCK)
    return (k[:, None] + k >= FINE).flatten()


def flattest(rough: Float[Tensor, " n"], mean: Float[Tensor, "c n"], *, cut: bool) -> Int64[Tensor, " m"]:
    """The blocks that are counted: those of least energy, but none that is wholly cut off if there are others."""
    inside = ((mean > 0.5) & (mean < 254.5)).all(0) | torch.tensor(not cut)
    some = inside if int(inside.sum()) >= min(FEWEST, rough.numel()) else torch.ones_like(inside)
    count = min(max(FEWEST, int(FLATTEST * int(some.sum()))), rough.numel())
    return torch.where(some, rough, torch.inf).argsort(stable=True)[:count]


def level(energy: Float[Tensor, " n"], mean: Float[Tensor, " n"], *, cut: bool) -> float:
    """sigma from mean squares and local means of flat blocks; see the module docstring."""
    total = energy.mean().item()
    sigma = math.sqrt(total)
    for _ in range(ROUNDS if cut and sigma > 0 else 0):
        sigma = math.sqrt(total / max(left_of(mean, sigma).mean().item(), LEAST))
    return sigma


def left_of(mean: Float[Tensor, "*n"], sigma: float) -> Float[Tensor, "*n"]:
    """Share of the variance of noise of ``sigma`` (> 0) that is left where it was cut off at 0 and 255."""
    return remaining((255 - mean).clamp(min=0) / sigma) * remaining(mean.clamp(min=0) / sigma)


def remaining(u: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Share r of the variance that is left where the mean of what was cut is ``u`` (>= 0) sigma from the end."""
    at, left = table()
    u = u.clamp(at[0], at[-1])
    k = torch.searchsorted(at, u).clamp(1, len(at) - 1)
    return torch.lerp(left[k - 1], left[k], (u - at[k - 1]) / (at[k] - at[k - 1]))


@lru_cache(maxsize=1)
def table() -> tuple[Float[Tensor, " z"], Float[Tensor, " z"]]:
    """u and r for z from -4 to ``FAR``, both increasing. Shared between calls: do not write into it."""
    z = torch.linspace(-4, FAR, 1201, dtype=torch.float64)
    below, density = torch.special.ndtr(z), torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi)
    u = z * below + density
    return u, (z.square() + 1) * below + z * density - u.square()
