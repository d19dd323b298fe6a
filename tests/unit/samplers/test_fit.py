"""Nodes fitted to a denoiser lead nearer to the flow's end than the fixed grid they began with, elsewhere too."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from tests.support.problems import start, wide_mixture

from unfog.core.denoiser import Denoise
from unfog.core.grid import GRIDS, rf_shift
from unfog.core.process import Process
from unfog.core.schedule import Flow
from unfog.samplers import SAMPLERS
from unfog.samplers.fit import MOST, Remembering, fit
from unfog.samplers.step import last

PROCESS, DENOISE = Process(Flow()), wide_mixture().denoise(Process(Flow()))


def ends(denoise: Denoise, x: torch.Tensor, ts: torch.Tensor) -> torch.Tensor:
    return last(SAMPLERS["unipc"].run(denoise, PROCESS, x, ts)).x


def error(denoise: Denoise, x: torch.Tensor, end: torch.Tensor, ts: torch.Tensor) -> float:
    return (ends(denoise, x, ts) - end).square().mean().sqrt().item()


@pytest.mark.slow
def test_fitted_nodes_are_better_on_other_samples():
    mine, others = (start(PROCESS, 64, 30, index=k) for k in (5, 6))
    exact = rf_shift(PROCESS, 200)
    starts = [rf_shift(PROCESS, 6), GRIDS["karras"](PROCESS, 6)]
    measure = partial(error, Remembering(DENOISE), mine, ends(DENOISE, mine, exact))
    ts, least = fit(measure, starts, 80)
    assert (ts[0].item(), ts[-1].item(), len(ts)) == (1.0, 0.0, 7)
    assert (ts.diff() < 0).all()
    assert least == error(DENOISE, mine, ends(DENOISE, mine, exact), ts) < 0.7 * min(measure(s) for s in starts)
    judge = partial(error, DENOISE, others, ends(DENOISE, others, exact))
    assert judge(ts) < 0.85 * min(judge(s) for s in starts)


def test_no_more_grids_are_looked_at_than_were_allowed():
    seen = list[torch.Tensor]()

    def measure(ts: torch.Tensor) -> float:
        seen.append(ts)
        return 1.0 / len(seen)  # always better, so it never gives up

    starts = [rf_shift(PROCESS, 5), GRIDS["vp_time"](PROCESS, 5)]
    ts, least = fit(measure, starts, 11)
    assert len(seen) == 11
    assert torch.equal(ts, seen[-1])
    assert least == 1 / 11


def test_it_gives_up_when_nothing_helps():
    ts, least = fit(lambda _: 0.0, [rf_shift(PROCESS, 4)], 10**6)
    assert torch.equal(ts, rf_shift(PROCESS, 4))
    assert least == 0.0


def test_a_remembering_denoiser_is_asked_once_for_what_it_knows():
    asked = list[float]()

    def denoise(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        asked.append(t[0].item())
        return 0.5 * x

    remembering, x = Remembering(denoise), start(PROCESS, 3, 7)
    for state, t in ((x, 0.9), (x, 0.9), (x, 0.8), (x + 1, 0.9), (x + 1, 0.9)):
        got = remembering(state, torch.full((3,), t, dtype=torch.float64))
        assert torch.equal(got, 0.5 * state)
    assert asked == [0.9, 0.8, 0.9]
    for k in range(2 * MOST):
        remembering(x, torch.full((3,), k / 1000, dtype=torch.float64))
    assert len(remembering.known) == MOST
