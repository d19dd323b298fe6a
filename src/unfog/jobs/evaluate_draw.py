"""What the suites of ``unfog evaluate`` share: a model that draws many prompts, and how a measured number is told.

Pictures are computed together, ``TOGETHER`` at a time, so they equal those of ``unfog generate`` within rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.config.sample import SampleConfig
from unfog.evaluate.faithfulness import Share
from unfog.jobs.events import Progress
from unfog.jobs.generate import Loaded, finite
from unfog.tasks.generate import Tally, generate
from unfog.util.random import image_seed

TOGETHER = {"cpu": 32, "cuda": 500, "mps": 100}  # pictures of 32 x 32; fewer if they are larger


@dataclass
class Bench:
    """A model on the bench; the counters belong to the job.

    Attributes:
        n: how often each thing is measured.
        seed: of the prompts and of the first picture of each kind.
        pictures: drawn so far.
        done, total: network steps of the suite at hand, for the progress.
    """

    loaded: Loaded
    sample: SampleConfig
    n: int
    seed: int
    tally: Tally = field(default_factory=Tally)
    pictures: int = 0
    done: int = 0
    total: int = 0

    def expect(self, pictures: int) -> None:
        """A suite begins that will draw so many pictures."""
        self.done, self.total = 0, pictures * self.sample.steps


def draw(
    bench: Bench, prompts: Sequence[str], what: str, take: Callable[[int, Tensor], None]
) -> Generator[Progress, None, None]:
    """Draw prompt k with the seed (seed + k) mod 2^64; ``take`` gets each lot's first number and its latents.

    Raises:
        ModelError: numbers that are not finite.
    """
    model, sample = bench.loaded.model, bench.sample
    together = max(1, TOGETHER[model.device.type] * 32**2 // model.config.picture.size**2)
    for first in range(0, len(prompts), together):
        some = prompts[first : first + together]
        seeds = [image_seed(bench.seed, first + k) for k in range(len(some))]
        run, x = generate(model, some, seeds, sample, tally=bench.tally, exact=False), None
        for step in finite(run, bench.loaded.found.name):
            x = step.x
            yield Progress(bench.done + (step.index + 1) * len(some), bench.total, f"drawing for {what}")
        assert x is not None
        take(first, x)
        bench.pictures += len(some)
        bench.done += len(some) * sample.steps


def drawn(bench: Bench, prompts: Sequence[str], what: str) -> Generator[Progress, None, Float[Tensor, "n c h w"]]:
    """Draw prompts and keep the pictures, in [-1, 1], premultiplied where they have transparency.

    Raises:
        ModelError: numbers that are not finite.
    """
    parts = list[Tensor]()
    codec = bench.loaded.model.codec
    yield from draw(bench, prompts, what, lambda _, x: parts.append(codec.decode(x).clamp(-1, 1).float().cpu()))
    return torch.cat(parts)


def metric(name: str, share: Share, *, points: bool = False, note: str = "") -> dict[str, Any]:
    """A share, or a difference of two shares, as ``Metric`` and ``--json`` hold it."""
    entry: dict[str, Any] = {"name": name, "value": share.value, "low": share.low, "high": share.high, "n": share.n}
    return entry | ({"unit": "points"} if points else {}) | ({"note": note} if note else {})


def number(name: str, value: float, n: int, note: str = "") -> dict[str, Any]:
    """Any other number."""
    return {"name": name, "value": value, "n": n, "unit": "number"} | ({"note": note} if note else {})
