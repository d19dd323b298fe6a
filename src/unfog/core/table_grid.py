"""Time grids on discrete chains as other programs choose them: n of the chain's T steps, then 0.

    trailing   round(T - k T/n)                   from the very end, as it should be (Lin et al. 2023, table 2)
    leading    (n - 1 - k) floor(T/n) + 1 + offset    starts below the end: pure noise is taken for less noise
    linspace   linear from T to 1                 both ends of the chain

for k = 0 ... n - 1, as numbers 1..T of the chain's steps (others count them from 0), which is t = number/T. Without
rounding, ``trailing`` is the grid ``uniform``. They exist to repeat what others made.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from unfog.core.process import Process
from unfog.core.schedule import Table
from unfog.util.errors import UsageError


def trailing(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """From the last step of the chain in equal strides.

    Raises:
        UsageError: the schedule is no table, or ``n`` is not within 1 and its length (so do the others).
    """
    length = _length(process, n)
    return _times([round(length - k * length / n) for k in range(n)], length)


def leading(process: Process, n: int, *, offset: int = 1) -> Float64[Tensor, " nodes"]:
    """In equal whole strides from the chain's first step, moved up by ``offset`` where there is room."""
    length = _length(process, n)
    stride = length // n
    numbers = [min((n - 1 - k) * stride + 1 + offset, length) for k in range(n)]
    return _times(list(dict.fromkeys(numbers)), length)


def linspace(process: Process, n: int) -> Float64[Tensor, " nodes"]:
    """From the chain's last step to its first, rounded; one step is the last."""
    length = _length(process, n)
    return _times([round(length - k * (length - 1) / max(n - 1, 1)) for k in range(n)], length)


def _length(process: Process, n: int) -> int:
    if not isinstance(process.schedule, Table):
        raise UsageError("this grid chooses steps of a discrete chain, and the schedule is none; use a grid of GRIDS")
    length = len(process.schedule.betas)
    if not 1 <= n <= length:
        raise UsageError(f"a chain of {length} steps has 1 to {length} of them to choose, got {n}")
    return length


def _times(numbers: Sequence[int], length: int) -> Float64[Tensor, " nodes"]:
    return torch.tensor([*numbers, 0], dtype=torch.float64) / length
