"""``unfog evaluate``: how often a model draws what a prompt says.

The suite ``scenes`` asks for procedural scenes that no training sees, ``n`` of each kind of prompt, and grades every
picture with ``unfog.evaluate``: a reader of pictures that never sees the prompt. Picture k of each kind has prompt k and
the seed (seed + k) mod 2^64. Before it may grade a model, the reader is tried on renders of the very scenes that the
prompts describe, as they are and with noise and blur: below ``TRUST`` on clean ones nothing is measured.

Pictures are computed together, ``TOGETHER`` at a time, so they equal those of ``unfog generate`` within rounding.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional as F

from unfog.config.sample import SampleConfig
from unfog.data.scenes import Facts, PromptKind, evaluation_prompts, evaluation_scenes, render
from unfog.evaluate.faithfulness import Grade, Share, grade, shares
from unfog.evaluate.parser import SMALLEST_SIDE, parse
from unfog.jobs.events import Event, Note, Progress, Result
from unfog.jobs.generate import Loaded, open_model
from unfog.jobs.settings import Chosen, request_for
from unfog.media.image import to_uint8
from unfog.model.locate import Found, locate
from unfog.model.model import Model
from unfog.tasks.generate import Tally, decode, generate
from unfog.util.errors import ModelError, UsageError
from unfog.util.nearest import unknown
from unfog.util.random import Draw, image_seed, normal

SUITES = ("scenes",)
KINDS: dict[PromptKind, str] = {  # kind of prompt: what is measured with it
    "one": "one_object",
    "two": "two_objects_relation",
    "count": "count",
    "mixed": "mixed_all_facts",
}
MOST = 100_000  # prompts of a kind
TOGETHER = {"cpu": 50, "cuda": 500, "mps": 100}  # pictures of 32 x 32; fewer if they are larger
CHECKED = (240, 2000)  # scenes the reader is tried on: as many as are graded, but within these
TRUST = 0.99  # least share of clean renders that the reader must get right
NOISE, BLUR = 0.03, 0.5  # of noisy renders: standard deviation in channels of 0..1, and of the Gaussian in pixels


def evaluate_job(
    model: str,
    *,
    suite: str = "scenes",
    n: int = 500,
    seed: int = 0,
    chosen: Chosen = Chosen(),
    device: str | None = None,
) -> Iterator[Event]:
    """Measure a model; the result has shares with Wilson's 95 % intervals.

    Args:
        model: its name or folder.
        suite: what to measure; ``scenes``.
        n: prompts of each kind.
        seed: of the prompts and of the first picture.
        chosen: sampling settings other than the model's recommended ones.
        device: ``None``: the fastest.

    Raises:
        UsageError: unknown suite, a number out of bounds, or a model that makes no such pictures.
        ModelError: no such model, or it gives numbers that are not finite.
    """
    begin = time.perf_counter()
    if suite not in SUITES:
        raise UsageError(unknown("suite", suite, SUITES))
    if not 1 <= n <= MOST:
        raise UsageError(f"-n must be between 1 and {MOST}, got {n}")
    found = locate(model)
    sample = request_for(found.manifest, "", chosen, seed=seed).sample
    picture = found.manifest.model.picture
    if picture.channels != 3 or found.manifest.model.ndim != 2 or picture.size < SMALLEST_SIDE:
        raise UsageError(
            f"the model {found.name} makes pictures with {picture.channels} channels and {picture.size} pixels a side;"
            f" the suite scenes needs 3 channels and at least {SMALLEST_SIDE} pixels"
        )
    yield Progress(0, 0, "trying the grader on renders")
    grader = check_grader(picture.size, n, seed)
    grades, tally = dict[PromptKind, list[Grade]](), Tally()
    yield from drawn(open_model(found, device), sample, n, seed, grades, tally)
    yield Result(
        {
            "metrics": [metric(name, share) for name, share in measured(grades).items()],
            "model": {"name": found.name, "sha256": found.id},
            "suite": suite,
            "n": n,
            "seed": seed,
            "sample": sample.model_dump(mode="json"),
            "nfe": round(tally.rows / (len(KINDS) * n)),
            "grader": grader,
            "seconds": round(time.perf_counter() - begin, 3),
        }
    )
