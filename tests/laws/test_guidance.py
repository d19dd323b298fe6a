"""What must hold for every way of mixing two estimates, and for the wrappers."""

from __future__ import annotations

import pytest
import torch
from tests.support.noises import cheap
from tests.support.problems import INFINITY, f64, gauss, start, wide_mixture
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.grid import rf_shift
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow, VPLinear
from unfog.guidance import MIXES
from unfog.guidance.cfg import Mix, cfg, linear
from unfog.guidance.interval import interval
from unfog.guidance.rescale import rescaled
from unfog.samplers import SAMPLERS
from unfog.samplers.step import last
from unfog.util.errors import UsageError

ALL = pytest.mark.parametrize("mix", [pytest.param(mix, id=name) for name, mix in MIXES.items()])


def label(*values: int) -> Cond:
    return Cond(label=torch.tensor(values))


class Rows:
    """The labelled mixture's denoiser, remembering how many rows each call had."""

    def __init__(self, process: Process) -> None:
        self.denoiser, self.rows = wide_mixture().conditional(process), list[int]()

    def __call__(self, x: Tensor, t: Tensor, cond: Cond) -> Tensor:
        self.rows.append(x.shape[0])
        return self.denoiser(x, t, cond)


@ALL
def test_scale_one_is_the_identity(mix: Mix) -> None:
    cond, uncond = gauss(1, 3, 2, 5), gauss(2, 3, 2, 5)
    assert (mix(cond, uncond, 1.0) - cond).abs().max() <= 1e-15
    assert (mix(cond, uncond, torch.ones(3)) - cond).abs().max() <= 1e-15


@ALL
def test_equal_estimates_need_no_guidance(mix: Mix) -> None:
    cond = gauss(1, 3, 2, 5)
    assert (mix(cond, cond.clone(), 7.5) - cond).abs().max() <= 1e-14


@ALL
def test_samples_do_not_mix(mix: Mix) -> None:
    cond, uncond, scale = gauss(1, 5, 2, 3), gauss(2, 5, 2, 3), f64(1.0, 2.0, 3.5, 0.0, 7.0)
    together = mix(cond, uncond, scale)
    for i in range(5):
        assert torch.equal(mix(cond[i : i + 1], uncond[i : i + 1], scale[i : i + 1])[0], together[i])
        assert (mix(cond[i : i + 1], uncond[i : i + 1], scale[i].item())[0] - together[i]).abs().max() <= 1e-15


@ALL
def test_units_do_not_matter(mix: Mix) -> None:
    cond, uncond = gauss(1, 3, 2, 5), gauss(2, 3, 2, 5)
    assert (mix(3 * cond, 3 * uncond, 4.0) - 3 * mix(cond, uncond, 4.0)).abs().max() <= 1e-14


@pytest.mark.parametrize("name", SAMPLERS)
def test_scale_one_reproduces_the_conditional(name: str) -> None:
    """On a labelled mixture: plain (nothing is mixed), and with both passes made (scale given per sample)."""
    process = Process(Flow())
    mixture, denoiser = wide_mixture(), wide_mixture().conditional(process)
    x, ts, noise = start(process, 3, 30), rf_shift(process, 5), cheap(3, 30)
    exact = last(SAMPLERS[name].run(mixture.only(2).denoise(process), process, x, ts, noise=noise)).x
    for scale, mix in ((1.0, linear), *((torch.ones(3), mix) for mix in MIXES.values())):
        guided = cfg(denoiser, label(2), label(mixture.null), scale, mix)
        found = last(SAMPLERS[name].run(guided, process, x, ts, noise=noise)).x
        assert (found - exact).abs().max() <= 1e-12


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_guidance_of_x0_is_guidance_of_eps_score_and_velocity(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    denoiser, t, scale = wide_mixture().conditional(process), process.time_at(f64(2.0, 0.0, -2.0)), 4.2
    x = gauss(3, 3, 30)
    cond, uncond = denoiser(x, t, label(1, 1, 1)), denoiser(x, t, label(3, 3, 3))
    guided = cfg(denoiser, label(1), label(3), scale)(x, t)
    for view in (process.eps, process.score, process.velocity):
        mixed = view(x, uncond, t) + scale * (view(x, cond, t) - view(x, uncond, t))
        assert ((view(x, guided, t) - mixed).abs() / (1 + mixed.abs())).max() <= 1e-11


def test_cost_in_rows() -> None:
    process = Process(VPLinear())
    x, t = gauss(3, 5, 30), f64(0.5, 0.5, 0.5, 0.5, 0.5)
    for scale, rows in ((1, [5]), (1.0, [5]), (3.0, [10]), (0.0, [10]), (torch.full((5,), 1.0), [10])):
        counting = Rows(process)
        cfg(counting, label(0), label(3), scale)(x, t)
        assert counting.rows == rows


def test_scale_zero_is_unconditional_and_a_negative_prompt_is_uncond() -> None:
    process = Process(VPLinear())
    denoiser, x, t = wide_mixture().conditional(process), gauss(3, 2, 30), f64(0.5, 0.7)
    assert torch.equal(cfg(denoiser, label(0), label(3), 0.0)(x, t), wide_mixture().denoise(process)(x, t))
    good, bad = denoiser(x, t, label(0, 0)), denoiser(x, t, label(1, 1))
    assert (cfg(denoiser, label(0), label(1), 2.5)(x, t) - (bad + 2.5 * (good - bad))).abs().max() <= 1e-14


def test_conditions_per_sample() -> None:
    process = Process(VPLinear())
    denoiser, x, t = wide_mixture().conditional(process), gauss(3, 3, 30), f64(0.5, 0.7, 0.6)
    together = cfg(denoiser, label(0, 1, 2), label(3), f64(2.0, 3.0, 4.0))(x, t)
    for i in range(3):
        alone = cfg(denoiser, label(i), label(3), 2.0 + i)(x[i : i + 1], t[i : i + 1])
        assert torch.equal(alone[0], together[i])


def test_interval_uses_each_denoiser_where_it_belongs() -> None:
    process, calls = Process(Flow()), list[str]()

    def named(name: str, value: float):
        def denoise(x: Tensor, t: Tensor) -> Tensor:
            calls.append(name)
            return torch.full_like(x, value)

        return denoise

    limited = interval(named("guided", 1.0), named("plain", 0.0), process, -1.0, 2.0)
    x = gauss(1, 3, 2, 5)
    for lams, wanted, used in (
        ((-0.9, 0.0, 1.9), [1, 1, 1], ["guided"]),
        ((-1.1, 2.1, INFINITY), [0, 0, 0], ["plain"]),
        ((-INFINITY, 0.5, 3.0), [0, 1, 0], ["guided", "plain"]),
    ):
        calls.clear()
        found = limited(x, process.time_at(f64(*lams)))
        assert found.flatten(1).mean(1).tolist() == wanted
        assert calls == used


def test_interval_is_closed_below_and_open_above() -> None:
    process, x, t = Process(Flow()), gauss(1, 2, 3), f64(0.5, 0.5)  # lam = 0 exactly
    for low, high, wanted in ((0.0, 1.0, 1.0), (-1.0, 0.0, 0.0)):
        limited = interval(lambda x, _: torch.ones_like(x), lambda x, _: torch.zeros_like(x), process, low, high)
        assert (limited(x, t) == wanted).all()


def test_interval_of_everything_and_of_nothing() -> None:
    process = Process(Flow())
    denoiser, x, t = wide_mixture().conditional(process), gauss(3, 3, 30), f64(0.1, 0.5, 1.0)
    guided, plain = cfg(denoiser, label(0), label(3), 4.0), cfg(denoiser, label(0), label(3), 1.0)
    assert torch.equal(interval(guided, plain, process, -INFINITY, INFINITY)(x, t), guided(x, t))
    assert torch.equal(interval(guided, plain, process, 50.0, 51.0)(x, t), plain(x, t))
    for low, high in ((2.0, 2.0), (3.0, -3.0), (float("nan"), 1.0)):
        with pytest.raises(UsageError, match="lam_low < lam_high"):
            interval(guided, plain, process, low, high)


def test_interval_survives_a_change_of_schedule() -> None:
    """The same picture on two schedules: the interval is in lam, not in steps or times."""
    ends = []
    for schedule in (Flow(), VPLinear()):
        process = Process(schedule)
        denoiser = wide_mixture().conditional(process)
        guided, plain = cfg(denoiser, label(2), label(3), 3.0), cfg(denoiser, label(2), label(3), 1.0)
        ts = torch.cat([process.time_at(torch.linspace(-3, 4, 9, dtype=torch.float64)), f64(0.0)])
        x = process.alpha(ts[:1]) * 20.0 * gauss(5, 3, 30)
        ends.append(last(SAMPLERS["unipc"].run(interval(guided, plain, process, -1.3, 1.7), process, x, ts)).x)
    assert (ends[0] - ends[1]).abs().max() <= 1e-11


def test_rescale_restores_contrast() -> None:
    cond, uncond = 0.5 * gauss(1, 3, 2, 5, 7), 0.4 * gauss(2, 3, 2, 5, 7)
    strong = linear(cond, uncond, 6.0)
    full, half = rescaled(1.0)(cond, uncond, 6.0), rescaled(0.5)(cond, uncond, 6.0)
    assert (full.flatten(1).std(1) - cond.flatten(1).std(1)).abs().max() <= 1e-14
    assert (half - (full + strong) / 2).abs().max() <= 1e-14
    assert torch.equal(rescaled(0.0)(cond, uncond, 6.0), strong)
    assert strong.std() > 3 * full.std()


def test_rescale_of_a_flat_estimate_and_of_a_wrong_strength() -> None:
    flat = torch.full((2, 3, 5), 0.25, dtype=torch.float64)
    assert torch.equal(rescaled(0.7)(flat, flat, 3.0), flat)
    for phi in (-0.1, 1.1, float("nan")):
        with pytest.raises(UsageError, match=r"within 0\.\.1"):
            rescaled(phi)
