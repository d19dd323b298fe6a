"""Where a server computes, and with how many threads."""

from __future__ import annotations

import pytest
import torch

from unfog.server import places
from unfog.server.places import devices_of, share


@pytest.mark.parametrize(
    ("said", "fastest", "threads", "devices"),
    [
        (None, "cpu", 1, ["cpu"]),
        (None, "cpu", 8, ["cpu", "cpu"]),
        (None, "cuda", 8, ["cuda"]),
        ("cpu", "cpu", 8, ["cpu"]),
        ("cpu, cpu,cpu", "cpu", 2, ["cpu"] * 3),
        ("cuda:0,cuda:1", "cuda", 8, ["cuda:0", "cuda:1"]),
    ],
)
def test_a_process_for_each_device_and_two_for_a_processor(monkeypatch, said, fastest, threads, devices):
    monkeypatch.setattr(places, "pick_device", lambda: torch.device(fastest))
    assert devices_of(said, threads) == devices


def test_threads_are_shared_by_those_at_work():
    assert [share(8, at_work) for at_work in (1, 2, 3)] == [8, 4, 2]
    assert share(1, 2) == 1
