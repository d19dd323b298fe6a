"""The suite ``concepts``: does a model draw the things it claims to know, in the style that is asked for?

One concept in a named style per prompt, all concepts in turn, judged by a classifier of sprites (top-1, top-5, style)
and, with ``--words``, by whether the prompt finds its own picture (recall at 1 and 10). Beside each share stand chance
and the ceiling: what the same judge makes of real renders of the same scenes. Then the plain names, the names with a
typing mistake in every content word, and the names in six other languages, with the loss against English in points.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
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
from unfog.evaluate.features import Eyes, look, read
from unfog.evaluate.portraits import (
    LANGUAGES,
    Portrait,
    concept_share,
    foreign,
    misspelt,
    named,
    portraits,
    recognised,
    share,
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


@dataclass(frozen=True)
class Otherwise:
    """The same things in other words: prompts, and which of the things each is for."""

    name: str
    prompts: list[str]
    at: list[int]


def concepts_suite(bench: Bench, judged: Judged, eyes: Eyes | None) -> Generator[Progress, None, dict[str, Any]]:
    """Shares with their ceilings and chances, and losses against English."""
    asked = portraits(judged.sprites, bench.seed, bench.n)
    others = [typos(judged.sprites, asked, bench.seed), spoken(judged.sprites, asked)]
    bench.expect(2 * bench.n + sum(len(other.prompts) for other in others))
    prompts = [a.prompt for a in asked]
    x = yield from drawn(bench, prompts, "concepts in a style")
    real = render([a.scene for a in asked], judged.sprites, bench.loaded.model.config.picture.size)
    metrics = styled(judged, asked, x, real)
    if eyes is not None:
        metrics += retrieved(eyes, prompts, x, real)
    x = yield from drawn(bench, [named(judged.sprites, a) for a in asked], "names in English")
    english = {k: right(judged, asked, x, k) for k in AMONG}
    metrics += [metric(f"english_top{k}", share(known)) for k, known in english.items()]
    for other in others:
        if other.prompts:
            x = yield from drawn(bench, other.prompts, f"names: {other.name}")
            metrics += beside(judged, [asked[k] for k in other.at], x, other, english)
    return {"metrics": metrics, "concepts": len(cast_of(judged.sprites).usual), "classifier": judged.id}


def typos(sprites: Sprites, asked: Sequence[Portrait], seed: int) -> Otherwise:
    """Names with a mistake in every content word; those that are too short for one are left out."""
    dice = dice_of(seed, range(EVALUATION_FROM, EVALUATION_FROM + len(asked)), Draw.TYPO)
    said = [misspelt(sprites, a, d) for a, d in zip(asked, dice, strict=True)]
    at = [k for k, (text, a) in enumerate(zip(said, asked, strict=True)) if text != named(sprites, a)]
    return Otherwise("typos", [said[k] for k in at], at)


def spoken(sprites: Sprites, asked: Sequence[Portrait]) -> Otherwise:
    """Names in other languages, the languages in turn; what has no name there is left out."""
    said = [foreign(sprites, a, LANGUAGES[k % len(LANGUAGES)]) for k, a in enumerate(asked)]
    return Otherwise("foreign", [t for t in said if t is not None], [k for k, t in enumerate(said) if t is not None])


def right(judged: Judged, asked: Sequence[Portrait], x: Float[Tensor, "n c h w"], k: int) -> list[bool]:
    """For every picture: has the classifier its concept among its first ``k``?"""
    wanted = [(judged.sprites.table[a.rows[0]].concept,) for a in asked]
    return recognised(judge(judged.classifier, x).concepts, judged.classifier.labels.concepts, wanted, k)


def beside(
    judged: Judged,
    asked: Sequence[Portrait],
    x: Float[Tensor, "n c h w"],
    other: Otherwise,
    english: Mapping[int, list[bool]],
) -> list[dict[str, Any]]:
    """The shares of things in other words, and the loss against the English names of the same things."""
    out = list[dict[str, Any]]()
    for k in AMONG:
        found = right(judged, asked, x, k)
        loss = difference(share(found), share([english[k][i] for i in other.at]))
        out.append(metric(f"{other.name}_top{k}", share(found)))
        out.append(metric(f"{other.name}_minus_english_top{k}", loss, points=True))
        for turn, language in enumerate(LANGUAGES if other.name == "foreign" and k == 1 else ()):
            some = [ok for ok, i in zip(found, other.at, strict=True) if i % len(LANGUAGES) == turn]
            out += [metric(f"foreign_{language}_top1", share(some))] if some else []
    return out


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
