"""Self-attention guidance against a direct transcription of the published procedure, in noise units."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from tests.support.attentive import Attentive
from tests.support.models import awake_model
from tests.support.problems import at, f64, gauss
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.probe import Probe
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow, VPLinear
from unfog.guidance.sag import blur, sag, salient
from unfog.util.errors import UsageError

UNCOND = Cond(label=torch.tensor([2]))


def published(denoiser: Attentive, guided: Tensor, x: Tensor, t: Tensor, scale: float) -> Tensor:
    """Map, mask, blurred x0, predicted noise again, second prediction, guidance of the noise. 2-D, 64 pixels."""
    process, uncond = denoiser.process, UNCOND.expand(len(x))
    alpha, sigma = (c[:, None, None, None] for c in (process.alpha(t), process.sigma(t)))
    probe = Probe(frozenset({"core.0.self"}))
    plain = denoiser(x, t, uncond, probe)
    eps = (x - alpha * plain) / sigma
    received = probe.maps["core.0.self"].mean(1).sum(1)
    mask = (received > 1.0).reshape(-1, 1, 16, 17).double()
    mask = F.interpolate(mask, size=(64, 68), mode="nearest")[..., :67]
    taps = torch.exp(-0.5 * torch.arange(-4.0, 5.0, dtype=torch.float64) ** 2)
    kernel = torch.outer(taps, taps) / taps.sum() ** 2
    padded = F.pad(plain, (4, 4, 4, 4), mode="reflect")
    soft = F.conv2d(padded, kernel.expand(2, 1, 9, 9), groups=2)
    degraded = alpha * (plain * (1 - mask) + soft * mask) + sigma * eps
    eps_degraded = (degraded - alpha * denoiser(degraded, t, uncond)) / sigma
    eps_guided = (x - alpha * guided) / sigma
    return (x - sigma * (eps_guided + scale * (eps - eps_degraded))) / alpha


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_equals_the_published_procedure(schedule: str) -> None:
    process = Process(SCHEDULES[schedule])
    denoiser = Attentive(process)
    t = process.time_at(f64(1.5, 0.0, -1.5))
    x = process.noise(0.5 * gauss(1, 3, 2, 64, 67), gauss(2, 3, 2, 64, 67), t)
    guided = gauss(3, 3, 2, 64, 67)
    seen: dict[str, Tensor] = {}
    steered = sag(lambda *_: guided, denoiser, UNCOND, 0.75, process=process, site="core.0.self", stride=4, seen=seen)
    assert (steered(x, t) - published(denoiser, guided, x, t, 0.75)).abs().max() <= 1e-12
    assert seen["mask"].shape == (3, 1, 64, 67)
    assert set(seen["mask"].flatten().tolist()) == {0.0, 1.0}


def test_the_mask_marks_the_cells_that_receive_most() -> None:
    attention = torch.full((2, 3, 6, 6), 0.1, dtype=torch.float64)
    attention[0, :, :, 4] = 0.5  # every query of sample 0 looks at cell 4: row 1, column 1 of 2 x 3
    attention[1, :, :, 0] = 0.5
    mask = salient(attention, (5, 11), 4)
    wanted = torch.zeros(2, 5, 11, dtype=torch.bool)
    wanted[0, 4:, 4:8] = True
    wanted[1, :4, :4] = True
    assert torch.equal(mask, wanted)
    assert torch.equal(salient(attention, (5, 11)), wanted)  # 4 is the only power of two with 6 cells
    assert salient(attention[:, :, :3, :3], (11,)).shape == (2, 11)
    with pytest.raises(UsageError, match="6 attention cells do not tile"):
        salient(attention, (5, 11), 2)
    with pytest.raises(UsageError, match="6 attention cells do not tile"):
        salient(attention, (5, 7))


def test_attention_is_averaged_over_heads_and_summed_over_queries() -> None:
    attention = torch.zeros(1, 2, 3, 3, dtype=torch.float64)
    attention[0, 0, :, 0] = 1  # all queries of head 0 look at cell 0, of head 1 at cell 1
    attention[0, 1, :, 1] = 1
    assert salient(attention, (3,), 1).tolist() == [[True, True, False]]  # each receives 3/2


def test_blur_keeps_the_mean_of_flat_parts_and_has_the_stated_width() -> None:
    x = torch.zeros(1, 1, 31, 37, dtype=torch.float64)
    x[..., 15, 17] = 1
    spread = blur(x, 1.0)[0, 0]
    rows, columns = torch.arange(31.0) - 15, torch.arange(37.0) - 17
    assert spread.sum().item() == pytest.approx(1, abs=1e-14)
    assert (spread.sum(1) * rows**2).sum().item() == pytest.approx(1, abs=2e-3)  # variance: 9 taps of deviation 1
    assert (spread.sum(0) * columns**2).sum().item() == pytest.approx(1, abs=2e-3)
    assert spread[15, 17].item() == pytest.approx((0.5 / 1.253314137) ** 2, rel=1e-3)
    assert (blur(torch.full((1, 2, 7), 0.3, dtype=torch.float64), 0.4) - 0.3).abs().max() <= 1e-15


@pytest.mark.parametrize("space", [(23,), (13, 19), (5, 11, 13), (1, 17)])
def test_any_batch_split_gives_the_same_answer(space: tuple[int, ...]) -> None:
    process = Process(VPLinear())
    denoiser = Attentive(process)
    x, t = gauss(4, 3, 2, *space), f64(0.2, 0.5, 0.8)

    def steered(x: Tensor, t: Tensor) -> Tensor:
        return sag(lambda x, _: 0.3 * x, denoiser, UNCOND, 1.0, process=process, stride=4, blur_px=8)(x, t)

    together = steered(x, t)
    assert (together - 0.3 * x).abs().max() >= (1e-3 if min(space) > 1 else 1e-15)
    for i in range(3):
        assert (steered(x[i : i + 1], t[i : i + 1])[0] - together[i]).abs().max() <= 1e-13


def test_pure_noise_is_an_ordinary_case() -> None:
    process = Process(Flow())
    denoiser = Attentive(process)
    x, t = gauss(5, 2, 2, 12, 20), at(1.0, 2)
    plain = denoiser(x, t, UNCOND.expand(2))
    seen: dict[str, Tensor] = {}
    found = sag(lambda *_: plain, denoiser, UNCOND, 2.0, process=process, stride=4, seen=seen)(x, t)
    wanted = plain + 2.0 * seen["mask"] * (blur(plain, 12 / 64) - plain)  # the noised blur is the same noise
    assert (found - wanted).abs().max() <= 1e-14


def test_cost_and_scale_zero() -> None:
    process = Process(Flow())
    denoiser = Attentive(process)
    guided = lambda x, _: x  # noqa: E731
    sag(guided, denoiser, UNCOND, 0.5, process=process)(gauss(6, 3, 2, 16, 24), at(0.5, 3))
    assert denoiser.rows == [3, 3]
    assert sag(guided, denoiser, UNCOND, 0, process=process) is guided
    for scale in (-1.0, math.nan):
        with pytest.raises(UsageError, match="0 or more"):
            sag(guided, denoiser, UNCOND, scale, process=process)
    for blur_px in (0.0, 8.5):
        with pytest.raises(UsageError, match="at most 8"):
            sag(guided, denoiser, UNCOND, 1.0, process=process, blur_px=blur_px)


def test_a_network_without_the_site_is_refused() -> None:
    process = Process(Flow())
    denoiser = Attentive(process, block="down.0")
    with pytest.raises(UsageError, match=r"'core\.0\.self'"):
        sag(lambda x, _: x, denoiser, UNCOND, 0.5, process=process)(gauss(6, 3, 2, 16, 24), at(0.5, 3))
    sag(lambda x, _: x, denoiser, UNCOND, 0.5, process=process, site="down.0.self")(gauss(6, 3, 2, 16, 24), at(0.5, 3))


def test_on_a_real_network() -> None:
    """Site and stride found by themselves; rows of a batch do not influence each other."""
    model = awake_model()
    denoiser, process = model.denoiser, model.denoiser.process
    uncond = model.condition([""])
    x, t = gauss(7, 3, 3, 16, 16).float(), torch.tensor([0.3, 0.6, 0.9])
    seen: dict[str, Tensor] = {}
    plain = denoiser.bind(uncond)
    together = sag(plain, denoiser, uncond, 1.0, process=process, seen=seen)(x, t)
    assert (together - plain(x, t)).abs().max() >= 1e-5
    assert 0.1 <= seen["mask"].mean() <= 0.9
    for i in range(3):
        alone = sag(plain, denoiser, uncond, 1.0, process=process)(x[i : i + 1], t[i : i + 1])
        assert (alone[0] - together[i]).abs().max() <= 1e-5
