"""What is decided once when a run starts, and what follows from it: data, random weights, the batch at a position."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field

import unfog
from unfog.codec.vae import VAE
from unfog.config.base import Config
from unfog.config.model import WORDLESS
from unfog.config.train import RunConfig
from unfog.data import stream
from unfog.data.dataset import Dataset
from unfog.jobs.data_lock import write_lock
from unfog.jobs.datasets import open_dataset
from unfog.jobs.events import Event
from unfog.jobs.plan import Plan, references_of
from unfog.jobs.run_folder import RUN_BYTES, RunFolder
from unfog.jobs.start import begin_with
from unfog.jobs.vocabulary import Vocabulary
from unfog.model.build import build_any, build_density
from unfog.model.model import Model
from unfog.model.store import VOCABULARY_LIMIT
from unfog.text.tokenizer import Tokenizer
from unfog.train.coarse import Halved, halved
from unfog.train.coded import Coded, coded
from unfog.train.loop import Source
from unfog.train.masks import known_pixels
from unfog.train.objective import Example, Pair, example
from unfog.train.optimise import optimisers
from unfog.train.state import TrainState
from unfog.util.devices import bf16_supported
from unfog.util.errors import DataError
from unfog.util.files import read_object, read_text, staged_directory, write_atomic


class Run(Config):
    """``run.json``: decided once when the run starts, never changed."""

    format: Literal["unfog.run/1"] = "unfog.run/1"
    config: RunConfig
    data_fingerprint: str
    data_licences: dict[str, int]
    redistributable: bool
    examples: tuple[str, ...]
    command: str
    threads: Annotated[int, Field(ge=1, le=1024)]
    device: str
    precision: str
    versions: dict[str, str]


def precision_of(config: RunConfig, device: torch.device) -> torch.dtype:
    """Autocast dtype: bfloat16 where the hardware multiplies it, unless the configuration says otherwise."""
    match config.train.precision:
        case "float32":
            return torch.float32
        case "bfloat16":
            return torch.bfloat16
        case "auto":
            return torch.bfloat16 if bf16_supported(device) else torch.float32


def start_run(
    folder: RunFolder,
    words: Vocabulary,
    dataset: Dataset,
    device: torch.device,
    threads: int,
    command: str = "",
    *,
    start: Path | None = None,
    codec: Path | None = None,
) -> Run:
    """Write what is decided once; ``run.json`` last, so a run has started exactly when that exists."""
    config = words.config
    for lent, kept in ((start, folder.start), (codec, folder.codec)):
        if lent is not None and not kept.exists():
            with staged_directory(kept) as copy:
                shutil.copytree(lent, copy, dirs_exist_ok=True)
    run = Run(
        config=config,
        data_fingerprint=dataset.fingerprint(),
        data_licences=dataset.licences(),
        redistributable=dataset.redistributable(),
        examples=words.examples,
        command=command,
        threads=threads,
        device=device.type,
        precision=str(precision_of(config, device)).removeprefix("torch."),
        versions={"unfog": unfog.__version__, "torch": torch.__version__, "python": platform.python_version()},
    )
    write_lock(folder, dataset)
    if words.tokenizer is not None:
        write_atomic(folder.vocabulary, words.tokenizer.to_json().encode())
    write_atomic(folder.run_file, json.dumps(run.model_dump(mode="json"), indent=1).encode())
    return run


def read_run(folder: RunFolder) -> tuple[Run, Tokenizer | None]:
    """What ``start_run`` wrote, or a stranger.

    Raises:
        DataError: it is not understood. ModelError: its vocabulary is none.
    """
    record = read_object(folder.run_file, most=RUN_BYTES, error=DataError)
    try:
        run = Run.parse(record)
    except ValueError as error:
        raise DataError(
            f"{folder.run_file} is not understood ({error}): continue with the unfog that started it"
        ) from None
    if isinstance(run.config.model, WORDLESS):
        return run, None
    text = read_text(folder.vocabulary, most=VOCABULARY_LIMIT, error=DataError)
    return run, Tokenizer.from_json(text, run.config.model.text.max_tokens, run.config.model.text.buckets)


def dataset_of(run: Run, planned: Plan | None) -> Generator[Event, None, Dataset]:
    """The pictures of a run that has started, wherever they are now; read again only if a plan has not just done so."""
    data, size = run.config.data, run.config.model.picture.size
    if planned is not None:
        data = data.model_copy(update={"source": planned.config.data.source})
        if planned.config.data == data and planned.config.model.picture.size == size:
            return planned.dataset
    return (yield from open_dataset(data, size, references=references_of(run.config)))


def fresh_state(
    config: RunConfig, tokenizer: Tokenizer | None, device: torch.device, lenders: Sequence[Path] = ()
) -> TrainState[Any]:
    """Random weights from the run's seed, or what the models in ``lenders`` lend; the average is a copy."""
    model, ema = (build_any(config.model, tokenizer, train=config.train, seed=config.train.seed) for _ in range(2))
    model, ema = model.to(device), ema.to(device).eval().requires_grad_(False)
    for lender in lenders:
        for one in (model, ema):
            begin_with(one, lender)
    if isinstance(model, Model):
        model.denoiser.precision = precision_of(config, device)
        if config.train.keep_words:
            model.keep_words()
    return TrainState(model, ema, optimisers(model, config.train.optimiser))


def batches(config: RunConfig, tokenizer: Tokenizer | None, dataset: Dataset, state: TrainState[Any]) -> Source:
    """Positions in the run -> training batch, as a pure function."""
    settings, model = config.train, state.model
    density = build_density(settings)

    def source(positions: range) -> Example | Pair | Halved | Coded:
        batch = stream.read(dataset, seed=settings.seed, start=positions.start, n=len(positions))
        if isinstance(model, VAE):
            return coded(batch.x, positions, seed=settings.seed, shape=model.shape(model.channels, batch.x.shape[2:]))
        if tokenizer is None:
            return halved(batch.x, positions, seed=settings.seed)
        words = tokenizer.encode(batch.captions)
        if not isinstance(model, Model):
            return Pair(batch.x, words, *(tokenizer.encode(list(texts)) for texts in zip(*batch.same, strict=True)))
        made = example(
            batch.x,
            words,
            positions,
            shape=model.shape(),
            seed=settings.seed,
            density=density,
            process=model.denoiser.process,
            caption_dropout=settings.caption_dropout,
        )
        if model.config.completes:
            height, width = batch.x.shape[2:]
            made = replace(made, known=known_pixels(settings.seed, positions, (height, width), settings.masked))
        if model.style is not None and batch.references is not None:
            made = replace(made, reference=batch.references, of=batch.of)
        return made

    return source  # pyright: ignore[reportReturnType]
