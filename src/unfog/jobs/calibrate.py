"""``unfog model calibrate``: a copy of a model that knows at which noise levels it should be evaluated.

For every number of steps and every strength of guidance, the nodes of the model's sampler are fitted to it
(``tasks/calibrate.py``) and stored in the manifest; the copy recommends them. The weights are the same, and so is the
model's id: pictures made before stay replayable.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unfog.config.manifest import Calibration
from unfog.jobs.card import card
from unfog.jobs.events import Event, Progress, Result
from unfog.jobs.generate import open_model
from unfog.jobs.settings import Chosen, calibrated, request_for
from unfog.model.locate import locate
from unfog.model.store import republish
from unfog.samplers import SAMPLERS
from unfog.tasks.calibrate import calibrate, flow
from unfog.tasks.generate import Tally
from unfog.util.errors import UsageError
from unfog.util.random import image_seed

STEPS = (4, 6, 8, 12, 20)
MOST_STEPS = 100
PICTURES = 48  # fitted on, and as many to judge by
TRIES = 60
FIRST_JUDGED = 2**20  # the first seed of those, after the others


def calibrate_job(
    model: str,
    out: Path,
    *,
    steps: Sequence[int] = STEPS,
    guidance: Sequence[float] = (),
    prompts: Sequence[str] = (),
    pictures: int = PICTURES,
    tries: int = TRIES,
    seed: int = 0,
    device: str | None = None,
) -> Iterator[Event]:
    """Fit nodes and write the copy to ``out``.

    Args:
        model: its name or folder.
        steps: numbers of steps, 2 to 100 each.
        guidance: strengths of guidance; none: the recommended one.
        prompts: what to draw; none: the examples in the manifest.
        pictures: how many to fit on, and how many more to judge by.
        tries: grids looked at for each number of steps.
        seed: of the first picture.
        device: ``None``: the fastest.

    Raises:
        UsageError: a number out of bounds, ``out`` exists, or the model's sampler is stochastic.
        ModelError: no such model.
    """
    if bad := [n for n in steps if not 2 <= n <= MOST_STEPS]:
        raise UsageError(f"steps to fit must be between 2 and {MOST_STEPS}, got {bad[0]}")
    if not 2 <= pictures <= 4096 or tries < 10:
        raise UsageError(f"need 2 to 4096 pictures and 10 or more tries, got {pictures} and {tries}")
    if out.exists():
        raise UsageError(f"{out} exists already; choose another folder or remove it")
    found = locate(model)
    texts = list(prompts or found.manifest.examples or ("",))
    samples = [
        request_for(found.manifest, texts[0], Chosen(grid="rf_shift", guidance=g)).sample
        for g in guidance or (found.manifest.sample.guidance,)
    ]
    if SAMPLERS[samples[0].sampler].stochastic or samples[0].eta:
        raise UsageError(f"the sampler {samples[0].sampler} draws noise, so it has no end to compare with; use unipc")
    loaded, tally, rows = open_model(found, device), Tally(), list[Calibration]()
    for done, sample in enumerate(samples):
        yield Progress(done * len(steps), len(samples) * len(steps), f"exact pictures at guidance {sample.guidance:g}")
        fitted, judged = (
            flow(
                loaded.model,
                [texts[k % len(texts)] for k in range(pictures)],
                [image_seed(seed, first + k) for k in range(pictures)],
                sample,
                tally,
            )
            for first in (0, FIRST_JUDGED)
        )
        for row in calibrate(fitted, judged, sample, steps, tries=tries):
            rows.append(row)
            said = f"{row.steps} steps: error {row.error:.4f} (fixed grid {row.before:.4f})"
            yield Progress(done * len(steps) + len(rows), len(samples) * len(steps), said)
    kept = [c for c in found.manifest.calibrated if not any(alike(c, row) for row in rows)]
    manifest = found.manifest.model_copy(update={"calibrated": (*kept, *rows), "files": {}})
    recommended = calibrated(manifest, manifest.sample.model_copy(update={"grid": "rf_shift", "nodes": None}))
    manifest = manifest.model_copy(update={"sample": recommended})
    republish(found.folder, out, manifest, card(manifest))
    yield Result({"model": str(out), "calibrated": [facts(row) for row in rows], "rows": tally.rows})


def alike(a: Calibration, b: Calibration) -> bool:
    """Whether two are for the same settings."""
    return (a.sampler, a.steps, a.guidance) == (b.sampler, b.steps, b.guidance)


def facts(row: Calibration) -> dict[str, Any]:
    """What is reported of one."""
    return row.model_dump(mode="json") | {"steps": row.steps}
