"""Conditioning as data, and attention by value."""

from __future__ import annotations

import pytest
import torch

from unfog.core.cond import Cond
from unfog.core.probe import Probe


def rows(b: int) -> Cond:
    count = torch.arange(b)
    return Cond(
        tokens=count[:, None, None].expand(b, 5, 7).float(),
        mask=(count[:, None] + torch.arange(5)) % 2 == 0,
        label=count,
    )


def test_batch_counts_rows() -> None:
    assert (rows(3).batch, Cond().batch) == (3, 0)
    assert list(rows(3).present()) == ["tokens", "mask", "label"]


def test_stacking_keeps_the_order_of_rows() -> None:
    both = Cond.cat([rows(2), rows(3)])
    assert both.label is not None
    assert both.tokens is not None
    assert both.label.tolist() == [0, 1, 0, 1, 2]
    assert both.tokens[:, 4, 6].tolist() == [0, 1, 0, 1, 2]
    assert both.pooled is None


def test_stacking_different_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="different fields"):
        Cond.cat([rows(2), Cond(label=torch.tensor([1]))])


def test_one_row_serves_a_whole_batch() -> None:
    one = Cond(label=torch.tensor([7]), pooled=torch.ones(1, 3))
    wide = one.expand(5)
    assert wide.label is not None
    assert wide.pooled is not None
    assert wide.label.tolist() == [7] * 5
    assert wide.pooled.shape == (5, 3)
    assert rows(5).expand(5).batch == 5
    assert Cond().expand(5).batch == 0
    with pytest.raises(ValueError, match="2 rows to 5"):
        rows(2).expand(5)


def test_moving_keeps_values() -> None:
    moved = rows(3).to(torch.device("cpu"))
    assert moved.label is not None
    assert moved.label.tolist() == [0, 1, 2]


def test_a_probe_records_in_the_callers_dict_and_edits() -> None:
    maps: dict[str, torch.Tensor] = {}
    seen = torch.full((2, 3, 5, 5), 0.2)
    assert Probe(frozenset({"core.0.self"}), maps).see("core.0.self", seen) is seen
    assert maps["core.0.self"] is seen
    probe = Probe(frozenset({"core.1.self"}), maps, edit=lambda site, p: p * (2 if site == "core.1.self" else 0))
    assert probe.see("core.1.self", seen).mean().item() == pytest.approx(0.4)
    assert maps["core.1.self"].mean().item() == pytest.approx(0.4)
