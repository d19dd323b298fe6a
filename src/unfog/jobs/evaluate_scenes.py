"""The suite ``scenes``: are pictures of shapes what their prompts say?

Every picture is read by ``unfog.evaluate.parser``, which never sees the prompt, and what it read is held against the
prompt's facts. Before it may grade a model, the grader is tried on renders of the very scenes that the prompts
describe, as they are and with noise and blur. Where it reads fewer than ``TRUST`` of them without error (below 20
pixels a side), nothing is measured. Models that paint transparency are asked for composed scenes, the others for
procedural ones.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from torch import Tensor

from unfog.config.manifest import Manifest
from unfog.config.model import ModelConfig
from unfog.data.scenes_caption import Facts
from unfog.evaluate.faithfulness import Grade, Share, grade, shares
from unfog.evaluate.parser import SMALLEST_SIDE, parse
from unfog.evaluate.questions import COMPOSED_SHAPES, PROCEDURAL, Questions
from unfog.evaluate.trust import share_right
from unfog.jobs.evaluate_draw import Bench, draw, metric
from unfog.jobs.events import Progress
from unfog.tasks.generate import decode
from unfog.util.errors import UsageError

CHECKED = (120, 2000)  # perfect pictures the grader is tried on: as many as are graded, within these limits
TRUST = (0.99, 0.97)  # least shares of clean and of noisy renders that the grader must read without error
SMALLEST_COMPOSED = 64  # pixels a side; tiny shapes have ten pixels there


def questions_for(manifest: Manifest) -> Questions:
    """What a model is asked to draw.

    Raises:
        UsageError: its pictures cannot be graded.
    """
    assert isinstance(manifest.model, ModelConfig), "a model that draws"
    picture = manifest.model.picture
    if picture.channels == 4 and picture.size >= SMALLEST_COMPOSED:
        return COMPOSED_SHAPES
    if picture.channels != 3 or picture.size < SMALLEST_SIDE:
        raise UsageError(
            f"the model {manifest.name} makes pictures with {picture.channels} channels and {picture.size} pixels a"
            f" side; the suite scenes needs 3 channels and at least {SMALLEST_SIDE} pixels, or 4 channels and at least"
            f" {SMALLEST_COMPOSED}"
        )
    return PROCEDURAL


def scenes_suite(bench: Bench) -> Generator[Progress, None, dict[str, Any]]:
    """Shares of right pictures of every kind of prompt, and how far the grader can be trusted."""
    yield Progress(0, 0, "trying the grader on renders")
    questions, grader = trusted_questions(bench)
    return {"metrics": (yield from graded(bench, questions)), "grader": grader}


def trusted_questions(bench: Bench) -> tuple[Questions, dict[str, Any]]:
    """What to ask this model, and how far the grader of it can be trusted.

    Raises:
        UsageError: its pictures cannot be graded.
    """
    questions, side = questions_for(bench.loaded.found.manifest), bench.loaded.model.config.picture.size
    return questions, check_grader(side, bench.n, bench.seed, questions)


def graded(bench: Bench, questions: Questions) -> Generator[Progress, None, list[dict[str, Any]]]:
    """The metrics of pictures of all prompts."""
    bench.expect(bench.n * len(questions.kinds))
    grades = yield from draw_and_grade(bench, questions)
    found = metrics_of(grades) if questions is PROCEDURAL else composed_metrics(grades, bench)
    return [metric(name, share) for name, share in found.items()]


def check_grader(side: int, n: int, seed: int, questions: Questions) -> dict[str, Any]:
    """Shares of clean and of noisy renders that the grader reads without error.

    Raises:
        UsageError: it cannot be trusted with pictures of this size.
    """
    count = min(max(len(questions.kinds) * n, CHECKED[0]), CHECKED[1])
    clean = share_right(side, count, seed, noisy=False, questions=questions)
    noisy = share_right(side, count // 2, seed, noisy=True, questions=questions)
    for what, share, needed in (("clean", clean, TRUST[0]), ("noisy", noisy, TRUST[1])):
        if share.value < needed:
            raise UsageError(
                f"the grader reads only {100 * share.value:.1f} % of {share.n} {what} renders of {side} x {side} pixels"
                f" without error and {100 * needed:.0f} % are needed to grade a model; evaluate one of larger pictures"
            )
    return {"clean": clean.value, "clean_n": clean.n, "noisy": noisy.value, "noisy_n": noisy.n}


def draw_and_grade(bench: Bench, questions: Questions) -> Generator[Progress, None, dict[str, list[Grade]]]:
    """Draw the pictures of all prompts, and grade them.

    Raises:
        ModelError: numbers that are not finite.
    """
    grades = dict[str, list[Grade]]()
    for kind, name in questions.kinds.items():
        asked, grades[kind] = questions.prompts(bench.seed, bench.n, kind), []

        def take(first: int, x: Tensor, asked: Sequence[tuple[str, Facts]] = asked, to: str = kind) -> None:
            pixels = decode(bench.loaded.model, x, transparent=questions.channels == 4)
            some = asked[first : first + len(x)]
            read = parse(pixels, questions.drawing)
            grades[to] += [grade(found, facts) for found, (_, facts) in zip(read, some, strict=True)]

        yield from draw(bench, [text for text, _ in asked], name, take)
    return grades


def metrics_of(grades: Mapping[str, Sequence[Grade]]) -> dict[str, Share]:
    """Every kind's share of wholly right pictures, and of the mixed ones every fact's."""
    whole = {PROCEDURAL.kinds[kind]: shares(some)["all"] for kind, some in grades.items()}
    return whole | {f"mixed_{fact}": share for fact, share in shares(grades["mixed"]).items() if fact != "all"}


def composed_metrics(grades: Mapping[str, Sequence[Grade]], bench: Bench) -> dict[str, Share]:
    """One object with all that is said of it; two with their attributes, and also their relation; counts to 3 and to 4.

    Each is the share of pictures in which all of it is right; beneath it stand the shares of every fact.
    """
    one, two, count = grades["one"], grades["two"], grades["count"]
    asked = [facts.groups[0].count for _, facts in COMPOSED_SHAPES.prompts(bench.seed, bench.n, "count")]
    few = [g for g, number in zip(count, asked, strict=True) if number <= 3]
    out = {
        "one_object": shares(one)["all"],
        "two_objects_bound": shares(g.without("relation") for g in two)["all"],
        "two_objects_relation": shares(two)["all"],
    }
    if few:
        out["count_to_3"] = shares(few)["all"]
    out["count_to_4"] = shares(count)["all"]
    for name, some in (("one", one), ("two", two), ("count", count)):
        out |= {f"{name}_{fact}": share for fact, share in shares(some).items() if fact != "all"}
    return out
