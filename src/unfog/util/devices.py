"""Which device to compute on, with how many threads, and whether bfloat16 pays there. Nothing is probed at import."""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from pathlib import Path

import torch

from unfog.util.errors import UsageError

DEVICES = ("cpu", "cuda", "mps")
_STEADY = ContextVar("steady", default=True)


def pick_device(name: str | None = None) -> torch.device:
    """The device called ``name`` ("cpu", "cuda", "cuda:1", "mps"), or the fastest one present if None.

    Raises:
        UsageError: no such kind of device, or none of that kind on this machine.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    kind, _, number = name.partition(":")
    if kind not in DEVICES or (":" in name and not number.isdecimal()):
        raise UsageError(f"unknown device {name!r}; allowed: cpu, cuda, cuda:N, mps")
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(_has_mps())}[kind]
    if int(number or 0) >= count:
        raise UsageError(f"device {name!r} is not on this machine ({count} of kind {kind}); use --device cpu")
    return torch.device(name)


def core_count() -> int:
    """Processor cores this process may use: the scheduler's mask, further limited by a container's quota."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        limit, period = quota.read_text().split()
        if limit != "max":
            cores = min(cores, max(1, int(limit) // int(period)))
    return cores


def thread_count(count: int | None = None) -> int:
    """``count``, or the number that torch has where OMP_NUM_THREADS is set, which it has read, or one per usable core.

    Raises:
        UsageError: ``count`` is less than 1.
    """
    if count is not None and count < 1:
        raise UsageError(f"the number of threads must be at least 1, got {count}")
    return count or (torch.get_num_threads() if "OMP_NUM_THREADS" in os.environ else core_count())


def set_threads(count: int | None = None) -> int:
    """Compute with as many threads as ``thread_count`` says and return the number: results may depend on it.

    Raises:
        UsageError: ``count`` is less than 1.
    """
    torch.set_num_threads(thread_count(count))
    return torch.get_num_threads()


def steady_threads() -> int | None:
    """The number of threads; ``None`` if the work that is done now has had other numbers, too (``share_threads``)."""
    return torch.get_num_threads() if _STEADY.get() else None


def share_threads(count: int, *, steady: bool) -> None:
    """Go on with ``count`` threads, with work that has had no other number, if ``steady``."""
    torch.set_num_threads(count)
    _STEADY.set(steady)


def bf16_supported(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware, so that autocast to it saves time instead of costing it."""
    if device.type == "cpu":
        has = torch.cpu.get_capabilities()
        return any(has.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
