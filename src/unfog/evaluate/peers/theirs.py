"""What peers do differently, written with our parts: evidence for whose a difference is, and nothing to sample with.

A method of theirs that disagrees with ours has to agree with one of these to the last digits, so that what stands here
is the whole difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import torch
from torch import Tensor

from unfog.core.denoiser import Denoise
from unfog.core.process import Process
from unfog.samplers.ddpm import ddpm, large
from unfog.samplers.multistep import exact, exponential, midpoint, noise_of, walk
from unfog.samplers.step import NoiseSource, Step, nodes
from unfog.util.random import Draw

ADAMS = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))


def ddpm_large(denoise: Denoise, process: Process, x: Tensor, ts: Tensor, *, noise: NoiseSource) -> Iterator[Step]:
    """DDPM with the larger variance: ours, only with the option set."""
    return ddpm(denoise, process, x, ts, variance=large, noise=noise)


def noisy_end(denoise: Denoise, process: Process, x: Tensor, ts: Tensor, *, noise: NoiseSource) -> Iterator[Step]:
    """DDPM with the larger variance that also adds its noise in the last step, to the finished sample."""
    for step in ddpm_large(denoise, process, x, ts, noise=noise):
        if step.s > 0:
            yield step
        else:
            spread = large(process, *(torch.tensor([t], dtype=torch.float64) for t in (step.t, step.s))).sqrt().item()
            yield Step(step.index, step.x + spread * noise(step.index, Draw.STEP).to(x), step.x0, step.t, step.s)


def wrong_sign(denoise: Denoise, process: Process, x: Tensor, ts: Tensor, *, noise: NoiseSource) -> Iterator[Step]:
    """DPM++ 3M SDE with (1 - e^-H - H)/H^2 - 1/2 as the factor of D2, where + 1/2 belongs."""

    def moments(h: float, n: int) -> list[float]:
        if n < 2:
            return midpoint(h, n)
        first, second = exact(h, 2)
        return [first, 0.5 * second - 1.0]

    return walk(denoise, process, x, ts, exponential(moments, 1.0), 3, eta=1.0, noise=noise)


def heun_in_flow_time(
    denoise: Denoise, process: Process, x: Tensor, ts: Tensor, *, noise: NoiseSource
) -> Iterator[Step]:
    """Heun's method in the time of a rectified flow, on its velocity eps - x0, also in the step from alpha = 0."""
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        x0 = denoise(x, a.batch(x))
        velocity = noise_of(x, x0, a) - x0
        if b.sigma > 0:
            y = x + (b.sigma - a.sigma) * velocity
            y0 = denoise(y, b.batch(y))
            velocity = 0.5 * (velocity + noise_of(y, y0, b) - y0)
        x = x + (b.sigma - a.sigma) * velocity
        yield Step(i, x, x0, a.t, b.t)


def blind_start(denoise: Denoise, process: Process, x: Tensor, ts: Tensor, *, noise: NoiseSource) -> Iterator[Step]:
    """iPNDM whose step from alpha = 0 takes 0 for the clean estimate, and whose later steps go on using its noise."""
    known: list[Tensor] = []
    for i, (a, b) in enumerate(pairwise(nodes(process, ts))):
        x0 = denoise(x, a.batch(x))
        known = [noise_of(x, x0, a), *known][:4]
        eps = sum((c * e for c, e in zip(ADAMS[len(known) - 1], known, strict=True)), start=torch.zeros_like(x))
        x = b.sigma * eps + b.alpha * (x - a.sigma * eps) / max(a.alpha, 1e-8)
        yield Step(i, x, x0, a.t, b.t)


THEIRS: Mapping[str, Callable[..., Iterator[Step]]] = {
    "ddpm_large": ddpm_large,
    "noisy_end": noisy_end,
    "wrong_sign": wrong_sign,
    "heun_in_flow_time": heun_in_flow_time,
    "blind_start": blind_start,
}
