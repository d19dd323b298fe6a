"""Restoring where the answer is known: samples given a measurement, against the exact posterior.

    p(x0) a mixture of 6 Gaussians in 8 dimensions;    y = the first 2 numbers of x0, with noise of deviation 0.1

Given y, x0 is a mixture again, of components N(m_k, C_k) and weights w_k in closed form (``posterior``). Every sample
belongs to the component that most probably made it, and z is its distance from that component's mean in posterior
standard deviations, coordinate by coordinate. Of samples, less the same of exact draws,

    modes    half the sum over components of |share - w_k|: total variation; 0 is ideal
    bias     root mean square, over coordinates and problems, of the mean of z (what chance adds is taken off); 0
    drift    mean of z over all coordinates and problems, absolute: bias whose signs may cancel; 0
    spread   root mean square deviation of z over that of exact draws; 1

averaged over many problems, so that no single measurement decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.grid import GRIDS
from unfog.core.operator import Known
from unfog.core.oracle import GaussianMixture
from unfog.evaluate.problems import Problem, mixture
from unfog.samplers.dpmpp_2m_sde import dpmpp_2m_sde
from unfog.samplers.step import last
from unfog.tasks.restore import CHURN, Measurement, restored
from unfog.util.random import Draw, Noise, normal, uniform

MODES, DIMENSIONS, OBSERVED = 6, 8, 2
SIGMA_Y = 0.1
WITHIN = 0.1  # share of the variance inside the modes
GRID = "log_snr"
SEED = 1000
EXACT_DRAWS = 20000
SEEDS = 10**6  # of samples, kept for each problem
EXACT = "exact"  # the name under which the posterior's own denoiser is sampled: what the steps alone cost

# found before on one such problem in 100 steps: modes, bias, spread
BEFORE = {
    "ddnm": (0.48, 1.63, 1.56),
    "ddnm_plus": (0.48, 1.08, 1.24),
    "diffpir": (0.45, 0.10, 0.93),
    "dps": (0.27, 1.20, 3.35),
    "pigdm": (0.44, 0.21, 0.96),
    "tmpd": (0.30, 0.02, 0.93),
}


@dataclass(frozen=True)
class Inverse:
    """A distribution, a measurement of one of its samples, and what is known after it; all a function of ``seed``."""

    seed: int
    problem: Problem
    measurement: Measurement
    after: GaussianMixture

    def draws(self, n: int, seed: int = 0) -> Float64[Tensor, "n d"]:
        """``n`` exact samples given y."""
        u = uniform([seed], (n,), draw=Draw.REFERENCE, step=5)[0]
        return self.after.sample(u, normal([seed], (n, self.problem.d), draw=Draw.REFERENCE, step=3)[0].double())

    @cached_property
    def exact(self) -> Float64[Tensor, "n d"]:
        """z of many exact samples."""
        return standing(self.after, self.draws(EXACT_DRAWS, self.seed))[1]


def inverse(seed: int, *, within: float = WITHIN, sigma_y: float = SIGMA_Y) -> Inverse:
    """A random mixture, and a noisy look at the first coordinates of one of its samples."""
    problem = mixture(f"inverse {seed}", seed, k=MODES, d=DIMENSIONS, within=within)
    mask = (torch.arange(DIMENSIONS) < OBSERVED).double()
    n = normal([seed], (DIMENSIONS,), draw=Draw.REFERENCE, step=4).double()
    y = mask * (problem.draws(1, seed) + sigma_y * n)
    return Inverse(seed, problem, Measurement(Known(mask), y, sigma_y), posterior(problem, mask, y[0], sigma_y))


def posterior(
    problem: Problem, mask: Float64[Tensor, " d"], y: Float64[Tensor, " d"], sigma_y: float
) -> GaussianMixture:
    """x0 given y = mask x0 + sigma_y n, of a mixture: each component by Kalman's formulas, weighted by its evidence."""
    assert problem.covs is not None
    a = torch.eye(len(mask), dtype=mask.dtype)[mask > 0]
    seen = problem.covs @ a.mT  # (k, d, m)
    spread = a @ seen + sigma_y**2 * torch.eye(len(a), dtype=mask.dtype)
    gain = torch.linalg.solve(spread, seen.mT).mT
    off = a @ y - problem.means @ a.mT  # (k, m)
    means = problem.means + (gain @ off[..., None])[..., 0]
    covs = problem.covs - gain @ seen.mT
    misfit = (off * torch.linalg.solve(spread, off[..., None])[..., 0]).sum(1)
    weights = (problem.weights.log() - 0.5 * (misfit + torch.logdet(spread))).softmax(0)
    return GaussianMixture(weights, means, (covs + covs.mT) / 2)


@dataclass(frozen=True)
class Found:
    """Samples of one problem.

    Fields:
        modes: total variation.
        means: of z, by coordinate.
        chance: what finitely many samples add to the square of such a mean.
        spread: deviation of z over that of exact draws.
    """

    modes: float
    means: Float64[Tensor, " d"]
    chance: float
    spread: float


def judged(made: Inverse, x: Float64[Tensor, "n d"]) -> Found:
    """How samples lie."""
    mode, z = standing(made.after, x)
    exact = made.exact
    share = torch.bincount(mode, minlength=MODES).double() / len(x)
    variance = z.var(0)
    chance = (variance / len(x) + exact.var(0) / len(exact)).mean().item()
    ratio = (variance.mean() / exact.var(0).mean()).sqrt().item()
    return Found(0.5 * (share - made.after.weights).abs().sum().item(), z.mean(0) - exact.mean(0), chance, ratio)


def standing(after: GaussianMixture, x: Float64[Tensor, "n d"]) -> tuple[Tensor, Float64[Tensor, "n d"]]:
    """The component of every sample, and how far from its mean it lies."""
    factors = torch.linalg.cholesky(after.covs)
    off = x[:, None] - after.means  # (n, k, d)
    white = torch.linalg.solve_triangular(factors, off[..., None], upper=False)[..., 0]
    size = factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    mode = (after.weights.log() - size - 0.5 * white.square().sum(-1)).argmax(1)
    own = off[torch.arange(len(x)), mode]
    return mode, own / after.covs.diagonal(dim1=-2, dim2=-1)[mode].sqrt()


@dataclass(frozen=True)
class Row:
    """One method over all problems."""

    method: str
    modes: float
    bias: float
    drift: float
    spread: float


def row(method: str, made: Sequence[Inverse], *, n: int, steps: int = 100) -> Row:
    """Sample every problem ``n`` times and judge it."""
    return gathered(method, [judged(each, sampled(method, each, n=n, steps=steps)) for each in made])


def sampled(method: str, made: Inverse, *, n: int, steps: int) -> Float64[Tensor, "n d"]:
    """Samples, of other seeds for every problem, by a method of ``tasks/restore.py`` or ``EXACT``."""
    problem = made.problem
    ts = GRIDS[GRID](problem.process, steps)
    first = made.seed * SEEDS
    noise = Noise(tuple(range(first, first + n)), (problem.d,), dtype=torch.float64)
    x = problem.start(n, first)
    if method == EXACT:
        run = dpmpp_2m_sde(made.after.denoise(problem.process), problem.process, x, ts, eta=CHURN, noise=noise)
    else:
        run = restored(problem.denoise, problem.process, x, ts, made.measurement, noise=noise, method=method)
    return last(run).x


def gathered(method: str, found: Sequence[Found]) -> Row:
    """The numbers of several problems as one."""
    means = torch.stack([each.means for each in found])
    chance = sum(each.chance for each in found) / len(found)
    bias = max(0.0, means.square().mean().item() - chance) ** 0.5
    modes, spread = (sum(values) / len(found) for values in ([e.modes for e in found], [e.spread for e in found]))
    return Row(method, modes, bias, abs(means.mean().item()), spread)
