"""The path behind SDE samplers: its increments are independent unit normals, and add up whatever the grid."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor

from unfog.core.process import Process
from unfog.core.schedule import VE, Flow
from unfog.samplers.brownian import Path
from unfog.samplers.step import Node, nodes
from unfog.util.random import Draw, Noise


def exact(asked: Iterable[tuple[Node, Node]]) -> Tensor:
    """The increments between these pairs of nodes as combinations of the tree's numbers, one row each."""
    keys: dict[tuple[int, Draw], int] = {}

    def unit(step: int, draw: Draw) -> Tensor:
        z = torch.zeros(400, dtype=torch.float64)
        z[keys.setdefault((step, draw), len(keys))] = 1
        return z

    path = Path(unit)
    rows = torch.stack([path.between(a, b) for a, b in asked])
    assert len(keys) <= 400
    return rows


def chain(*lams: float) -> list[Node]:
    process = Process(VE())
    return nodes(process, process.time_at(torch.tensor(lams, dtype=torch.float64)))


def test_increments_are_independent_unit_normals():
    rows = exact(pairwise(chain(-4.0, -3.7, -1.2, -1.1, 0.0, 0.4, 2.0, 5.0)))
    assert (rows @ rows.T - torch.eye(len(rows), dtype=torch.float64)).abs().max() <= 1e-12


def test_from_no_picture_at_all():
    process = Process(Flow())
    rows = exact(pairwise(nodes(process, torch.tensor([1.0, 0.9, 0.3], dtype=torch.float64))))
    assert (rows @ rows.T - torch.eye(2, dtype=torch.float64)).abs().max() <= 1e-12


def test_two_short_steps_are_one_long_one():
    a, b, c = chain(-1.3, 0.45, 0.9)
    one, two, both = exact([(a, b), (b, c), (a, c)])
    w_one, w_two = math.exp(a.lam - b.lam), math.exp(b.lam - c.lam)
    joined = w_two * math.sqrt(1 - w_one**2) * one + math.sqrt(1 - w_two**2) * two
    assert (joined - math.sqrt(1 - (w_one * w_two) ** 2) * both).abs().max() <= 1e-12


def test_the_order_of_questions_does_not_matter():
    a, b, c = chain(-2.0, -0.3, 1.0)
    noise = Noise((4, 5), (3,), dtype=torch.float64)
    path, other = Path(noise), Path(noise)
    asked = [path.between(a, b), path.between(b, c), path.between(a, c)]
    assert torch.equal(other.between(a, c), asked[2])
    assert torch.equal(other.between(b, c), asked[1])
    assert torch.equal(other.between(a, b), asked[0])
    alone = Path(Noise((5,), (3,), dtype=torch.float64))
    assert torch.equal(alone.between(a, b)[0], asked[0][1])


def test_close_nodes_stay_finite():
    a, b = chain(0.3, 0.3 + 1e-9)
    rows = exact([(a, b)])
    assert rows.isfinite().all()
    assert rows.square().sum() <= 1.5
