"""The suite ``distribution``: how far is what a model draws, as a whole, from what it was trained on?

The captions of n held-out scenes are drawn; the pictures are compared, as sets of feature vectors, with renders of n
other held-out scenes, by the Frechet and the kernel distance. The floor is the same distance between these renders and
those of yet another n scenes: what a model would reach that paints as the compositor does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import asdict
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from unfog.data.compose.dataset import Compositions
from unfog.evaluate.comparison import Distance
from unfog.evaluate.features import Eyes, look, spread
from unfog.evaluate.frechet import frechet
from unfog.evaluate.kernel import kernel_distance
from unfog.jobs.evaluate_draw import Bench, drawn, number
from unfog.jobs.events import Progress

MEASURES = {"frechet": frechet, "kernel": kernel_distance}
TOGETHER = 256


def distribution_suite(bench: Bench, data: Compositions, eyes: Eyes) -> Generator[Progress, None, dict[str, Any]]:
    """The distances with their floors."""
    reference = yield from renders(bench, data, eyes, 1)
    other = yield from renders(bench, data, eyes, 2)
    return (yield from against(bench, data, eyes, reference, other))


def against(
    bench: Bench,
    data: Compositions,
    eyes: Eyes,
    reference: Float[Tensor, "n d"],
    other: Float[Tensor, "n d"],
) -> Generator[Progress, None, dict[str, Any]]:
    """The distances of one model with one way of sampling from features of renders."""
    n = bench.n
    prompts = [text for _, text, _ in data.scenes(range(n), seed=bench.seed, split="valid")]
    bench.expect(n)
    x = yield from drawn(bench, prompts, "the distribution")
    features = spread(look(eyes, x))
    origin = hashlib.sha256(f"{data.fingerprint()} {bench.seed} {n}".encode()).hexdigest()
    distances = [
        Distance(f"{name}_{eyes.name}", of(features, reference), of(other, reference), n, eyes.id, origin)
        for name, of in MEASURES.items()
    ]
    metrics = [number(d.name, d.value, n, note=f"real against real {d.floor:.4g}") for d in distances]
    return {"metrics": metrics, "distances": [asdict(d) for d in distances]}


def renders(bench: Bench, data: Compositions, eyes: Eyes, part: int) -> Generator[Progress, None, Float[Tensor, "n d"]]:
    """Feature vectors of the renders of n held-out scenes; parts do not meet."""
    n, vectors = bench.n, list[Tensor]()
    for first in range(part * n, (part + 1) * n, TOGETHER):
        yield Progress(first - part * n, n, "looking at renders")
        some = range(first, min(first + TOGETHER, (part + 1) * n))
        vectors.append(look(eyes, data.batch(some, seed=bench.seed, split="valid").x))
    return spread(torch.cat(vectors))
