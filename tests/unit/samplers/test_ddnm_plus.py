"""DDNM+: without noise it is DDNM; with noise, what is put in counts as part of the fresh noise."""

from __future__ import annotations

import pytest
import torch
from tests.support.problems import f64, gauss, start, wide_mixture
from torch import Tensor

from unfog.core.grid import rf_shift
from unfog.core.operator import Downsample, Known
from unfog.core.process import Process
from unfog.core.schedule import Flow
from unfog.guidance.ddnm import ddnm
from unfog.samplers.ancestral import split
from unfog.samplers.ddim import ddim
from unfog.samplers.ddnm_plus import ddnm_plus
from unfog.samplers.step import last, nodes
from unfog.util.errors import UsageError
from unfog.util.random import Draw, Noise

PROCESS = Process(Flow())


def test_without_noise_it_is_ddnm_with_ancestral_steps():
    """Down to pure noise at the start and none at the end."""
    denoise, ts, x = wide_mixture(24).denoise(PROCESS), rf_shift(PROCESS, 5), start(PROCESS, 3, 1, 4, 6)
    noise, small = Noise((1, 2, 3), (1, 4, 6), dtype=torch.float64), Downsample(2)
    y = gauss(6, 1, 1, 2, 3)
    mine = last(ddnm_plus(denoise, PROCESS, x, ts, operator=small, y=y, sigma_y=0.0, noise=noise)).x
    theirs = last(ddim(ddnm(denoise, small, y, 1.0), PROCESS, x, ts, eta=1.0, noise=noise)).x
    assert (mine - theirs).abs().max() <= 1e-12
    assert (small.forward(mine) - y).abs().max() <= 1e-12


@pytest.mark.parametrize("sigma_y", [0.02, 0.2, 2.0])
def test_the_measurement_s_noise_replaces_fresh_noise(sigma_y: float):
    """Of many measurements of one picture: along every direction, seen or not, a step leaves the deviation u.

    The last measures so badly that only a part of it is put in.
    """
    gains, picture = f64(0.0, 0.5, 1.0, 3.0), f64(0.4, -0.2, 0.1, 0.7)
    b = 20_000
    ts = f64(0.6, 0.4, 0.0)
    a, s = nodes(PROCESS, ts)[:2]
    down, up = split(a, s, 1.0)
    y = gains * picture + sigma_y * gauss(7, b, 4)
    x = (0.5 * gauss(8, 1, 4)).expand(b, 4)

    def noise(step: int, draw: Draw) -> Tensor:
        return gauss(9 + step, b, 4)

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        return picture.expand(x.shape)

    run = ddnm_plus(denoise, PROCESS, x, ts, operator=Known(gains), y=y, sigma_y=sigma_y, noise=noise)
    first = next(run)
    assert (first.x.std(0) / up - 1).abs().max() <= 0.02
    middle = down.sigma / a.sigma * x[0] + (s.alpha - a.alpha * down.sigma / a.sigma) * picture
    assert (first.x.mean(0) - middle).abs().max() <= 4 * up / b**0.5
    assert torch.equal(next(run).x, picture.expand(b, 4))  # the last step trusts the denoiser


def test_what_cannot_be():
    operator, y = Known(f64(1.0)), f64([1.0])
    for wrong in ({"eta": 0.0, "sigma_y": 0.1}, {"eta": 1.0, "sigma_y": -0.1}):
        run = ddnm_plus(
            lambda x, _: x, PROCESS, y, f64(1.0, 0.0), operator=operator, y=y, noise=Noise((1,), (1,)), **wrong
        )
        with pytest.raises(UsageError, match="eta above 0 and sigma_y of 0 or more"):
            next(run)
