"""How well samples lie compared with the distribution they are drawn from: modes, spread, outliers, distance.

With r the distance of a sample from the nearest of its distribution's components, in their deviations (the Mahalanobis
distance; of points, the distance itself),

    modes      half the sum over components of |share of the samples - weight|: total variation, 0 is ideal
    spread     root mean square of r/sqrt(d) over the samples: 1 is ideal, below it samples are too much alike
    outliers   share of samples with r > sqrt(d) + 4/sqrt(2), four deviations of r beyond its middle (of points: farther
               than a tenth of the data's deviation): 0 is ideal
    distance   sliced 2-Wasserstein (Bonneel et al. 2015): root mean square, over ``SLICES`` directions, of the gaps
               between sorted projections of the samples and of as many exact draws

Of finitely many exact samples ``modes`` and ``distance`` are above 0: that is the floor which they have to be held
against (``Sample.floor`` of evaluate/samplers.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.oracle import axes_of
from unfog.evaluate.problems import Problem
from unfog.util.random import Draw, normal

SLICES = 48
FAR = 0.1  # of the data's deviation


@dataclass(frozen=True)
class Spreading:
    """The four numbers; of points there is no spread."""

    modes: float
    spread: float | None
    outliers: float
    distance: float


class Ruler:
    """Measures samples of one problem.

    Args:
        problem: whose samples.
        exact: as many independent draws as there will be samples.
    """

    def __init__(self, problem: Problem, exact: Float64[Tensor, "n d"]) -> None:
        self.problem = problem
        self.slices = torch.nn.functional.normalize(
            normal([0], (problem.d, SLICES), draw=Draw.PROBE)[0].double(), dim=0
        )
        self.sorted = (exact @ self.slices).sort(0).values
        self.far = FAR * math.sqrt(problem.d) * exact.std().item()
        if problem.covs is not None:
            variances, basis = axes_of(problem.covs)
            k, d = problem.means.shape
            self.scale = variances.sqrt()
            self.turn = basis.permute(1, 0, 2).reshape(d, k * d)
            self.log_size = problem.weights.log() - self.scale.log().sum(-1)

    def __call__(self, x: Float64[Tensor, "n d"]) -> Spreading:
        """Measure samples."""
        (n, d), means = x.shape, self.problem.means
        if self.problem.covs is None:
            r, mode = torch.cdist(x, means).min(1)
            spread, outliers = None, r > self.far
        else:
            offset = ((x @ self.turn).reshape(n, *means.shape) - self._centre(means)) / self.scale  # (n, k, d)
            squares = offset.square().sum(-1)
            mode = (self.log_size - 0.5 * squares).argmax(1)
            square = squares.gather(1, mode[:, None])[:, 0]
            spread, outliers = (square.mean() / d).sqrt().item(), square.sqrt() > math.sqrt(d) + 4 / math.sqrt(2)
        share = torch.bincount(mode, minlength=len(means)).double() / n
        modes = 0.5 * (share - self.problem.weights / self.problem.weights.sum()).abs().sum().item()
        gaps = (x @ self.slices).sort(0).values - self.sorted
        return Spreading(modes, spread, outliers.double().mean().item(), gaps.square().mean().sqrt().item())

    def _centre(self, means: Tensor) -> Tensor:
        k, d = means.shape
        return (means @ self.turn).reshape(k, k, d).diagonal().mT
