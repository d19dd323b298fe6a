"""Muon against a decomposition, torch's own for matrices, and which weights it moves."""

from __future__ import annotations

import pytest
import torch
from tests.support.models import tiny_config, tiny_model

from unfog.config.train import OptimiserConfig
from unfog.nets.layers import Conv
from unfog.train.muon import Muon, orthogonal
from unfog.train.optimise import optimisers
from unfog.util.random import Draw, normal


def draw(*shape: int) -> torch.Tensor:
    return normal([5], shape, draw=Draw.TEST)[0]


@pytest.mark.parametrize("shape", [(3, 7, 19), (2, 19, 7), (1, 8, 8)])
def test_orthogonal_keeps_the_directions_and_evens_the_lengths(shape: tuple[int, int, int]) -> None:
    x = draw(*shape).double()
    u, s, vt = torch.linalg.svd(x, full_matrices=False)
    core = u.mT @ orthogonal(x) @ vt.mT  # diagonal in the bases of x
    values = core.diagonal(dim1=1, dim2=2)
    assert (values > 0.6).all()
    assert (values < 1.3).all()
    assert s.amax() / s.amin() > 2
    assert (core - torch.diag_embed(values)).abs().max() < 1e-5


def test_matrices_move_as_torch_moves_them() -> None:
    ours, theirs = (torch.nn.Parameter(draw(24, 40)) for _ in range(2))
    a = Muon([ours], lr=0.01, momentum=0.95, weight_decay=0.1)
    b = torch.optim.Muon([theirs], lr=0.01, momentum=0.95, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for k in range(3):
        for p in (ours, theirs):
            p.grad = draw(3, 24, 40)[k]
        a.step()
        b.step()
    moved = ours - draw(24, 40)
    assert moved.abs().max() > 0.015
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0.05 * moved.abs().max().item())  # they work in bfloat16


def test_a_kernel_moves_as_its_matrix() -> None:
    kernel, matrix = torch.nn.Parameter(draw(6, 5, 3, 3)), torch.nn.Parameter(draw(6, 5, 3, 3).flatten(1))
    kernel.grad = draw(6, 5, 3, 3).contiguous(memory_format=torch.channels_last)
    matrix.grad = draw(6, 5, 3, 3).flatten(1)
    for p in (kernel, matrix):
        Muon([p], lr=0.01, momentum=0.9, weight_decay=0.0).step()
    assert torch.equal(kernel.flatten(1), matrix)


def test_every_weight_has_one_optimiser_and_what_is_outside_has_adamw() -> None:
    model = tiny_model(tiny_config())
    muon, adamw = optimisers(model, OptimiserConfig())
    by = [{id(p) for g in o.param_groups for p in g["params"]} for o in (muon, adamw)]
    assert not by[0] & by[1]
    assert by[0] | by[1] == {id(p) for p in model.parameters()}
    inner, outer = (dict.fromkeys(n for n, p in model.named_parameters() if id(p) in ids) for ids in by)
    assert {"denoiser.net.stem.weight", "text.blocks.0.attention.kv.weight"} <= set(inner)
    assert {"denoiser.net.out.weight", "text.token.weight", "text.null.weight"} <= set(outer)
    assert all(name.endswith("weight") for name in inner)
    assert isinstance(model.get_submodule("denoiser.net.stem"), Conv)


def test_adamw_alone_can_be_chosen() -> None:
    model = tiny_model(tiny_config())
    (only,) = optimisers(model, OptimiserConfig(method="adamw"))
    assert isinstance(only, torch.optim.AdamW)
    assert sum(len(g["params"]) for g in only.param_groups) == len(list(model.parameters()))
