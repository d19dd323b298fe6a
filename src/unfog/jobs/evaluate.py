"""``unfog evaluate``: how often a model draws what a prompt says.

The suite ``scenes`` asks for procedural scenes that no training sees, ``n`` of each kind of prompt, and grades every
picture with ``unfog.evaluate``: a reader of pictures that never sees the prompt, and what it read held against the
prompt's facts. Picture k of each kind has prompt k and the seed (seed + k) mod 2^64. Before it may grade a model, the
grader is tried on renders of the very scenes that the prompts describe, as they are and with noise and blur. Where it
reads fewer than ``TRUST`` of them without error (below 20 pixels a side), nothing is measured.

Pictures are computed together, ``TOGETHER`` at a time, so they equal those of ``unfog generate`` within rounding.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from unfog.config.sample import SampleConfig
from unfog.data.scenes import PromptKind, evaluation_prompts
from unfog.evaluate.faithfulness import Grade, Share, grade, shares
from unfog.evaluate.parser import SMALLEST_SIDE, parse
from unfog.evaluate.trust import share_right
from unfog.jobs.events import Event, Progress, Result
from unfog.jobs.generate import Loaded, finite, open_model
from unfog.jobs.settings import Chosen, request_for
from unfog.model.locate import locate
from unfog.tasks.generate import Tally, decode, generate
from unfog.util.errors import UsageError
from unfog.util.nearest import unknown
from unfog.util.random import image_seed

SUITES = ("scenes",)
KINDS: dict[PromptKind, str] = {  # kind of prompt: what is measured with it
    "one": "one_object",
    "two": "two_objects_relation",
    "count": "count",
    "mixed": "mixed_all_facts",
}
MOST = 100_000  # prompts of a kind
TOGETHER = {"cpu": 32, "cuda": 500, "mps": 100}  # pictures of 32 x 32; fewer if they are larger
CHECKED = (120, 2000)  # perfect pictures the grader is tried on: as many as are graded, within these limits
TRUST = (0.99, 0.97)  # least shares of clean and of noisy renders that the grader must read without error


def evaluate_job(
    model: str,
    *,
    suite: str = "scenes",
    n: int = 500,
    seed: int = 0,
    chosen: Chosen | None = None,
    device: str | None = None,
) -> Iterator[Event]:
    """Measure a model; the result has shares with Wilson's 95 % intervals.

    Args:
        model: its name or folder.
        suite: what to measure; ``scenes``.
        n: prompts of each kind.
        seed: of the prompts and of the first picture.
        chosen: sampling settings in place of the model's recommended ones.
        device: ``None``: the fastest.

    Raises:
        UsageError: unknown suite, a number out of bounds, or a model whose pictures cannot be graded.
        ModelError: no such model, or it gives numbers that are not finite.
    """
    begin = time.perf_counter()
    if suite not in SUITES:
        raise UsageError(unknown("suite", suite, SUITES))
    if not 1 <= n <= MOST:
        raise UsageError(f"-n must be between 1 and {MOST}, got {n}")
    found = locate(model)
    sample = request_for(found.manifest, "", chosen or Chosen(), seed=seed).sample
    picture = found.manifest.model.picture
    if picture.channels != 3 or picture.size < SMALLEST_SIDE:
        raise UsageError(
            f"the model {found.name} makes pictures with {picture.channels} channels and {picture.size} pixels a side;"
            f" the suite scenes needs 3 channels and at least {SMALLEST_SIDE} pixels"
        )
    yield Progress(0, 0, "trying the grader on renders")
    grader = check_grader(picture.size, n, seed)
    grades, tally = dict[PromptKind, list[Grade]](), Tally()
    loaded = open_model(found, device)
    yield from draw_and_grade(loaded, sample, n, seed, grades, tally)
    yield Result(
        {
            "metrics": [{"name": name, **asdict(share)} for name, share in metrics_of(grades).items()],
            "model": {"name": found.name, "sha256": found.id},
            "suite": suite,
            "n": n,
            "seed": seed,
            "sample": sample.model_dump(mode="json"),
            "nfe": round(tally.rows / (n * len(KINDS))),
            "grader": grader,
            "device": loaded.model.device.type,
            "seconds": round(time.perf_counter() - begin, 3),
        }
    )


def check_grader(side: int, n: int, seed: int) -> dict[str, Any]:
    """Shares of clean and of noisy renders that the grader reads without error.

    Raises:
        UsageError: it cannot be trusted with pictures of this size.
    """
    count = min(max(len(KINDS) * n, CHECKED[0]), CHECKED[1])
    clean, noisy = (share_right(side, c, seed, noisy=noisy) for c, noisy in ((count, False), (count // 2, True)))
    for what, share, needed in (("clean", clean, TRUST[0]), ("noisy", noisy, TRUST[1])):
        if share.value < needed:
            raise UsageError(
                f"the grader reads only {100 * share.value:.1f} % of {share.n} {what} renders of {side} x {side} pixels"
                f" without error and {100 * needed:.0f} % are needed to grade a model; evaluate one of larger pictures"
            )
    return {"clean": clean.value, "clean_n": clean.n, "noisy": noisy.value, "noisy_n": noisy.n}


def draw_and_grade(
    loaded: Loaded,
    sample: SampleConfig,
    n: int,
    seed: int,
    grades: dict[PromptKind, list[Grade]],
    tally: Tally,
) -> Iterator[Progress]:
    """Draw and grade the pictures of all prompts; the grades are put into ``grades``.

    Raises:
        ModelError: numbers that are not finite.
    """
    model, total = loaded.model, n * len(KINDS) * sample.steps
    together = max(1, TOGETHER[model.device.type] * 32**2 // model.config.picture.size**2)
    done = 0
    for kind, name in KINDS.items():
        prompts, grades[kind] = evaluation_prompts(seed, n, kind), []
        for first in range(0, n, together):
            some = prompts[first : first + together]
            seeds = [image_seed(seed, first + k) for k in range(len(some))]
            run, x = generate(model, [text for text, _ in some], seeds, sample, tally=tally, exact=False), None
            for step in finite(run, loaded.found.name):
                x = step.x
                yield Progress(done + (step.index + 1) * len(some), total, f"drawing for {name}")
            assert x is not None
            pictures = parse(decode(model, x))
            grades[kind] += [grade(found, facts) for found, (_, facts) in zip(pictures, some, strict=True)]
            done += len(some) * sample.steps


def metrics_of(grades: Mapping[PromptKind, Sequence[Grade]]) -> dict[str, Share]:
    """Every kind's share of wholly right pictures, and of the mixed ones every fact's."""
    whole = {KINDS[kind]: shares(some)["all"] for kind, some in grades.items()}
    return whole | {f"mixed_{fact}": share for fact, share in shares(grades["mixed"]).items() if fact != "all"}
