"""Denoising is entering the reverse process where its noise is that of the picture; measured where the answer is known.

The denoiser of Gaussian data, E[x0 | x_t] = alpha d^2 x/(alpha^2 d^2 + sigma^2) for mean 0 and deviation d, stands in
for the network, so mean and spread of the posterior are numbers: y d^2/(d^2 + s^2) and d s/sqrt(d^2 + s^2).
"""

from __future__ import annotations

import pytest
import torch
from tests.support.models import awake_model, tiny_config
from torch import Tensor, nn

from unfog.config.model import CosineConfig, ModelConfig, VAEConfig, VEConfig
from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.core.process import Process
from unfog.model.model import Model
from unfog.samplers.step import last
from unfog.tasks.denoise import (
    covered,
    entry,
    mean_in_parts,
    parts,
    posterior_mean,
    posterior_samples,
    residual,
    uncertainty,
    unclipped,
    way,
)
from unfog.tasks.generate import Tally
from unfog.util.errors import UsageError
from unfog.util.random import Draw, normal
from unfog.util.shapes import like

D = 0.4  # deviation of the data


class Gaussian(nn.Module):
    """The exact denoiser of independent Gaussian pixels."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self.process = process

    def forward(self, x: Tensor, t: Tensor, cond: Cond, probe: Probe | None = None) -> Tensor:
        alpha, sigma = (like(scale(t), x) for scale in (self.process.alpha, self.process.sigma))
        return alpha * D**2 * x / (alpha**2 * D**2 + sigma**2)


def exact(config: ModelConfig | None = None) -> Model:
    """A model of 16 pixels whose data are Gaussian."""
    model = awake_model(config)
    model.denoiser = Gaussian(model.denoiser.process)  # pyright: ignore[reportAttributeAccessIssue]
    return model


SCHEDULES = [
    tiny_config().model_copy(update={"schedule": s}) for s in (tiny_config().schedule, CosineConfig(), VEConfig())
]


@pytest.mark.parametrize("config", SCHEDULES, ids=["flow", "cosine", "ve"])
@pytest.mark.parametrize("sigma", [10.0, 50.0])
def test_the_mean_of_the_posterior_is_exact_on_every_schedule_and_size(config: ModelConfig, sigma: float) -> None:
    model, s = exact(config), sigma / 127.5
    for space in ((16, 29), (5, 3), (1, 7)):
        y = normal([1, 2], (3, *space), draw=Draw.TEST)
        assert torch.allclose(posterior_mean(model, y, sigma), y * D**2 / (D**2 + s**2), atol=1e-5)


def test_samples_have_the_spread_of_the_posterior() -> None:
    sigma, y = 50.0, 0.3 * normal([4], (3, 16, 11), draw=Draw.TEST)
    s = sigma / 127.5
    drawn = last(posterior_samples(exact(), y, sigma, range(40))).x
    assert drawn.shape == (40, 3, 16, 11)
    assert (drawn.mean(0) - y[0] * D**2 / (D**2 + s**2)).abs().mean().item() < 0.05
    wanted = D * s / (D**2 + s**2) ** 0.5 * 127.5
    assert uncertainty(drawn).square().mean().sqrt().item() == pytest.approx(wanted, rel=0.06)
    assert uncertainty(drawn).shape == (1, 16, 11)


def test_a_sample_does_not_depend_on_the_others() -> None:
    model, y = awake_model(), normal([4], (3, 16, 21), draw=Draw.TEST)
    together = last(posterior_samples(model, y, 25, [8, 9], steps=2)).x
    assert torch.equal(last(posterior_samples(model, y, 25, [9], steps=2)).x[0], together[1])
    assert (together[0] - together[1]).abs().max() > 1e-3


def test_the_network_is_asked_once_per_window() -> None:
    tally = Tally()
    posterior_mean(awake_model(), torch.zeros(2, 3, 16, 40), 25, tally=tally)
    assert tally.rows == 2 * 4
    list(posterior_samples(awake_model(), torch.zeros(1, 3, 9, 16), 25, [1, 2, 3], steps=5, tally=tally))
    assert tally.rows == 8 + 3 * 5


def test_every_view_is_asked_of_fewer_windows() -> None:
    tally, y = Tally(), normal([5], (3, 16, 40), draw=Draw.TEST)
    model = awake_model()
    found = posterior_mean(model, y, 25, views=4, tally=tally)
    assert tally.rows == 4 * 3
    assert torch.allclose(posterior_mean(model, y.mT, 25, views=4), found.mT, atol=1e-5)
    assert not torch.allclose(posterior_mean(model, y.mT, 25).mT, posterior_mean(model, y, 25), atol=1e-3)


def test_the_way_begins_at_the_noise_and_ends_without() -> None:
    process = awake_model().denoiser.process
    ts = way(process, 25.0, 7)
    assert len(ts) == 8
    assert ts[-1] == 0
    assert (process.sigma(ts[:1]) / process.alpha(ts[:1])).item() == pytest.approx(25 / 127.5)
    assert torch.equal(ts[:1], entry(process, 25.0))
    assert torch.allclose(process.lam(ts[:-1]).diff(), process.lam(ts[:-1]).diff()[0])


def test_no_noise_nothing_done() -> None:
    y = normal([0], (3, 12, 33), draw=Draw.TEST)
    assert posterior_mean(awake_model(), y, 0) is y


def test_what_was_taken_away() -> None:
    y, n = torch.zeros(1, 3, 64, 64), normal([0], (3, 64, 64), draw=Draw.TEST)
    assert residual(y + 25 / 127.5 * n, y) == pytest.approx(25, rel=0.03)


def test_a_small_picture_is_continued_by_its_mirror_image() -> None:
    y = torch.arange(15.0).reshape(1, 1, 3, 5).expand(1, 3, 3, 5)
    whole = covered(exact(), y)
    assert whole.shape == (1, 3, 16, 16)
    assert whole[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1]
    assert whole[0, 0, :, 0].tolist() == [0, 5, 10, 5, 0, 5, 10, 5, 0, 5, 10, 5, 0, 5, 10, 5]


def test_what_cannot_be_denoised() -> None:
    y = torch.zeros(1, 3, 16, 16)
    latent = awake_model(tiny_config().model_copy(update={"codec": VAEConfig(width=16, encoder=1, decoder=1)}))
    for call in (lambda: posterior_mean(latent, y, 25), lambda: list(posterior_samples(latent, y, 25, [1]))):
        with pytest.raises(UsageError, match="noise of pixels is no white noise of latents"):
            call()
    for sigma in (-1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="noise level must be 0 or more"):
            posterior_mean(awake_model(), y, sigma)
    with pytest.raises(UsageError, match="at most 10200 of 255"):
        posterior_mean(exact(SCHEDULES[2]), y, 10300)
    with pytest.raises(UsageError, match="pictures of 3 channels, not 4"):
        posterior_mean(awake_model(), torch.zeros(1, 4, 16, 16), 25)
    with pytest.raises(UsageError, match="samples need one picture with noise and seeds"):
        list(posterior_samples(awake_model(), y, 25, []))
    with pytest.raises(UsageError, match="ask for 2 or more"):
        uncertainty(y)


def test_flat_paper_of_a_noisy_file_is_as_bright_as_it_was():
    """The mean of cut noise is what a perfect estimate of a flat picture would be."""
    sigma = 50.0
    noise = normal([3], (200_000,), draw=Draw.TEST)[0].double() * sigma / 127.5
    for value in (-1.0, -0.9, 0.0, 0.7, 1.0):
        cut = (value + noise).clamp(-1, 1).mean()
        assert abs(unclipped(cut[None], sigma).item() - value) < 0.01
    assert torch.equal(unclipped(torch.tensor([0.3]), 0.0), torch.tensor([0.3]))


def test_a_large_picture_can_be_left_between_two_windows() -> None:
    model, tally = awake_model(), Tally()
    y = normal([4], (3, 16, 40), draw=Draw.TEST)
    run = mean_in_parts(model, y, 25, views=2, tally=tally)
    rows = list[int]()
    while True:
        try:
            next(run)
        except StopIteration as end:
            made = end.value
            break
        rows.append(tally.rows)
    n = parts((16, 40), 16, 2)
    assert rows == [2 * k for k in range(1, n)]
    assert n > 2
    assert torch.equal(made, posterior_mean(model, y, 25, views=2))
