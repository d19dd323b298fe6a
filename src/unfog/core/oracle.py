"""Exact denoisers of known distributions: what every sampler, head and guidance is tested and measured against.

    p(x0) = sum_k w_k N(m_k, C_k),    x_t | k ~ N(alpha m_k, S_k),    S_k = alpha^2 C_k + sigma^2 I

    E[x0 | x_t] = sum_k r_k [m_k + alpha C_k S_k^{-1} (x_t - alpha m_k)],    r_k ~ w_k N(x_t; alpha m_k, S_k)

    Cov[x0 | x_t] = sum_k r_k [sigma^2 C_k S_k^{-1} + c_k c_k^T] - D D^T,    c_k the brackets above, D = E[x0 | x_t]
    dD/dx_t = (alpha/sigma^2) Cov[x0 | x_t],    log p(x_t) = log sum_k w_k N(x_t; alpha m_k, S_k)

C_k = U diag(s) U^T, so S_k is inverted by its eigenvalues; s = 0 is a point mass, and a mixture of point masses is a
finite set of data. Everything is written in (alpha, sigma) and finite at alpha = 0. A sample may have any shape of d
numbers.

Sums run over one axis at a time, never as a matrix product, so a sample's result does not depend on its batch
(``FiniteData``, made for many points, is the exception).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Conditional, Denoise
from unfog.core.process import Process, Sample, Time
from unfog.util.errors import UsageError


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of k Gaussians in d dimensions, with a class label per component if it is to be conditioned on.

    Fields:
        weights: positive, of any sum.
        means: one row per component.
        covs: variances ``(k, d)`` of axis-aligned components, or full covariances ``(k, d, d)``; 0 is allowed.
        labels: class of each component, 0, 1, ...

    Raises:
        UsageError: shapes that do not belong together.
    """

    weights: Float[Tensor, " k"]
    means: Float[Tensor, "k d"]
    covs: Float[Tensor, "k d"] | Float[Tensor, "k d d"]
    labels: Int64[Tensor, " k"] | None = None

    def __post_init__(self) -> None:
        k, d = self.means.shape
        covs, labels = tuple(self.covs.shape), None if self.labels is None else tuple(self.labels.shape)
        if self.weights.shape != (k,) or covs not in ((k, d), (k, d, d)) or labels not in (None, (k,)):
            found = f"weights {tuple(self.weights.shape)}, means {(k, d)}, covs {covs}, labels {labels}"
            raise UsageError(
                f"a mixture needs weights (k,), means (k, d), covs (k, d) or (k, d, d), labels (k,): {found}"
            )

    @property
    def null(self) -> int:
        """The label that stands for "any class"."""
        return 0 if self.labels is None else int(self.labels.max()) + 1

    def denoise(self, process: Process) -> Denoise:
        """(x_t, t) -> E[x0 | x_t]."""
        axes = self._axes()
        everything = self.weights.log()[None]
        return lambda x, t: self._estimate(axes, everything, process, x, t)

    def conditional(self, process: Process) -> Conditional:
        """(x_t, t, cond) -> E[x0 | x_t, label]; ``cond.label`` is a class, or ``null`` for the whole mixture.

        Raises:
            UsageError: the mixture has no labels, or is called without one.
        """
        if self.labels is None:
            raise UsageError("this mixture has no labels to condition on: give it labels")
        axes, labels = self._axes(), self.labels

        def estimate(x: Tensor, t: Tensor, cond: Cond) -> Tensor:
            if cond.label is None:
                raise UsageError(f"this mixture is conditioned on a label 0..{self.null}, and cond has none")
            wanted = cond.label[:, None]
            apart = (wanted != labels) & (wanted != self.null)
            return self._estimate(axes, self.weights.log().masked_fill(apart, -math.inf), process, x, t)

        return estimate

    def log_density(self, process: Process) -> Callable[[Tensor, Tensor], Tensor]:
        """(x_t, t) -> log p(x_t), ``(b,)`` in nats; at sigma = 0 that of the data, if no variance is 0."""
        axes, weights = self._axes(), self._log_weights()
        constant = 0.5 * self.means.shape[1] * math.log(2 * math.pi)
        return lambda x, t: self._components(axes, weights, process, x, t)[0].logsumexp(1) - constant

    def log_class(self, process: Process, label: int) -> Callable[[Tensor, Tensor], Tensor]:
        """(x_t, t) -> log p(label | x_t), ``(b,)``: the perfect classifier of noisy samples.

        Raises:
            UsageError: no component has this label.
        """
        axes, weights, inside = self._axes(), self._log_weights(), self._with(label)

        def estimate(x: Tensor, t: Tensor) -> Tensor:
            scores, _, _ = self._components(axes, weights, process, x, t)
            return scores[:, inside].logsumexp(1) - scores.logsumexp(1)

        return estimate

    def covariance(self, process: Process) -> Callable[[Tensor, Tensor], Tensor]:
        """(x_t, t) -> Cov[x0 | x_t], ``(b, d, d)``."""
        axes, weights = self._axes(), self._log_weights()

        def estimate(x: Tensor, t: Tensor) -> Tensor:
            scores, centres, spread = self._components(axes, weights, process, x, t)
            variances, basis = axes
            left = process.sigma(t)[:, None, None] ** 2 * variances / spread  # (b, k, d)
            within = ((basis * left[:, :, None, :])[..., None, :] * basis[:, None]).sum(-1)  # (b, k, d, d)
            share = scores.softmax(-1)
            apart = centres - (share[..., None] * centres).sum(1, keepdim=True)
            return (share[..., None, None] * (within + apart[..., :, None] * apart[..., None, :])).sum(1)

        return estimate

    def jacobian(self, process: Process) -> Callable[[Tensor, Tensor], Tensor]:
        """(x_t, t) -> dE[x0 | x_t]/dx_t, ``(b, d, d)``; sigma(t) > 0."""
        covariance = self.covariance(process)

        def estimate(x: Tensor, t: Tensor) -> Tensor:
            return (process.alpha(t) / process.sigma(t) ** 2)[:, None, None] * covariance(x, t)

        return estimate

    def only(self, label: int) -> GaussianMixture:
        """The components of one class.

        Raises:
            UsageError: no component has this label.
        """
        keep = self._with(label)
        return GaussianMixture(self.weights[keep], self.means[keep], self.covs[keep], torch.full((len(keep),), label))

    def _with(self, label: int) -> Int64[Tensor, " n"]:
        """Which components have this label."""
        if self.labels is None or not bool((self.labels == label).any()):
            raise UsageError(f"no component has the label {label}: the classes are 0..{self.null - 1}")
        return (self.labels == label).nonzero()[:, 0]

    def _log_weights(self) -> Float[Tensor, "1 k"]:
        return (self.weights / self.weights.sum()).log()[None]

    def sample(self, u: Float[Tensor, " b"], eps: Float[Tensor, "b d"]) -> Float[Tensor, "b d"]:
        """Draw from it: ``u`` uniform in (0, 1) picks the component, ``eps`` is unit noise."""
        edges = (self.weights / self.weights.sum()).cumsum(0)
        k = torch.searchsorted(edges, u).clamp(max=len(edges) - 1)
        variances, basis = self._axes()
        return self.means[k] + _turn(basis[k], variances[k].sqrt() * eps)

    def _axes(self) -> tuple[Float[Tensor, "k d"], Float[Tensor, "k d d"]]:
        """Eigenvalues and eigenvectors (columns) of the covariances."""
        if self.covs.ndim == 2:
            d = self.means.shape[1]
            return self.covs, torch.eye(d, dtype=self.covs.dtype, device=self.covs.device).expand(len(self.covs), d, d)
        return axes_of(self.covs)

    def _components(
        self, axes: tuple[Tensor, Tensor], log_weights: Float[Tensor, "_ k"], process: Process, x: Sample, t: Time
    ) -> tuple[Float[Tensor, "b k"], Float[Tensor, "b k d"], Float[Tensor, "_ k d"]]:
        """For every component: log w_k N(x_t; ...) but for a constant, E[x0 | x_t, k], and the variances of x_t."""
        variances, basis = axes
        alpha, sigma = (c[:, None, None] for c in (process.alpha(t), process.sigma(t)))
        spread = alpha**2 * variances + sigma**2  # (b, k, d)
        offset = _turn(basis.mT, x.flatten(1)[:, None] - alpha * self.means)  # (b, k, d)
        scores = log_weights - 0.5 * (offset**2 / spread + spread.log()).sum(-1)  # (b, k)
        centres = self.means + _turn(basis, alpha * variances / spread * offset)  # (b, k, d)
        return scores, centres, spread

    def _estimate(
        self, axes: tuple[Tensor, Tensor], log_weights: Float[Tensor, "_ k"], process: Process, x: Sample, t: Time
    ) -> Sample:
        scores, centres, _ = self._components(axes, log_weights, process, x, t)
        return (scores.softmax(-1)[..., None] * centres).sum(1).reshape(x.shape).to(x)


def axes_of(covs: Float[Tensor, "k d d"]) -> tuple[Float[Tensor, "k d"], Float[Tensor, "k d d"]]:
    """Eigenvalues and eigenvectors (columns) of covariances."""
    found: object = torch.linalg.eigh(covs)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    values, basis = cast("tuple[Tensor, Tensor]", found)
    return values.clamp(min=0), basis


def _turn(matrix: Float[Tensor, "*k d d"], vector: Float[Tensor, "*bk d"]) -> Float[Tensor, "*bk d"]:
    return (matrix * vector[..., None, :]).sum(-1)


@dataclass(frozen=True)
class FiniteData:
    """The data are n points, equally likely: the denoiser of a network that has memorised its training set.

    Fields:
        points: ``(n, d)``.
    """

    points: Float[Tensor, "n d"]

    def denoise(self, process: Process) -> Denoise:
        """(x_t, t) -> E[x0 | x_t] = softmax_i(-|x_t - alpha p_i|^2 / (2 sigma^2)) . p_i."""
        norms = self.points.square().sum(1)

        def estimate(x: Tensor, t: Tensor) -> Tensor:
            alpha, sigma = (c[:, None] for c in (process.alpha(t), process.sigma(t)))
            flat = x.flatten(1).to(self.points)
            scores = (alpha * (flat @ self.points.T) - 0.5 * alpha**2 * norms) / sigma**2
            return (scores.softmax(1) @ self.points).reshape(x.shape).to(x)

        return estimate


def endpoint(denoise: Denoise, process: Process, x: Sample, t: float, s: float, *, steps: int = 1000) -> Sample:
    """Where the probability flow takes ``x`` from time ``t`` to time ``s``: Runge-Kutta of order 4 in lam.

    In VE units, y = x/alpha, the flow is dy/dlam = D - y. Needs alpha(t) > 0 and sigma(s) > 0. With 1000 steps over the
    range of EDM's sigma the error on a smooth mixture is about 1e-9.
    """
    times = torch.tensor([t, s], dtype=x.dtype, device=x.device)
    first, final = process.lam(times)
    h = (final - first) / steps

    def slope(y: Tensor, lam: Tensor) -> Tensor:
        now = process.time_at(lam).expand(x.shape[0])
        alpha = process.alpha(now[:1]).reshape([1] * x.ndim)
        return denoise(alpha * y, now) - y

    with torch.no_grad():
        start, end = (process.alpha(times[i : i + 1]).reshape([1] * x.ndim) for i in range(2))
        y = x / start
        for i in range(steps):
            lam = first + i * h
            k1 = slope(y, lam)
            k2 = slope(y + h / 2 * k1, lam + h / 2)
            k3 = slope(y + h / 2 * k2, lam + h / 2)
            k4 = slope(y + h * k3, lam + h)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return end * y
