"""What ``unfog bench samplers`` is asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unfog.config.base import Config
from unfog.config.sample import GridName, SamplerName, Seed

ProblemName = Literal["ring", "hd", "data"]
Budget = Annotated[int, Field(ge=1, le=1000)]


class BenchRequest(Config):
    """One comparison of samplers on problems with known answers (``evaluate/problems.py``)."""

    problems: tuple[ProblemName, ...] = ("ring", "hd", "data")
    samplers: tuple[SamplerName, ...] = ()
    """Names; none: every one there is."""
    grids: tuple[GridName, ...] = ()
    """Names; none: every one there is."""
    evaluations: Annotated[tuple[Budget, ...], Field(min_length=1, max_length=32)] = (5, 8, 12, 20)
    """Budgets: network evaluations per sample."""
    n: Annotated[int, Field(ge=8, le=100_000)] = 48
    """Samples of ``hd``; four times as many of the problems that cost less."""
    seed: Seed = 0
