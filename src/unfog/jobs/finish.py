"""The end of a training run: its averaged weights become a model folder with manifest and card."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from unfog.codec.vae import VAE
from unfog.config.manifest import Manifest, Training
from unfog.data.dataset import Dataset
from unfog.jobs.card import card
from unfog.jobs.credits import notice_of
from unfog.jobs.datasets import BUILT_IN, told_captions
from unfog.jobs.knowledge import knowledge_of
from unfog.jobs.run import Run
from unfog.jobs.run_folder import RunFolder, seconds_in
from unfog.jobs.watch import recommended
from unfog.model.model import Model
from unfog.model.store import count, save_model
from unfog.nets.upscaler import Upscaler
from unfog.text.contrast import Contrast
from unfog.text.tokenizer import Tokenizer
from unfog.train.state import TrainState
from unfog.util.files import canonical_json


def model_name(folder: Path) -> str:
    """The name of a run's folder with everything replaced that a model's name cannot have."""
    return re.sub(r"[^\w.\-]", "-", folder.resolve().name).lstrip(".-")[:80] or "model"


def logged_seconds(folder: RunFolder) -> float:
    """Time that the events account for: of all sessions, up to the last log line, without what a kill undid."""
    return sum(map(seconds_in, folder.lines()))


def write_model(
    target: Path,
    folder: RunFolder,
    run: Run,
    tokenizer: Tokenizer | None,
    state: TrainState[Any],
    dataset: Dataset,
) -> None:
    """Save the averaged weights of a run as a model folder with manifest, card and what the pictures' licences ask for.

    Raises:
        UsageError: ``target`` exists. DiskError: the disk is full.
    """
    config, ema = run.config, state.ema
    assert isinstance(ema, Model | Contrast | Upscaler | VAE)
    seconds = logged_seconds(folder)
    source = config.data.source if config.data.source in BUILT_IN else Path(config.data.source).name
    source += "" if config.data.sprites is None else f" composed of {Path(config.data.sprites).name}"
    manifest = Manifest(
        name=model_name(folder.root),
        description=f"Trained on {source}.",
        licence="Apache-2.0" if source == "scenes" else "see data licences",
        redistributable=run.redistributable,
        model=config.model,
        caption_dropout=config.train.caption_dropout,
        parameters=count(ema),
        tokenizer_sha256=None if tokenizer is None else tokenizer.sha256(),
        sample=recommended(config.train),
        examples=run.examples,
        knows=knowledge_of(dataset, least=1 if told_captions(config.data) else 2),
        training=Training(
            command=run.command,
            seed=config.train.seed,
            images=state.seen_images,
            seconds=round(seconds, 1),
            images_per_second=round(state.seen_images / max(seconds, 1e-9), 1),
            code=f"unfog {run.versions['unfog']}",
            hardware=f"{run.device}, {run.threads} thread{'s' if run.threads > 1 else ''}, {run.precision}",
            data=source,
            data_fingerprint=run.data_fingerprint,
            data_licences=run.data_licences,
            config=json.loads(canonical_json(config.model_dump(mode="json"))),
        ),
    )
    save_model(ema, target, manifest, card(manifest), notice=notice_of(dataset, config.data.sprites))
