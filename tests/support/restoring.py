"""What the methods of restoring must get right, each by a number that only it gets right (tests/laws)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from tests.support.problems import f64, gauss, start, wide_mixture
from unfog.core.grid import rf_shift
from unfog.core.operator import Downsample, Known
from unfog.core.oracle import GaussianMixture
from unfog.core.process import Process
from unfog.core.schedule import VPLinear
from unfog.guidance.ddnm import ddnm
from unfog.guidance.diffpir import diffpir
from unfog.guidance.dps import dps
from unfog.guidance.measure import measure
from unfog.guidance.mmps import mmps
from unfog.guidance.pigdm import pigdm
from unfog.guidance.tmpd import tmpd
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.errors import UsageError

PROCESS = Process(VPLinear())
T = f64(0.2, 0.5, 0.8)


def measured() -> None:
    """Gaussian data of one deviation, three of five turned coordinates measured with noise: the exact posterior."""
    turned = torch.linalg.qr(gauss(2, 5, 5))[0][:3]
    y, variance, noise = gauss(6, 1, 3), 0.49, 0.3
    prior = GaussianMixture(f64(1.0), torch.zeros(1, 5, dtype=torch.float64), f64([variance] * 5))
    after = torch.linalg.inv(torch.eye(5, dtype=torch.float64) / variance + turned.T @ turned / noise**2)
    posterior = GaussianMixture(f64(1.0), (y @ turned / noise**2) @ after, after[None])
    x = gauss(5, 3, 5)
    prior_at = prior.denoise(PROCESS)
    found = measure(prior_at, lambda d: d @ turned.T, y, 1.0, PROCESS, sigma_y=noise, sigma_data=0.7)(x, T)
    assert (found - posterior.denoise(PROCESS)(x, T)).abs().max() <= 1e-12
    with pytest.raises(UsageError, match="positive deviation"):
        measure(prior_at, lambda d: d, y, 1.0, PROCESS, sigma_y=0.0, sigma_data=0.0)


def gaussian_posterior(mean: Tensor, cov: Tensor, a: Tensor, y: Tensor, noise: float) -> GaussianMixture:
    """N(mean, cov) given y = a x0 + noise n."""
    after = torch.linalg.inv(torch.linalg.inv(cov) + a.T @ a / noise**2)
    return GaussianMixture(f64(1.0), (after @ (torch.linalg.solve(cov, mean) + a.T @ y / noise**2))[None], after[None])


def evenly_uncertain() -> None:
    """Gaussian data of one deviation, every number measured with a gain of its own (A A^T is not 1)."""
    gains, y, mean = f64(0.0, 0.3, 1.0, 2.0, 0.7), gauss(6, 1, 5), gauss(4, 5)
    cov = 0.49 * torch.eye(5, dtype=torch.float64)
    prior = GaussianMixture(f64(1.0), mean[None], cov[None]).denoise(PROCESS)
    posterior = gaussian_posterior(mean, cov, torch.diag(gains), y[0], 0.3).denoise(PROCESS)
    x = gauss(5, 3, 5)
    found = pigdm(prior, Known(gains), y, 1.0, PROCESS, sigma_y=0.3, sigma_data=0.7)(x, T)
    assert (found - posterior(x, T)).abs().max() <= 1e-12
    with pytest.raises(UsageError, match="0 or more, got -1"):
        pigdm(prior, Known(gains), y, 1.0, PROCESS, sigma_y=-1, sigma_data=0.7)


def unevenly_uncertain() -> None:
    """Gaussian data of another deviation along every axis: what is measured has a diagonal covariance."""
    gains, y, mean = f64(0.0, 0.3, 1.0, 2.0, 0.7), gauss(6, 1, 5), gauss(4, 5)
    cov = torch.diag(f64(0.05, 0.1, 0.3, 0.6, 1.0))
    prior = GaussianMixture(f64(1.0), mean[None], cov[None]).denoise(PROCESS)
    posterior = gaussian_posterior(mean, cov, torch.diag(gains), y[0], 0.3).denoise(PROCESS)
    x = gauss(5, 3, 5)
    # row sums of a diagonal matrix are its diagonal only where A^T 1 is 1: a mask
    mask = (gains > 0).double()
    masked = gaussian_posterior(mean, cov, torch.diag(mask), y[0] * mask, 0.3).denoise(PROCESS)
    found = tmpd(prior, Known(mask), y * mask, 1.0, PROCESS, sigma_y=0.3)(x, T)
    assert (found - masked(x, T)).abs().max() <= 1e-12
    every = tmpd(prior, Known(gains), y, 1.0, PROCESS, sigma_y=0.3)(x, T)
    assert (every - posterior(x, T)).abs().max() <= 1e-12
    pure = tmpd(prior, Known(mask), y, 1.0, PROCESS, sigma_y=0.0)(x, T)
    assert pure.isfinite().all()


def wholly_uncertain() -> None:
    """Gaussian data of any covariance, three of five coordinates measured: as many iterations; fewer come near."""
    basis, mean, mask = torch.linalg.qr(gauss(2, 5, 5))[0], gauss(4, 5), f64(1, 0, 1, 1, 0)
    cov = basis @ torch.diag(f64(0.05, 0.1, 0.3, 0.6, 1.0)) @ basis.T
    y = gauss(6, 1, 5) * mask
    prior = GaussianMixture(f64(1.0), mean[None], cov[None]).denoise(PROCESS)
    posterior = gaussian_posterior(mean, cov, torch.diag(mask), y[0], 0.3).denoise(PROCESS)
    x = gauss(5, 3, 5)
    off = [
        (mmps(prior, Known(mask), y, 1.0, PROCESS, sigma_y=0.3, iterations=n)(x, T) - posterior(x, T)).norm().item()
        for n in (1, 2, 3, 5)
    ]
    assert max(off[2:]) <= 1e-9
    assert off[0] > off[1] > 1e-4
    assert off[0] <= 0.25 * (prior(x, T) - posterior(x, T)).norm()
    with pytest.raises(UsageError, match="1 iteration or more, got 0"):
        mmps(prior, Known(mask), y, 1.0, PROCESS, sigma_y=0.3, iterations=0)


def plain(x: Tensor, _: Tensor) -> Tensor:
    """Any denoiser."""
    return torch.tanh(x)


def nothing_unseen() -> None:
    """The estimate is seen as what was measured; what cannot be seen is left as it was."""
    x, small = gauss(5, 3, 2, 4, 6), Downsample(2)
    y = gauss(6, 3, 2, 2, 3)
    found = ddnm(plain, small, y, 1.0)(x, T)
    assert (small.forward(found) - y).abs().max() <= 1e-14
    unseen = [d - small.adjoint(small.forward(d)) * 4 for d in (found, plain(x, T))]
    assert (unseen[0] - unseen[1]).abs().max() <= 1e-14


def nearest_to_both() -> None:
    """The smallest sum of both squares; without noise the null-space method."""
    gains, y, x = f64(0.0, 0.3, 1.0, 2.0, 0.7), gauss(6, 3, 5), gauss(5, 3, 5)
    found = diffpir(plain, Known(gains), y, 1.0, PROCESS, sigma_y=0.3, zeta=2.0)(x, T)
    r2 = ((PROCESS.sigma(T) / PROCESS.alpha(T)) ** 2 / 2.0)[:, None]
    slope = gains * (gains * found - y) / 0.09 + (found - plain(x, T)) / r2
    assert slope.abs().max() <= 1e-11
    still = diffpir(plain, Known(gains), y, 1.0, PROCESS, sigma_y=0.0)(x, T)
    assert (still - ddnm(plain, Known(gains), y, 1.0)(x, T)).abs().max() <= 1e-12
    with pytest.raises(UsageError, match="zeta must be positive, got 0"):
        diffpir(plain, Known(gains), y, 1.0, PROCESS, sigma_y=0.3, zeta=0)


def after_the_step() -> None:
    """Euler steps in VE units, each followed by one down the misfit of its estimate."""
    denoise, zeta, y = wide_mixture().denoise(PROCESS), 0.6, gauss(6, 1, 4)
    ts, x = rf_shift(PROCESS, 6), start(PROCESS, 2, 30)

    def seen(d: Tensor) -> Tensor:
        return d[:, :4] ** 2

    state = x / PROCESS.alpha(ts[0])
    for t, s in pairwise(ts):
        ratios = PROCESS.sigma(t) / PROCESS.alpha(t), PROCESS.sigma(s) / PROCESS.alpha(s)
        with torch.enable_grad():
            leaf = state.detach().requires_grad_()
            d = denoise(PROCESS.alpha(t) * leaf, t.expand(2))
            (gradient,) = torch.autograd.grad((y - seen(d)).norm(dim=1).sum(), leaf)
        d = d.detach()
        state = d + ratios[1] / ratios[0] * (state - d) - zeta * gradient
    for sampler in ("ddim", "euler"):
        guided = dps(denoise, seen, y, zeta, PROCESS, ts, sampler)
        assert (last(SAMPLERS[sampler].run(guided, PROCESS, x, ts)).x - state).abs().max() <= 1e-10
    with pytest.raises(UsageError, match="DPS changes a first-order step, which the step of 'heun' cannot express"):
        dps(denoise, seen, y, zeta, PROCESS, ts, "heun")


RESTORING: dict[str, Callable[[], None]] = {
    "measure": measured,
    "dps": after_the_step,
    "ddnm": nothing_unseen,
    "diffpir": nearest_to_both,
    "pigdm": evenly_uncertain,
    "tmpd": unevenly_uncertain,
    "mmps": wholly_uncertain,
}
