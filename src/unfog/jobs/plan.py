"""From a few words (data, preset, length) to the whole configuration of a run: defaults derived from the data."""

from __future__ import annotations

from collections.abc import Sequence

from unfog.config.presets import PRESETS
from unfog.config.train import DataConfig, RunConfig
from unfog.jobs.datasets import default_side, open_dataset, sigma_data
from unfog.util.errors import UsageError


def plan(
    source: str,
    *,
    preset: str = "small",
    size: int | None = None,
    images: int | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    assignments: Sequence[str] = (),
) -> RunConfig:
    """A complete configuration; ``assignments`` (``a.b=c``) have the last word.

    Raises:
        UsageError: unknown preset or setting, or both ``images`` and ``minutes``.
        DataError: the data cannot be read.
    """
    if preset not in PRESETS:
        raise UsageError(f"unknown preset {preset!r}: choose one of {', '.join(PRESETS)}")
    if images is not None and minutes is not None:
        raise UsageError(f"give --images {images} or --minutes {minutes:g}, not both")
    if minutes is not None and not 0 < minutes <= 1e6:
        raise UsageError(f"--minutes must be positive, got {minutes:g}")
    draft = RunConfig(data=DataConfig(source=source)).override([a for a in assignments if a.startswith("data.")])
    side = default_side(draft.data) if size is None else size
    config = PRESETS[preset](side)
    chosen = [f"train.images={images}"] if images is not None else []
    chosen += [f"train.seed={seed}"] if seed is not None else []
    config = config.model_copy(update={"data": draft.data}).override([*chosen, *assignments])
    if any(a.startswith("model.picture.sigma_data") for a in assignments):
        return config
    dataset = open_dataset(config.data, config.model.picture.size)
    return config.override([f"model.picture.sigma_data={sigma_data(dataset)}"])
