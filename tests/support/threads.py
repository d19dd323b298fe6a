"""The same again with other numbers of threads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def kept():
    """The number of threads is afterwards what it was."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def with_threads(make: Callable[[], Tensor]) -> list[Tensor]:
    """What it gives with one, two and three threads."""
    found = list[Tensor]()
    with kept():
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(make())
    return found
