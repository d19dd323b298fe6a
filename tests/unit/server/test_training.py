"""A training is asked to save and end once, and not before it hears."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from unfog.server.training import Run, Training


def test_one_that_only_begins_is_asked_when_it_has_begun_and_once():
    told, unused = list[str](), SimpleNamespace()
    hand: Any = SimpleNamespace(alive=False, terminate=lambda: told.append("end"))
    job, training = SimpleNamespace(), Training(unused, unused, unused)  # type: ignore[arg-type]
    assert not training.stop(job)  # type: ignore[arg-type]
    training.run = Run(job, hand)  # type: ignore[arg-type]
    assert training.stop(job)  # type: ignore[arg-type]
    assert (training.run.deadline, told) == (None, [])
    hand.alive = True
    for _ in range(2):
        assert training.stop(job)  # type: ignore[arg-type]
    assert training.run.deadline is not None
    assert told == ["end"]
