"""How probable a model finds given pictures: by the probability flow, and by the variational bound.

**Flow** (Chen et al. 2018; Song et al. 2021, section 4.3). In y = x/alpha the flow is dy/dlam = D - y. With n =
sigma/alpha, r^2 = sigma_data^2 + n^2 and z = y/r it reads

    dz/dlam = (D - sigma_data^2/r^2 y)/r,    d log p(z)/dlam = -tr(dD/dy - sigma_data^2/r^2),    p(y) = p(z)/r^d

(d numbers per sample), which is no motion at all for Gaussian data of deviation sigma_data, and little at both ends for
any data. It goes from the data at ``lam_high``, where what is left of the noise is invisible, to ``lam_low``, where z
is unit Gaussian. The trace is exact with one differentiation per number, or estimated without bias by v.(dD/dy) v with
signs v = +-1 (Hutchinson 1990), the same v all the way (Grathwohl et al. 2019). Runge-Kutta of order 4.

**Bound** (Ho et al. 2020; Kingma et al. 2021, eq. 13): for a chain over the grid ts, x_t noised from x0,

    -log p(x0) <= KL(q(x_1|x0) | N(0, sigma_1^2)) + sum over steps (SNR_s - SNR_t)/2 |x0 - D(x_t)|^2 - log p(x0|x_s)

with SNR = (alpha/sigma)^2, the last term N(x0; D, (sigma/alpha)^2) at the last node of the grid above 0. It is tight
with an exact D and many steps.

Both are in nats; ``bits_per_dim`` translates, for pixels that were counted in 256 steps over [-1, 1] and blurred by
``dequantise``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.step import NoiseSource
from unfog.util.errors import UsageError
from unfog.util.random import Draw, uniform
from unfog.util.shapes import like

PIXEL = 2 / 255  # the distance of two neighbouring values of 8 bits in [-1, 1]


def log_likelihood(
    denoise: Denoise,
    process: Process,
    x0: Float[Tensor, "b *shape"],
    *,
    sigma_data: float = 0.5,
    lam_range: tuple[float, float] = (-6.0, 7.0),
    steps: int = 40,
    probes: Float[Tensor, "k b *shape"] | None = None,
) -> Float[Tensor, " b"]:
    """log p(x0) in nats, by the probability flow; about 4 ``steps`` evaluations, each with its gradients.

    Args:
        sigma_data: standard deviation of the data, roughly; what is off costs only steps.
        lam_range: where to stop at the noisy end (or where the schedule does), and where to start at the clean one. The
            mean m of the data, of which the Gaussian knows nothing, is worth m exp(lam_low) per number of a sample.
        steps: of the integration, equal in lam.
        probes: signs for the estimated trace (``signs``), k of them per sample; ``None``: the exact trace.

    Raises:
        UsageError: an empty range, or no steps.
    """
    low, high = lam_range
    if not low < high or steps < 1:
        raise UsageError(f"a likelihood needs lam_low < lam_high and steps, got {low}, {high} and {steps}")
    low = max(low, process.lam(torch.ones(1, dtype=torch.float64)).item())
    h, d, data = (low - high) / steps, x0[0].numel(), sigma_data**2

    def slope(z: Tensor, lam: float) -> tuple[Tensor, Tensor]:
        t = process.time_at(torch.full((z.shape[0],), lam, dtype=z.dtype, device=z.device))
        alpha, r2 = like(process.alpha(t), z), data + math.exp(-2 * lam)
        y = math.sqrt(r2) * z
        clean, trace = _trace(lambda y: denoise(alpha * y, t), y, probes)
        return (clean - data / r2 * y) / math.sqrt(r2), trace - d * data / r2

    r = math.sqrt(data + math.exp(-2 * high))
    z, change = x0 / r, x0.new_zeros(x0.shape[0])
    for i in range(steps):
        lam = high + i * h
        k1, c1 = slope(z, lam)
        k2, c2 = slope(z + h / 2 * k1, lam + h / 2)
        k3, c3 = slope(z + h / 2 * k2, lam + h / 2)
        k4, c4 = slope(z + h * k3, lam + h)
        z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        change = change + h / 6 * (c1 + 2 * c2 + 2 * c3 + c4)
    end = -0.5 * (z.square().flatten(1).sum(1) + d * math.log(2 * math.pi))
    return end + change - d * math.log(r)


def signs(seeds: Sequence[int], shape: Sequence[int], k: int) -> Float64[Tensor, "k b *shape"]:
    """Rademacher numbers, +1 or -1: ``k`` tensors for samples of these seeds."""
    return torch.stack([(uniform(seeds, shape, draw=Draw.PROBE, step=i) < 0.5).double() * 2 - 1 for i in range(k)])


def variational_bound(
    denoise: Denoise,
    process: Process,
    x0: Float[Tensor, "b *shape"],
    ts: Float64[Tensor, " nodes"],
    noise: NoiseSource,
    *,
    width: float | None = None,
) -> Float[Tensor, " b"]:
    """An upper bound on -log p(x0) in nats, in expectation over ``noise``; one evaluation per node above 0.

    Args:
        ts: the decreasing grid of the chain; a final 0 is left out.
        noise: fresh unit noise per step.
        width: distance of neighbouring values of quantised data, whose probability (not density) is then bounded.

    Raises:
        UsageError: fewer than two nodes above 0.
    """
    ts = ts[ts > 0]
    if len(ts) < 2:
        raise UsageError(f"a bound needs 2 nodes above t = 0 or more, got {len(ts)}")
    snr = (process.alpha(ts) / process.sigma(ts)) ** 2
    b, d = x0.shape[0], x0[0].numel()

    def estimate(i: int) -> Tensor:
        t = ts[i].expand(b).to(x0)
        with torch.no_grad():
            return denoise(process.noise(x0, noise(i, Draw.VALID_NOISE).to(x0), t), t)

    size = x0.square().flatten(1).sum(1)
    bound = 0.5 * (process.alpha(ts[0]) / process.sigma(ts[0])).item() ** 2 * size  # both have variance sigma_1^2
    for i, (here, following) in enumerate(pairwise(snr.tolist())):
        error = (x0 - estimate(i)).square().flatten(1).sum(1)
        bound = bound + 0.5 * (following - here) * error
    variance = 1 / snr[-1].item()
    clean = estimate(len(ts) - 1)
    if width is None:
        error = (x0 - clean).square().flatten(1).sum(1)
        return bound + 0.5 * (error / variance + d * math.log(2 * math.pi * variance))
    return bound - _log_bin(x0, clean, math.sqrt(variance), width).flatten(1).sum(1)


def dequantise(pixels: Float[Tensor, "b *shape"], seeds: Sequence[int]) -> Float[Tensor, "b *shape"]:
    """Values of 8 bits in [-1, 1], each spread evenly over its step: what a density can be compared on."""
    noise = uniform(seeds, tuple(pixels.shape[1:]), draw=Draw.DEQUANTISE)
    return pixels + PIXEL * (noise - 0.5).to(pixels)


def bits_per_dim(log_p: Float[Tensor, " b"], d: int, width: float | None = PIXEL) -> Float[Tensor, " b"]:
    """Bits per number of a sample of ``d`` numbers; ``width`` turns a density into a probability, ``None`` does not."""
    return -(log_p / d + (0 if width is None else math.log(width))) / math.log(2)


def _trace(
    denoise: Callable[[Tensor], Tensor], y: Tensor, probes: Tensor | None
) -> tuple[Float[Tensor, "b *shape"], Float[Tensor, " b"]]:
    """D(y) and tr(dD/dy) per sample, exact or from the probes."""
    with torch.enable_grad():
        y = y.detach().requires_grad_()
        clean = denoise(y)
        if probes is None:
            flat = clean.flatten(1).sum(0)  # samples do not mix, so one differentiation serves all of them
            parts = [torch.autograd.grad(flat[j], y, retain_graph=True)[0].flatten(1)[:, j] for j in range(len(flat))]
            trace = torch.stack(parts).sum(0)
        else:
            pulled = [torch.autograd.grad((clean * v).sum(), y, retain_graph=True)[0] for v in probes.to(clean)]
            trace = torch.stack([(v * g).flatten(1).sum(1) for v, g in zip(probes.to(y), pulled, strict=True)]).mean(0)
    return clean.detach(), trace.detach()


def _log_bin(x0: Tensor, mean: Tensor, deviation: float, width: float) -> Tensor:
    """log of the Gaussian probability of the step of ``width`` around x0, open at the ends of [-1, 1]."""
    above = torch.where(x0 > 1 - width / 2, math.inf, (x0 + width / 2 - mean) / deviation)
    below = torch.where(x0 < -1 + width / 2, -math.inf, (x0 - width / 2 - mean) / deviation)
    flip = (above + below) > 0  # both far in the right tail: the left one has the digits
    high, low = torch.where(flip, -below, above), torch.where(flip, -above, below)
    log_high, log_low = torch.special.log_ndtr(high), torch.special.log_ndtr(low)
    return log_high + torch.log1p(-torch.exp(log_low - log_high).clamp(max=1 - 1e-12))
