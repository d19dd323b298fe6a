"""Every guidance on real networks: it changes the estimate, and rows of a batch do not influence each other."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from tests.contracts.test_nets import awake, hybrid, numbers, unet
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import Denoiser
from unfog.core.head import HEADS
from unfog.core.operator import Grey
from unfog.core.process import Process
from unfog.core.schedule import VPLinear
from unfog.core.weighting import unit
from unfog.guidance import GUIDANCES, Given

BLOCKS = {"hybrid": ("core.0", "core.1"), "unet": ("core.0", "down.1.0", "up.1.1")}


def text(seed: int) -> Cond:
    return Cond(
        tokens=numbers((1, 5, 14), seed), mask=torch.ones(1, 5, dtype=torch.bool), pooled=numbers((1, 10), seed)
    )


@cache
def given(name: str) -> Given:
    process = Process(VPLinear())
    net = awake({"hybrid": hybrid, "unet": unet}[name](2)).requires_grad_(requires_grad=False)
    weak = awake({"hybrid": hybrid, "unet": unet}[name](2), seed=4).requires_grad_(requires_grad=False)
    denoiser, other = (Denoiser(n, HEADS["v"], process, weight=unit, sigma_data=0.5) for n in (net, weak))
    return Given(
        denoiser,
        text(1),
        text(2),
        process,
        negative=text(3),
        ts=torch.tensor([0.75, 0.5, 0.25, 0.0], dtype=torch.float64),
        sampler="euler",
        window=(-9.0, 9.0),
        weak=other.bind(text(1)),
        blocks=BLOCKS[name],
        log_prob=lambda x, t: -(x - t[:, None, None, None]).square().flatten(1).sum(1),
        cost=lambda d: (d - 0.3).square().flatten(1).sum(1),
        forward=lambda d: d[:, :1],
        operator=Grey(2),
        measured=numbers((1, 1, 13, 11), 9),
        sigma_y=0.1,
        style=0.4 * numbers((1, 2, 13, 11), 10) + 0.2,
    )


def states() -> tuple[Tensor, Tensor]:
    return numbers((3, 2, 13, 11), 5), torch.tensor([0.25, 0.5, 0.75])


@pytest.mark.parametrize("net", BLOCKS)
@pytest.mark.parametrize("name", GUIDANCES)
@torch.no_grad()
def test_on_a_network(name: str, net: str) -> None:
    all_of_it, fact = given(net), GUIDANCES[name]
    x, t = states()
    guided = fact.make(all_of_it, fact.usual)
    together, plain = guided(x, t), all_of_it.plain(x, t)
    least = 0.0 if name == "sag" else 1e-5 * plain.abs().max()  # a picture of 11 pixels is hardly blurred
    assert together.isfinite().all()
    assert (together - plain).abs().max() > least
    alone = guided(x[1:2], t[1:2])[0]
    assert (alone - together[1]).abs().max() <= 2e-5 * together[1].abs().max().clamp(min=1)
