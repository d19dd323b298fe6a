"""The suite ``heldout``: does a model compose what training never showed together as well as what it did?

Colour x shape and number x shape by the reader of shapes; concept x style and pairs of concepts, if there are sprites
and a classifier, by that. Held-out and seen prompts come from the same grammar, equally many with equal seeds; told is
the difference in points with its interval. What the classifier makes of the perfect pictures stands beside.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from unfog.data.compose.render import render
from unfog.evaluate.classifier import judge
from unfog.evaluate.difference import difference
from unfog.evaluate.faithfulness import Share, shares
from unfog.evaluate.portraits import Portrait, concept_share, duos, portraits
from unfog.evaluate.questions import COMPOSED_SHAPES, HELD_COLOUR_SHAPE, HELD_COUNT, Shapes
from unfog.jobs.evaluate_concepts import Judged
from unfog.jobs.evaluate_draw import Bench, drawn, metric
from unfog.jobs.evaluate_scenes import check_grader, draw_and_grade
from unfog.jobs.events import Progress

TWINS: tuple[tuple[str, Shapes, str], ...] = (
    ("colour_shape", HELD_COLOUR_SHAPE, "one"),
    ("count_shape", HELD_COUNT, "count"),
)
NAMED: tuple[tuple[str, Callable[..., list[Portrait]]], ...] = (("concept_style", portraits), ("pair", duos))


def heldout_suite(bench: Bench, judged: Judged | None) -> Generator[Progress, None, dict[str, Any]]:
    """Seen, held-out and their difference, for every kind of combination that can be graded."""
    side = bench.loaded.model.config.picture.size
    bench.expect(2 * bench.n * (len(TWINS) + (len(NAMED) if judged else 0)))
    metrics, graders = list[dict[str, Any]](), dict[str, Any]()
    for name, held, kind in TWINS:
        seen = replace(COMPOSED_SHAPES, kinds={kind: f"seen {name}"})
        found = list[Share]()
        for questions in (seen, replace(held, kinds={kind: f"held {name}"})):
            yield Progress(bench.done, bench.total, "trying the grader on renders")
            graders[questions.kinds[kind]] = check_grader(side, bench.n, bench.seed, questions)
            grades = yield from draw_and_grade(bench, questions)
            found.append(shares(grades[kind])["all"])
        metrics += side_by_side(name, *found)
    for name, asking in NAMED if judged else ():
        assert judged is not None
        found = list[Share]()
        for held in (False, True):
            asked = asking(judged.sprites, bench.seed, bench.n, held=held)
            x = yield from drawn(bench, [a.prompt for a in asked], f"{'held' if held else 'seen'} {name}")
            found.append(top1(judged, asked, x))
            real = render([a.scene for a in asked], judged.sprites, side)
            ceiling = top1(judged, asked, real)
            metrics.append(metric(f"{'held' if held else 'seen'}_{name}_ceiling", ceiling, note="real renders"))
        metrics += side_by_side(name, *found)
    return {"metrics": metrics, "graders": graders}


def top1(judged: Judged, asked: list[Portrait], x: Any) -> Share:
    """Share of pictures in which the classifier finds first what was asked for."""
    said = judge(judged.classifier, x)
    return concept_share(said, judged.classifier.labels.concepts, judged.sprites, asked, 1)


def side_by_side(name: str, seen: Share, held: Share) -> list[dict[str, Any]]:
    """The two shares, and by how many points the held-out one is lower (then below 0)."""
    return [
        metric(f"seen_{name}", seen),
        metric(f"held_{name}", held),
        metric(f"held_minus_seen_{name}", difference(held, seen), points=True),
    ]
