"""A captioned folder becomes a model: train, watch, save. Emits progress; all it learns is in the run folder."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from unfog.codec.vae import VAE
from unfog.config.train import RunConfig, TrainRequest
from unfog.data.dataset import Dataset
from unfog.jobs.clock import Clock, Window
from unfog.jobs.data_lock import check_unchanged
from unfog.jobs.events import Event, Note, Progress, Result
from unfog.jobs.finish import write_model
from unfog.jobs.measure import measured_images
from unfog.jobs.plan import Plan, differences, plan
from unfog.jobs.run import Run, batches, dataset_of, fresh_state, precision_of, read_run, start_run
from unfog.jobs.run_folder import RunFolder
from unfog.jobs.signals import stop_flag
from unfog.jobs.vocabulary import MAX_TOKENS, learn_vocabulary
from unfog.jobs.watch import DrawingWatch, Watch
from unfog.jobs.watch_contrast import ComparingWatch
from unfog.jobs.watch_upscale import EnlargingWatch
from unfog.jobs.watch_vae import CodingWatch
from unfog.model.model import Model
from unfog.nets.upscaler import Upscaler
from unfog.text.contrast import Contrast
from unfog.text.tokenizer import Tokenizer
from unfog.train import state as checkpoint
from unfog.train.loop import Record, train
from unfog.train.state import TrainState
from unfog.util.devices import pick_device, set_threads
from unfog.util.errors import DataError, DivergedError, InterruptedRunError

LOG_STEPS = 50  # between two lines of the events; fewer in a short run (log_steps)
LOG_LINES = 100  # that a short run writes at least, one a step at most


def train_job(
    out: Path,
    request: TrainRequest | None,
    *,
    resume: bool = False,
    device: str | None = None,
    threads: int | None = None,
    command: str = "",
) -> Iterator[Event]:
    """Train into ``out``: a new run as requested, or with ``resume`` the one that is there.

    Args:
        out: run folder.
        request: data and settings; may be ``None`` when resuming a run that has started. A run that has started
            keeps its own, and notes what differs; its data may have moved, but not changed.
        command: what a person typed, for the model's card.

    Raises:
        UsageError, DataError: before anything is written; also if ``run.json`` was changed by hand.
        DivergedError: the loss is not finite; names the last good checkpoint.
        InterruptedRunError: stopped by a signal after saving.
    """
    folder, processor = RunFolder(out), pick_device(device)
    used = set_threads(threads)
    check_place(folder, request, resume=resume)
    planned = None if request is None else (yield from plan(request))
    with folder.lock(), stop_flag() as stop:
        check_place(folder, request, resume=resume)  # again: reading took its time, and another process may have begun
        if folder.started():
            run, tokenizer = read_run(folder)
            set_threads(run.threads if threads is None else threads)
            dataset = yield from dataset_of(run, planned)
            source = run.config.data.source if planned is None else planned.config.data.source
            check_unchanged(folder, run.data_fingerprint, source, dataset)
            yield from note_differences(run, planned, request)
        else:
            assert planned is not None
            assert request is not None
            yield from start(folder, planned, request.minutes, processor, used, command)
            (run, tokenizer), dataset = read_run(folder), planned.dataset
        last = latest_checkpoint(folder)
        state, window = fresh_state(run.config, tokenizer, processor, folder.lenders()), Window()
        if last is not None:
            for damaged in checkpoint.set_aside(folder.checkpoints, after=last):
                yield Note(f"{damaged} is damaged and was put aside")
            window = resumed(checkpoint.restore(state, last), last)
            yield Progress(state.seen_images, run.config.train.images, f"resumed from {last.name}")
        folder.rewind(state.seen_images)
        yield from follow(folder, run, tokenizer, dataset, state, window, last, stop)


def check_place(folder: RunFolder, request: TrainRequest | None, *, resume: bool) -> None:
    """Raises UsageError or DataError unless a run may start there, or be resumed."""
    if not (resume and folder.started()):
        folder.check_new()
        if request is None:
            raise DataError(f"{folder.root} holds no run yet: name the data to start it")


def start(
    folder: RunFolder, planned: Plan, minutes: float | None, processor: torch.device, threads: int, command: str
) -> Iterator[Event]:
    """Decide what is decided once, and write it."""
    yield Progress(0, 0, "learning the vocabulary")
    words = learn_vocabulary(planned)
    if words.share_cut:
        limit = 0 if words.tokenizer is None else words.tokenizer.max_tokens
        share = f"{words.share_cut:.1%}" if words.share_cut >= 0.001 else "fewer than 0.1%"
        yield Note(f"{share} of the captions are longer than {limit} tokens; what comes after is not read")
    if minutes is not None:
        yield Progress(0, 0, f"measuring speed for a run of {minutes:g} minutes")
        images = measured_images(words.config, words.tokenizer, planned.dataset, processor, minutes)
        words = replace(words, config=words.config.override([f"train.images={images}"]))
    start_run(folder, words, planned.dataset, processor, threads, command, start=planned.start, codec=planned.codec)


def note_differences(run: Run, planned: Plan | None, request: TrainRequest | None) -> Iterator[Note]:
    """Says which settings of a started run differ from what the command asks for now."""
    if planned is None or request is None:
        return
    derived = ["data.source", *(["train.images"] if request.minutes is not None else [])]
    derived += [] if MAX_TOKENS in planned.chosen else [MAX_TOKENS]
    if text := differences(run.config, planned.config, but=derived):
        yield Note(f"the run keeps the settings it started with: {text}")


def latest_checkpoint(folder: RunFolder) -> Path | None:
    """The newest intact checkpoint of a run, or ``None`` if it has saved none.

    Raises:
        DataError: all are damaged, or it belongs to another ``run.json``.
    """
    last = checkpoint.latest(folder.checkpoints)
    if last is None and (damaged := sorted(folder.checkpoints.glob("step-*"))):
        raise DataError(
            f"every checkpoint of {folder.root} is damaged, the newest is {damaged[-1].name}: restore one,"
            f" or remove {folder.checkpoints} to train from the beginning"
        )
    if last is not None and checkpoint.counters(last).get("run") != folder.identity():
        raise DataError(f"{folder.run_file} changed since {last.name}: put it back, or start a new run")
    return last


def resumed(about: Mapping[str, Any], last: Path) -> Window:
    """The window of a checkpoint.

    Raises:
        DataError: it holds none.
    """
    match about.get("window"):
        case [int() | float() as losses, int() as steps] if math.isfinite(losses) and steps >= 0:
            return Window(float(losses), steps)
        case other:
            raise DataError(f"{last} has window = {str(other)[:40]}; restore it from its source")


def follow(
    folder: RunFolder,
    run: Run,
    tokenizer: Tokenizer | None,
    dataset: Dataset,
    state: TrainState[Any],
    window: Window,
    last: Path | None,
    stop: list[str],
) -> Iterator[Event]:
    """Drive the loop to its end: log, validate, sample, save; then write the model."""
    config, device = run.config.train, state.device
    watch = watch_of(run.config, dataset, state, folder)
    session, begin = Clock(), time.perf_counter()
    settled = folder.identity()  # once: what a person does to run.json meanwhile is no part of this run
    per_step = config.batch * config.accumulate
    every = log_steps(config.images // per_step)
    source = batches(run.config, tokenizer, dataset, state)
    records = train(state, source, config, precision=precision_of(run.config, device))

    def crossed(images: int) -> bool:
        return state.seen_images // images != (state.seen_images - per_step) // images

    try:
        for record in records:
            window.losses, window.steps = window.losses + record.loss, window.steps + 1
            window.clock.add(record, per_step)
            session.add(record, per_step)
            done = state.seen_images >= config.images
            if state.step % every == 0 or done:
                folder.append(metric(record, window))
                window.losses, window.steps, window.clock = 0.0, 0, Clock()
            if watch.n and (crossed(config.validate_every_images) or done):
                folder.append(watch.validate())
            if crossed(config.preview_every_images) or done:
                watch.preview()
            if crossed(config.save_every_images) or done or stop:
                about = {"window": [window.losses, window.steps], "run": settled}
                last = checkpoint.save(state, folder.checkpoints, about)
                checkpoint.prune(folder.checkpoints, config.keep_checkpoints)
            if stop:
                raise InterruptedRunError(
                    f"stopped by {stop[0]} at image {state.seen_images}, saved; --resume continues"
                )
            yield Progress(state.seen_images, config.images, message(record, session))
    except DivergedError as error:
        good = f"the last good checkpoint is {last}" if last else "there was no checkpoint yet"
        raise DivergedError(f"{error}; {good}; try a lower --set train.optimiser.lr") from None
    if not folder.model.exists():
        write_model(folder.model, folder, run, tokenizer, state, dataset)
    session.other = time.perf_counter() - begin - session.data - session.compute  # the last validation and saving, too
    facts = session.facts() if session.images else {}
    named = {"model": str(folder.model), "run": str(folder.root), "kind": run.config.model.kind}
    yield Result({**named, "images": state.seen_images, **facts})


def watch_of(config: RunConfig, dataset: Dataset, state: TrainState[Any], folder: RunFolder) -> Watch:
    """What is looked at while such a model is trained."""
    match state.ema:
        case Model() as model:
            return DrawingWatch(config, model, dataset, state, folder)
        case Contrast() as model:
            return ComparingWatch(config, model, dataset, state, folder)
        case Upscaler() as model:
            return EnlargingWatch(config, model, dataset, state, folder)
        case VAE() as model:
            return CodingWatch(config, model, dataset, state, folder)
        case other:
            raise AssertionError(f"nothing to look at in {type(other).__name__}")


def log_steps(steps: int) -> int:
    """Steps between two lines of the events of a run of so many."""
    return max(1, min(LOG_STEPS, steps // LOG_LINES))


def metric(record: Record, window: Window) -> dict[str, Any]:
    """A line of ``events.jsonl``; everything that depends on the clock is under ``time``."""
    return {
        "kind": "metric",
        "step": record.step,
        "seen_images": record.seen_images,
        "loss": window.losses / window.steps,
        "lr": record.lr,
        "gradient_norm": record.gradient_norm,
        "time": window.clock.facts() | {"at": time.time()},
    }


def message(record: Record, clock: Clock) -> str:
    """One line for a person."""
    facts = clock.facts()
    speed = facts["images_per_second"]
    return (
        f"loss {record.loss:.3f} · {speed:.{1 if speed < 10 else 0}f} images/s"
        f" · {100 * facts['share_outside_compute']:.0f} % outside forward/backward/optimiser"
    )
