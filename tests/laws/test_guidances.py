"""What must hold for every registered guidance; adding one to GUIDANCES enrols it here."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch
from tests.support.attentive import Attentive
from tests.support.problems import at, f64, gauss
from torch import Tensor

from unfog.core.cond import Cond
from unfog.core.denoiser import bound
from unfog.core.grid import uniform
from unfog.core.operator import Grey
from unfog.core.process import Process
from unfog.core.schedule import SCHEDULES, Flow, VPLinear
from unfog.guidance import GUIDANCES, Given
from unfog.samplers.ddim import ddim
from unfog.samplers.step import last
from unfog.util.errors import UsageError
from unfog.util.shapes import like

ALL = pytest.mark.parametrize("name", GUIDANCES)
SHAPE = (2, 12, 20)
LAMS = (-1.5, 0.1, 1.6)
MISSING = {
    "interval": "window",
    "cfgpp": "ts",
    "auto": "weak",
    "pag": "blocks",
    "seg": "blocks",
    "slg": "blocks",
    "and": "negative",
    "not": "negative",
    "perp_neg": "negative",
    "classifier": "log_prob",
    "energy": "cost",
    "cheap_energy": "cost",
    "measure": "forward",
    "dps": "forward",
    "ddnm": "operator",
    "diffpir": "operator",
    "pigdm": "operator",
    "tmpd": "operator",
    "mmps": "operator",
    "palette": "style",
}


def label(value: int) -> Cond:
    return Cond(label=torch.tensor([value]))


def given(process: Process, ts: Tensor, denoiser: Attentive | None = None) -> Given:
    """Everything that any guidance asks for; what it is put on top of is not counted."""
    denoiser = denoiser or Attentive(process)
    centre = gauss(8, 1, *SHAPE)

    def log_prob(x: Tensor, t: Tensor) -> Tensor:
        clean = x * like(process.alpha(t) / (process.alpha(t) ** 2 + process.sigma(t) ** 2), x)
        return -0.1 * (clean - centre).square().flatten(1).sum(1)

    return Given(
        denoiser,
        label(1),
        label(0),
        process,
        guided=bound(Attentive(process), label(3)),
        negative=label(2),
        ts=ts,
        sampler="ddim",
        window=(-1.2, 1.2),
        weak=bound(denoiser, label(4)),
        blocks=("core.0",),
        log_prob=log_prob,
        cost=lambda d: 0.1 * (d - centre).square().flatten(1).sum(1),
        forward=lambda d: d[:, :1].square(),
        operator=Grey(SHAPE[0]),
        measured=gauss(9, 1, 1, *SHAPE[1:]),
        sigma_y=0.3,
        style=0.4 * gauss(10, 1, *SHAPE) + 0.2,
    )


@cache
def problem(schedule: str = "flow") -> tuple[Process, Tensor, Tensor, Tensor]:
    """Process, three states at three noise levels, their times, and a grid through these."""
    process = Process(SCHEDULES[schedule])
    t = process.time_at(f64(*LAMS))
    y = 0.5 * gauss(4, 3, *SHAPE) + like(torch.exp(-f64(*LAMS)), gauss(4, 3, *SHAPE)) * gauss(5, 3, *SHAPE)
    return process, like(process.alpha(t), y) * y, t, torch.cat([t, f64(0.0)])


@ALL
def test_the_neutral_strength_is_the_identity(name: str) -> None:
    """And it is approached; the usual strength is not it (a picture of 12 pixels is hardly blurred by SAG)."""
    process, x, t, ts = problem()
    fact, all_of_it = GUIDANCES[name], given(process, ts)
    assert all_of_it.guided is not None
    plain = {
        "cond": all_of_it.plain,
        "uncond": bound(all_of_it.denoiser, all_of_it.uncond),
        "guided": all_of_it.guided,
    }[fact.leaves](x, t)
    assert (fact.make(all_of_it, fact.neutral)(x, t) - plain).abs().max() <= 1e-14
    near = (fact.make(all_of_it, fact.neutral + 1e-7)(x, t) - plain).abs().max()
    assert near <= 1e-4
    assert (fact.make(all_of_it, fact.usual)(x, t) - plain).abs().max() >= 1e-6


@ALL
def test_samples_do_not_mix(name: str) -> None:
    """The same answer for every split of the batch; times differ within it."""
    process, x, t, ts = problem()
    fact, all_of_it = GUIDANCES[name], given(process, ts)
    together = fact.make(all_of_it, fact.usual)(x, t)
    for rows in (slice(0, 1), slice(1, 2), slice(2, 3), slice(0, 2), slice(1, 3)):
        assert (fact.make(all_of_it, fact.usual)(x[rows], t[rows]) - together[rows]).abs().max() <= 1e-12


@ALL
def test_affine_in_the_strength_or_not(name: str) -> None:
    process, x, t, ts = problem()
    fact, all_of_it = GUIDANCES[name], given(process, ts)
    a, b, c = (fact.make(all_of_it, fact.neutral + more)(x, t) for more in (0.0, 1.0, 2.5))
    bend = (c - a - 2.5 * (b - a)).abs().max()
    assert bend <= 1e-12 if fact.affine else bend >= 1e-3


@ALL
def test_cost(name: str) -> None:
    """Rows through the network, per sample; free (but for what it leaves) where it does nothing."""
    process, x, t, ts = problem()
    denoiser, fact = Attentive(process), GUIDANCES[name]
    all_of_it = given(process, ts, denoiser)
    fact.make(all_of_it, fact.usual)(x[1:2], t[1:2])
    assert sum(denoiser.rows) == fact.calls
    denoiser.rows.clear()
    if fact.leaves == "guided":
        assert fact.make(all_of_it, fact.neutral) is all_of_it.guided


@ALL
def test_the_schedule_is_only_a_change_of_variables(name: str) -> None:
    fact, found = GUIDANCES[name], list[Tensor]()
    for schedule in SCHEDULES:
        process, x, t, ts = problem(schedule)
        found.append(fact.make(given(process, ts), fact.usual)(x, t))
    assert max((d - found[0]).abs().max().item() for d in found) <= 1e-8


@ALL
def test_from_pure_noise_to_no_noise(name: str) -> None:
    """Through alpha = 0 at the start; gradients stay off, the caller's tensors stay as they are."""
    process, fact = Process(Flow()), GUIDANCES[name]
    ts = uniform(process, 5)
    guided = fact.make(given(process, ts), fact.usual)

    def watched(x: Tensor, t: Tensor) -> Tensor:
        assert not torch.is_grad_enabled()
        before = x.clone()
        d = guided(x, t)
        assert not torch.is_grad_enabled()
        assert not d.requires_grad
        assert not x.requires_grad
        assert torch.equal(x, before)
        assert d.dtype == x.dtype
        return d

    for dtype in (torch.float64, torch.float32):
        steps = [step.x for step in ddim(watched, process, gauss(3, 2, *SHAPE).to(dtype), ts)]
        assert len(steps) == 5
        assert max(x.abs().max().item() for x in steps) <= 100


@ALL
def test_it_stacks_on_any_other(name: str) -> None:
    """What additive guidance adds does not depend on what it is added to, unless it follows its gradient or colours."""
    process, x, t, ts = problem()
    fact = GUIDANCES[name]
    if fact.leaves != "guided" or name in {
        "energy",
        "cheap_energy",
        "measure",
        "dps",
        "ddnm",
        "diffpir",
        "pigdm",
        "tmpd",
        "mmps",
        "palette",
    }:
        return
    added = []
    for other in (label(0), label(5)):
        below = bound(Attentive(process), other)
        on_top = fact.make(replace(given(process, ts), guided=below), fact.usual)
        added.append(on_top(x, t) - below(x, t))
    assert (added[0] - added[1]).abs().max() <= 1e-13


def test_what_is_missing_is_named() -> None:
    process = Process(VPLinear())
    little = Given(Attentive(process), label(1), label(0), process)
    for name, what in MISSING.items():
        with pytest.raises(UsageError, match=f"this guidance needs '{what}'"):
            GUIDANCES[name].make(little, GUIDANCES[name].usual)
    for name in set(GUIDANCES) - set(MISSING):
        assert GUIDANCES[name].make(little, GUIDANCES[name].usual)(gauss(1, 1, *SHAPE), at(0.5, 1)).isfinite().all()


def test_a_guided_run_alone_equals_itself_in_a_batch() -> None:
    """Three wrappers deep, through a sampler."""
    process = Process(Flow())
    ts = uniform(process, 4)
    whole = given(process, ts)
    deep = replace(whole, guided=GUIDANCES["pag"].make(whole, 2.0))
    deeper = replace(whole, guided=GUIDANCES["energy"].make(deep, 0.5))
    denoise = GUIDANCES["sag"].make(deeper, 0.75)
    x = gauss(3, 3, *SHAPE)
    together = last(ddim(denoise, process, x, ts)).x
    for i in range(3):
        assert (last(ddim(denoise, process, x[i : i + 1], ts)).x[0] - together[i]).abs().max() <= 1e-10
