"""The suite ``concepts``: does a model draw the things it claims to know, in the style that is asked for?

One concept in a named style per prompt, all concepts in turn, judged by a classifier of sprites (top-1, top-5, style)
and, with ``--words``, by whether the prompt finds its own picture (recall at 1 and 10). Beside each share stand chance
and the ceiling: what the same judge makes of real renders of the same scenes. Then the plain names, the names with a
typing mistake in every content word, and the names in six other languages, with the loss against English in points.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from unfog.data.compose.cast import cast_of
from unfog.data.compose.render import render
from unfog.data.compose.sprites import Sprites
from unfog.data.scenes import EVALUATION_FROM, dice_of
from unfog.evaluate.classifier import Classifier, judge
from unfog.evaluate.difference import difference
from unfog.evaluate.faithfulness import Share
from unfog.evaluate.features import Eyes, look, read
from unfog.evaluate.portraits import (
    LANGUAGES,
    Portrait,
    concept_share,
    foreign,
    misspelt,
    named,
    portraits,
    style_share,
)
from unfog.evaluate.retrieval import recall
from unfog.jobs.evaluate_draw import Bench, drawn, metric
from unfog.jobs.events import Progress
from unfog.util.random import Draw

AMONG = (1, 5)
RECALLED = (1, 10)


@dataclass(frozen=True)
class Judged:
    """What pictures of things are judged with: the sprites that the model claims to know, and a classifier of them."""

    sprites: Sprites
    classifier: Classifier
    id: str


def concepts_suite(bench: Bench, judged: Judged, eyes: Eyes | None) -> Generator[Progress, None, dict[str, Any]]:
    """Shares with their ceilings and chances, and losses against English."""
    asked = portraits(judged.sprites, bench.seed, bench.n)
    others = [_others(judged.sprites, asked, bench.seed), *(_spoken(judged.sprites, asked, bench.n))]
    bench.expect(2 * bench.n + sum(len(prompts) for _, prompts, _ in others))
    side = bench.loaded.model.config.picture.size
    prompts = [a.prompt for a in asked]
    x = yield from drawn(bench, prompts, "concepts in a style")
    real = render([a.scene for a in asked], judged.sprites, side)
    metrics = styled(judged, asked, x, real)
    if eyes is not None:
        metrics += retrieved(eyes, prompts, x, real)
    x = yield from drawn(bench, [named(judged.sprites, a) for a in asked], "names in English")
    english = {k: judged_share(judged, asked, x, k) for k in AMONG}
    metrics += [metric(f"english_top{k}", share) for k, share in english.items()]
    for name, some, which in others:
        if not some:
            continue
        x = yield from drawn(bench, some, f"names: {name}")
        for k in AMONG:
            share = judged_share(judged, which, x, k)
            metrics.append(metric(f"{name}_top{k}", share))
            if name in ("typos", "foreign"):
                loss = difference(share, english[k])
                metrics.append(metric(f"{name}_minus_english_top{k}", loss, points=True))
    known = cast_of(judged.sprites).usual
    return {"metrics": metrics, "concepts": len(known), "classifier": judged.id}


Asking = tuple[str, list[str], list[Portrait]]


def _others(sprites: Sprites, asked: list[Portrait], seed: int) -> Asking:
    dice = dice_of(seed, range(EVALUATION_FROM, EVALUATION_FROM + len(asked)), Draw.TYPO)
    return "typos", [misspelt(sprites, a, d) for a, d in zip(asked, dice, strict=True)], asked


def _spoken(sprites: Sprites, asked: list[Portrait], n: int) -> list[Asking]:
    """Names in other languages, the languages in turn, told together."""
    said = [(foreign(sprites, a, LANGUAGES[k % len(LANGUAGES)]), a) for k, a in enumerate(asked)]
    known = [(text, a) for text, a in said if text is not None]
    return [("foreign", [text for text, _ in known], [a for _, a in known])]


def judged_share(judged: Judged, asked: Sequence[Portrait], x: Float[Tensor, "n c h w"], k: int) -> Share:
    """Share of pictures whose concept the classifier has among its first ``k``."""
    return concept_share(judge(judged.classifier, x), judged.classifier.labels.concepts, judged.sprites, asked, k)


def styled(
    judged: Judged, asked: list[Portrait], x: Float[Tensor, "n c h w"], real: Float[Tensor, "n c2 h2 w2"]
) -> list[dict[str, Any]]:
    """Concept and style of pictures in a named style, chance and the ceiling beside."""
    labels, sprites = judged.classifier.labels, judged.sprites
    said, ceiling = judge(judged.classifier, x), judge(judged.classifier, real)
    out = list[dict[str, Any]]()
    for k in AMONG:
        chance = f"chance {min(1.0, k / len(labels.concepts)):.2%}"
        best = concept_share(ceiling, labels.concepts, sprites, asked, k)
        out += [
            metric(f"concept_top{k}", concept_share(said, labels.concepts, sprites, asked, k), note=chance),
            metric(f"concept_top{k}_ceiling", best, note="real renders"),
        ]
    chance = f"chance {1 / len(labels.styles):.0%}"
    return [
        *out,
        metric("style_top1", style_share(said, labels.styles, sprites, asked), note=chance),
        metric("style_top1_ceiling", style_share(ceiling, labels.styles, sprites, asked), note="real renders"),
    ]


def retrieved(
    eyes: Eyes, prompts: list[str], x: Float[Tensor, "n c h w"], real: Float[Tensor, "n c2 h2 w2"] | None
) -> list[dict[str, Any]]:
    """Recall of the pictures of prompts, chance and (where there are real renders) the ceiling beside."""
    u = read(eyes, prompts)
    v = {"": look(eyes, x)} | ({} if real is None else {"_ceiling": look(eyes, real)})
    different = len(set(prompts))
    return [
        metric(
            f"recall_at_{k}_{eyes.name}{name}",
            recall(u, vectors, prompts, k),
            note="real renders" if name else f"chance {min(1.0, k / different):.2%}",
        )
        for k in RECALLED
        for name, vectors in v.items()
    ]
