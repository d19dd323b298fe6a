"""Cases of which a few are tried every day, and all of them by ``make test`` and ``make check`` together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def some(cases: Iterable[str], everyday: Collection[str]) -> list[Any]:
    """Parameters: those named ``everyday`` as they are, the others marked as slow.

    Raises:
        ValueError: a name that is no case.
    """
    every = list(cases)
    if unknown := set(everyday) - set(every):
        raise ValueError(f"no cases: {sorted(unknown)}; the cases are {every}")
    return [case if case in everyday else pytest.param(case, marks=pytest.mark.slow) for case in every]


def first(n: int, cases: Iterable[str]) -> list[Any]:
    """The first ``n`` every day."""
    every = list(cases)
    return some(every, every[:n])
