"""Where a server computes, and with how many threads."""

from __future__ import annotations

import pytest
import torch

from unfog.server import processes
from unfog.server.processes import devices_of, threads_of
from unfog.util.errors import UsageError


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
    monkeypatch.setattr(processes, "pick_device", lambda name: torch.device(name or fastest))
    assert devices_of(said, threads) == devices


@pytest.mark.parametrize("said", ["", "cpu,", "cpu,gpu", "cuda:97"])
def test_what_is_no_device_ends_the_start(said):
    with pytest.raises(UsageError, match="device"):
        devices_of(said, 2)


def test_threads_are_shared_by_those_at_work():
    assert [threads_of(8, at_work) for at_work in (0, 1, 2, 3)] == [8, 8, 4, 2]
    assert threads_of(1, 2) == 1
