"""What AND and NOT must do together with every other guidance, on a denoiser in double precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import pytest
import torch
from tests.laws.test_guidances import label, problem
from tests.support.attentive import Attentive
from torch import Tensor

from unfog.core.denoiser import Denoise, bound
from unfog.guidance import MIXES
from unfog.guidance.cfg import cfg
from unfog.guidance.cfg_zero import zero_star
from unfog.guidance.compose import Composed, composed_cfg, composing
from unfog.guidance.pag import pag
from unfog.guidance.seg import seg
from unfog.guidance.slg import slg
from unfog.guidance.tcfg import tangential
from unfog.util.errors import UsageError

PROCESS, X, T, _ = problem()
NOTHING, BLOCKS = label(0), ("core.0",)
ANCHORS = {"none": None, "cfg_zero": zero_star(PROCESS), "tcfg": tangential(PROCESS)}
PUSHES = {"pag": pag, "seg": seg, "slg": slg}


def together(labels: Sequence[int], weights: Sequence[float]) -> Composed:
    return Composed([label(k) for k in labels], list(weights))


def estimate(composed: Composed, scale: float = 1.0, **how: object) -> Tensor:
    return composed_cfg(Attentive(PROCESS), composed, NOTHING, scale, **how)(X, T)  # pyright: ignore[reportArgumentType]


def test_the_formula_and_its_scale():
    """D = D_u + scale sum_i w_i (D_i - D_u): the scale of CFG multiplies every weight."""
    d = [bound(Attentive(PROCESS), label(k))(X, T) for k in range(3)]
    for scale in (0.0, 1.0, 2.5):
        wanted = d[0] + scale * (1.2 * (d[1] - d[0]) - 0.5 * (d[2] - d[0]))
        assert (estimate(together([1, 2], [1.2, -0.5]), scale) - wanted).abs().max() <= 1e-13


def test_the_order_does_not_matter():
    parts = [(1, 0.8), (2, -0.5), (3, 1.3)]
    found = [estimate(together(*zip(*order, strict=True)), 3.0) for order in permutations(parts)]
    assert max((d - found[0]).abs().max().item() for d in found) <= 1e-13


@pytest.mark.parametrize("weights", [(1.0,), (0.5, 0.5), (1.7, -0.7), (0.25, 0.25, 0.5)], ids=str)
@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("mix", MIXES)
def test_equal_parts_whose_weights_sum_to_one_are_the_prompt(mix, anchor, weights):
    """Under every variant of CFG, at scale 3 and 1."""
    same, how = together([1] * len(weights), weights), {"mix": MIXES[mix], "anchor": ANCHORS[anchor]}
    for scale in (3.0, 1.0):
        wanted = cfg(Attentive(PROCESS), label(1), NOTHING, scale, MIXES[mix], ANCHORS[anchor])(X, T)
        assert (estimate(same, scale, **how) - wanted).abs().max() <= 1e-12


@pytest.mark.parametrize("name", PUSHES)
def test_what_disturbs_the_network_disturbs_every_part(name):
    """PAG, SEG and SLG: the same as alone for equal parts; D_c - D_c' of the disturbed network for others."""
    push: Callable[..., Denoise] = PUSHES[name]
    denoiser, guided = Attentive(PROCESS), bound(Attentive(PROCESS), label(3))
    halves = push(guided, composing(denoiser, together([1, 1], [0.5, 0.5])), NOTHING, 2.0, BLOCKS)(X, T)
    assert (halves - push(guided, denoiser, label(1), 2.0, BLOCKS)(X, T)).abs().max() <= 1e-13
    zero: Denoise = lambda x, _: torch.zeros_like(x)  # noqa: E731
    alone = [push(zero, denoiser, label(k), 2.0, BLOCKS)(X, T) for k in range(3)]
    found = push(zero, composing(denoiser, together([1, 2], [1.5, -0.5])), NOTHING, 2.0, BLOCKS)(X, T)
    wanted = alone[0] + 1.5 * (alone[1] - alone[0]) - 0.5 * (alone[2] - alone[0])
    assert (found - wanted).abs().max() <= 1e-13
    assert wanted.abs().max() >= 1e-3


def test_one_call_of_one_row_per_part_and_one_more():
    denoiser, three = Attentive(PROCESS), together([1, 2, 3], [1, 1, -1])
    for scale in (1.0, 3.0):
        composed_cfg(denoiser, three, NOTHING, scale)(X, T)
        assert denoiser.rows == [4 * 3]
        denoiser.rows.clear()


def test_as_many_weights_as_conditions():
    for labels, weights in (([1, 2], [1.0]), ([], [])):
        with pytest.raises(UsageError, match="one weight per condition"):
            together(labels, weights)
