"""Problems with known answers, on which samplers are measured: exact denoisers, and where the flow truly ends.

    ring   8 narrow Gaussians (deviation 0.05) on the unit circle, in 2 dimensions: modes to be hit
    hd     12 Gaussians in 64 dimensions with full covariances, whose spectra fall like those of pictures
    data   200 points in 48 dimensions: the distribution of a network that has memorised its training set

All have a deviation of about 0.5 per number (ring 0.7), as pixels in [-1, 1] have, and stand on the process x = x0 +
sigma eps with sigma up to 80 (EDM), of which every other is a change of variables. Everything is a pure function of
seeds. Spectra: variances along rotated axes in the proportion 1 : 1/2^p : 1/3^p ... (``falling``).

The flow's endpoint is computed by UniPC of order 4 (fifth, with its corrector) in 400 equal steps of log sigma down to
1e-5, the last being an exact estimate; Runge-Kutta agrees to 3e-7 (root mean square). For mixtures, denoising is one
matrix product for all components together: twenty times faster than core/oracle.py, whose sums are such that a sample
does not depend on its batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.grid import log_snr
from unfog.core.oracle import FiniteData, GaussianMixture, axes_of
from unfog.core.process import Process
from unfog.core.schedule import VE
from unfog.samplers.step import last
from unfog.samplers.unipc import unipc
from unfog.util.errors import UsageError
from unfog.util.nearest import unknown
from unfog.util.random import Draw, normal, uniform

PROCESS = Process(VE(sigma_max=80.0))
SIGMA_END = 1e-5  # of the integration; what is left is (SIGMA_END/deviation)^2/2
EXACT_STEPS = 400
DEVIATION = 0.5


@dataclass(frozen=True)
class Problem:
    """A distribution, its exact denoiser, and everything about it that samples can be held against.

    Fields:
        name: how it is asked for.
        weights, means: of the components (points are components of deviation 0).
        covs: their covariances; ``None``: points.
        process: from pure noise, ``sigma(1) = 80``.
        denoise: (x_t, t) -> E[x0 | x_t], in the dtype of ``x_t``.
    """

    name: str
    weights: Float64[Tensor, " k"]
    means: Float64[Tensor, "k d"]
    covs: Float64[Tensor, "k d d"] | None
    denoise: Denoise
    process: Process = PROCESS

    @property
    def d(self) -> int:
        """Numbers of a sample."""
        return self.means.shape[1]

    def start(self, n: int, seed: int = 0) -> Float64[Tensor, "n d"]:
        """Pure noise at t = 1: ``sigma(1)`` times the noise of the seeds ``seed``, ``seed + 1``, ..."""
        top = self.process.sigma(torch.ones(1, dtype=torch.float64)).item()
        return top * normal(range(seed, seed + n), (self.d,), draw=Draw.INITIAL).double()

    def exact(self, x: Float64[Tensor, "n d"], *, steps: int = EXACT_STEPS) -> Float64[Tensor, "n d"]:
        """Where the probability flow takes ``x`` from t = 1 to t = 0."""
        ts = log_snr(self.process, steps, sigma_min=SIGMA_END)
        return last(unipc(self.denoise, self.process, x, ts, order=4)).x

    def draws(self, n: int, seed: int = 0) -> Float64[Tensor, "n d"]:
        """Samples of the distribution itself, of the seeds ``seed``, ``seed + 1``, ..."""
        seeds = range(seed, seed + n)
        u = uniform(seeds, (1,), draw=Draw.REFERENCE)[:, 0]
        if self.covs is None:
            edges = (self.weights / self.weights.sum()).cumsum(0)
            return self.means[torch.searchsorted(edges, u).clamp(max=len(edges) - 1)]
        eps = normal(seeds, (self.d,), draw=Draw.REFERENCE, step=1).double()
        return GaussianMixture(self.weights, self.means, self.covs).sample(u, eps)


def mixture_problem(
    name: str, weights: Float64[Tensor, " k"], means: Float64[Tensor, "k d"], covs: Float64[Tensor, "k d d"]
) -> Problem:
    """A Gaussian mixture with full covariances."""
    return Problem(name, weights, means, covs, at_once(weights, means, covs))


def points_problem(name: str, points: Float64[Tensor, "n d"]) -> Problem:
    """A finite set of data, all equally likely."""
    weights = torch.full((len(points),), 1 / len(points), dtype=points.dtype)
    return Problem(name, weights, points, None, FiniteData(points).denoise(PROCESS))


def at_once(weights: Float64[Tensor, " k"], means: Float64[Tensor, "k d"], covs: Float64[Tensor, "k d d"]) -> Denoise:
    """E[x0 | x] of a mixture on ``PROCESS`` (see core/oracle.py), all components turned by one matrix product."""
    k, d = means.shape
    variances, basis = axes_of(covs)
    turn = basis.permute(1, 0, 2).reshape(d, k * d)  # x -> x in every component's axes
    centre = (means @ turn).reshape(k, k, d).diagonal().mT  # (k, d): each mean in its own axes
    log_weights = weights.log()

    def estimate(x: Tensor, t: Tensor) -> Tensor:
        sigma2 = PROCESS.sigma(t[:1].double()) ** 2
        spread = variances + sigma2  # (k, d)
        offset = (x.double() @ turn).reshape(-1, k, d) - centre
        scaled = offset / spread
        scores = log_weights - 0.5 * ((offset * scaled).sum(-1) + spread.log().sum(-1))  # (b, k)
        share = scores.softmax(-1)
        inside = (share[..., None] * (centre + variances * scaled)).reshape(-1, k * d)
        return (inside @ turn.T).to(x)

    return estimate


def ring(modes: int = 8, deviation: float = 0.05) -> Problem:
    """Equal narrow modes on the unit circle."""
    angles = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    means = torch.stack([angles.cos(), angles.sin()], 1)
    covs = (deviation**2 * torch.eye(2, dtype=torch.float64)).expand(modes, 2, 2)
    return mixture_problem("ring", torch.ones(modes, dtype=torch.float64) / modes, means, covs)


def mixture(
    name: str,
    seed: int,
    *,
    k: int,
    d: int,
    power: float = 1.0,
    within: float = 0.7,
    deviation: float = DEVIATION,
) -> Problem:
    """A random mixture.

    Args:
        seed: of everything that is random in it.
        k, d: components and dimensions.
        power: how the variances fall along the axes.
        within: share of the variance inside the components; the rest is between their means.
        deviation: per number, over all.
    """
    variances = deviation**2 * falling(d, power)
    shape = [range(seed, seed + 1), (k, d)]
    means = normal(*shape, draw=Draw.REFERENCE)[0].double() * ((1 - within) * variances).sqrt()
    means = means - means.mean(0)
    turned = torch.linalg.qr(normal([seed], (k, d, d), draw=Draw.REFERENCE, step=1)[0].double())[0]  # (k, d, d)
    covs = turned * (within * variances) @ turned.mT
    weights = 0.5 + uniform([seed], (k,), draw=Draw.REFERENCE, step=2)[0]
    return mixture_problem(name, weights / weights.sum(), means, covs)


def points(name: str, seed: int, *, n: int, d: int, power: float = 1.0, deviation: float = DEVIATION) -> Problem:
    """Random points whose variances fall along the axes."""
    found = normal([seed], (n, d), draw=Draw.REFERENCE)[0].double() * (deviation**2 * falling(d, power)).sqrt()
    return points_problem(name, found - found.mean(0))


def falling(d: int, power: float) -> Float64[Tensor, " d"]:
    """``d`` numbers in the proportion 1/j^power, of mean 1."""
    values = torch.arange(1, d + 1, dtype=torch.float64) ** -power
    return values / values.mean()


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "ring": ring,
    "hd": lambda: mixture("hd", 64, k=12, d=64),
    "data": lambda: points("data", 48, n=200, d=48),
}


def problems(names: Sequence[str] = tuple(PROBLEMS)) -> list[Problem]:
    """The problems of these names.

    Raises:
        UsageError: an unknown one.
    """
    for name in names:
        if name not in PROBLEMS:
            raise UsageError(unknown("problem", name, PROBLEMS))
    return [PROBLEMS[name]() for name in names]
