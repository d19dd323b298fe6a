"""The suite ``memorisation``: are a model's pictures its own?

Captions of n held-out scenes with two things or more are drawn (empty and single ones are too alike to tell copies by),
and each picture's nearest render is looked for among ``pool`` training scenes of the run's own seed, likewise with two
things or more. The renders of the held-out scenes themselves say how near chance comes (``evaluate/memorisation.py``).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor

from unfog.data.compose.dataset import Compositions
from unfog.data.compose.render import render
from unfog.data.compose.scene import Scene
from unfog.data.dataset import Split
from unfog.evaluate.features import Eyes, look
from unfog.evaluate.memorisation import Leak, cells, leak, nearest, shifted
from unfog.jobs.evaluate_draw import Bench, drawn, metric, number
from unfog.jobs.events import Progress

TOGETHER = 256
POOL = 20_000


def memorisation_suite(
    bench: Bench, data: Compositions, eyes: Eyes | None, pool: int = POOL
) -> Generator[Progress, None, dict[str, Any]]:
    """What of the pictures is nearer to training renders than held-out renders are, on pixels and on features."""
    training = bench.loaded.found.manifest.training
    seed = 0 if training is None else training.seed
    held = composed(data, bench.seed, "valid", bench.n)
    real = render([scene for scene, _ in held], data.sprites, data.size)
    trained, seen = list[Tensor](), list[Tensor]()
    for k, some in enumerate(lots(composed(data, seed, "train", pool))):
        yield Progress(min(k * TOGETHER, pool), pool, "rendering what training showed")
        x = render([scene for scene, _ in some], data.sprites, data.size)
        trained.append(cells(x))
        if eyes is not None:
            seen.append(look(eyes, x))
    bench.expect(bench.n)
    x = yield from drawn(bench, [text for _, text in held], "memorisation")
    yield Progress(0, 0, "looking for copies")
    shown = torch.cat(trained)
    metrics = told("pixels", leak(nearest(shifted(x), shown), nearest(shifted(real), shown), shown))
    if eyes is not None:
        shown = torch.cat(seen)
        found = (nearest([look(eyes, x)], shown), nearest([look(eyes, real)], shown))
        metrics += told(eyes.name, leak(*found, shown))
    return {"metrics": metrics, "pool": pool, "training_seed": seed}


def composed(data: Compositions, seed: int, split: Split, n: int) -> list[tuple[Scene, str]]:
    """The first ``n`` scenes of a split with two things or more, and their captions."""
    out, first, step = list[tuple[Scene, str]](), 0, min(TOGETHER, 2 * n)  # about half of all have two things
    while len(out) < n:
        some = data.scenes(range(first, first + step), seed=seed, split=split)
        out += [(scene, text) for scene, text, _ in some if sum(len(g.boxes) for g in scene.groups) > 1]
        first += step
    return out[:n]


def lots(scenes: list[tuple[Scene, str]]) -> list[list[tuple[Scene, str]]]:
    """In parts of at most ``TOGETHER``."""
    return [scenes[k : k + TOGETHER] for k in range(0, len(scenes), TOGETHER)]


def told(of: str, found: Leak) -> list[dict[str, Any]]:
    """The measures with the kind of distance in their names."""
    n = found.copied.n
    return [
        metric(f"copied_{of}", found.copied, note="nearer to training than 99 % of held-out renders"),
        metric(f"authentic_{of}", found.authentic, note=f"held-out renders {found.authentic_held.value:.1%}"),
        number(f"ratio_{of}", found.ratio, n, note=f"median d1/d2; held-out renders {found.ratio_held:.3f}"),
    ]
