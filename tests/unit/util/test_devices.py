"""Devices: names are checked, threads are counted, nothing is probed at import."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from unfog.util.devices import bf16_supported, core_count, pick_device, set_threads
from unfog.util.errors import UsageError


def test_named_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device() in [torch.device(name) for name in ("cpu", "cuda", "mps")]


@pytest.mark.parametrize("name", ["", "gpu", "cpu:", "cuda:-1", "cuda:x", "CPU", "cuda:1:2"])
def test_unknown_devices_are_named(name):
    with pytest.raises(UsageError, match=r"unknown device .*; allowed: cpu, cuda, cuda:N, mps"):
        pick_device(name)


@pytest.mark.parametrize("name", ["cpu:1", "cuda:97"])
def test_absent_devices_are_named(name):
    with pytest.raises(UsageError, match=f"device '{name}' is not on this machine"):
        pick_device(name)


def test_threads(monkeypatch):
    assert 1 <= core_count() <= (os.cpu_count() or 1)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert set_threads(1) == 1
    assert set_threads() == core_count()
    assert set_threads(1) == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # torch has read it at its start
    assert set_threads() == 1
    with pytest.raises(UsageError, match="at least 1, got 0"):
        set_threads(0)


def test_bf16_of_the_processor_matches_its_flags():
    flags = torch.cpu.get_capabilities()
    assert bf16_supported(torch.device("cpu")) == any(flags.get(f) for f in ("avx512_bf16", "amx_bf16", "bf16"))
    assert not bf16_supported(torch.device("meta"))


@pytest.mark.slow
def test_import_probes_nothing():
    code = (
        "import torch; before = torch.get_num_threads(); import unfog.util.devices;"
        " assert torch.get_num_threads() == before; assert not torch.cuda.is_initialized()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
