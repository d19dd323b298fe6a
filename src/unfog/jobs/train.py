"""A captioned folder becomes a model: train, watch, save. Emits progress; all it learns is in the run folder."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from unfog.config.manifest import Manifest, Training
from unfog.data.dataset import Dataset
from unfog.jobs.card import card
from unfog.jobs.data_lock import check_unchanged
from unfog.jobs.events import Event, Note, Progress, Result
from unfog.jobs.plan import Plan, differences
from unfog.jobs.run import Run, batches, dataset_of, fresh_state, precision_of, read_run, start_run
from unfog.jobs.run_folder import RunFolder
from unfog.jobs.watch import Watch, recommended
from unfog.model.store import count, save_model
from unfog.text.tokenizer import Tokenizer
from unfog.train import state as checkpoint
from unfog.train.loop import Record, train
from unfog.train.state import TrainState
from unfog.util.devices import pick_device, set_threads
from unfog.util.errors import DataError, DivergedError, InterruptedRunError
from unfog.util.files import canonical_json

LOG_STEPS = 50
BUILT_IN = ("scenes", "emoji")


@dataclass
class Clock:
    """Where the time of a session went, in seconds."""

    data: float = 0.0
    compute: float = 0.0
    other: float = 0.0
    images: int = 0

    def add(self, record: Record, images: int) -> None:
        self.data += record.data_s
        self.compute += record.compute_s
        self.other += record.other_s
        self.images += images

    @property
    def total(self) -> float:
        return self.data + self.compute + self.other

    def facts(self) -> dict[str, float]:
        """Speed and the share of time outside forward, backward and optimiser."""
        total = max(self.total, 1e-9)
        return {
            "images_per_second": round(self.images / total, 2),
            "seconds": round(total, 2),
            "share_outside_compute": round(1 - self.compute / total, 4),
            "share_data": round(self.data / total, 4),
        }


@dataclass
class Window:
    """Mean loss since the last log line; saved with a checkpoint, so a resumed run logs the same numbers."""

    losses: float = 0.0
    steps: int = 0
    clock: Clock = field(default_factory=Clock)


@contextmanager
def stop_flag() -> Iterator[list[str]]:
    """A list that a SIGTERM or SIGINT appends its name to; a second signal has its usual effect.

    Only the main thread may handle signals; elsewhere the list stays empty.
    """
    flag: list[str] = []
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def note(number: int, frame: FrameType | None) -> None:
        flag.append(signal.Signals(number).name)
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)

    previous = {s: signal.signal(s, note) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield flag
    finally:
        for s, handler in previous.items():
            signal.signal(s, handler)


def measured_images(run: Run, tokenizer: Tokenizer, dataset: Dataset, device: torch.device, minutes: float) -> int:
    """How many images fit into ``minutes``: speed over a few seconds of real steps on weights that are thrown away."""
    state = fresh_state(run, tokenizer, device)
    records = train(
        state, batches(run, tokenizer, dataset, state), run.config.train, precision=precision_of(run.config, device)
    )
    clock, start = Clock(), time.monotonic()
    per_step = run.config.train.batch * run.config.train.accumulate
    for record in records:
        if record.step > 2:  # the first steps pay for allocation
            clock.add(record, per_step)
        if time.monotonic() - start > 8.0 and clock.images:
            break
    images = int(0.93 * clock.images / max(clock.total, 1e-9) * minutes * 60)  # 7 % for validation, samples, saving
    return max(per_step, images // per_step * per_step)


def train_job(
    out: Path,
    planned: Plan | None,
    *,
    minutes: float | None = None,
    resume: bool = False,
    device: str | None = None,
    threads: int | None = None,
    command: str = "",
) -> Iterator[Event]:
    """Train into ``out``: a new run as ``planned``, or with ``resume`` the one that is there.

    Args:
        out: run folder.
        planned: configuration and data; may be ``None`` when resuming a run that has started. A run that has started
            keeps its own, and notes what differs; its data may have moved, but not changed.
        command: what a person typed, for the model's card.
        minutes: turn this much time into a fixed number of images by a short measurement, once.

    Raises:
        UsageError, DataError: before anything is written; also if ``run.json`` was changed by hand.
        DivergedError: the loss is not finite; names the last good checkpoint.
        InterruptedRunError: stopped by a signal after saving.
    """
    folder = RunFolder(out)
    if not (resume and folder.started()):
        folder.check_new()
        if planned is None:
            raise DataError(f"{out} holds no run yet: name the data to start it")
    where = pick_device(device)
    with folder.lock(), stop_flag() as stop:
        if resume and folder.started():
            run, tokenizer = read_run(folder)
            set_threads(threads or run.threads)
            dataset = dataset_of(run, planned)
            source = run.config.data.source if planned is None else planned.config.data.source
            check_unchanged(folder, run.data_fingerprint, source, dataset)
            but = ("data.source", *(("train.images",) if minutes is not None else ()))
            if planned is not None and (kept := differences(run.config, planned.config, but=but)):
                yield Note(f"the run keeps the settings it started with: {kept}")
        else:
            assert planned is not None
            used = set_threads(threads)
            config, dataset = planned.config, planned.dataset
            if minutes is not None:
                yield Progress(0, 0, f"measuring speed for a run of {minutes:g} minutes")
                trial = Run.model_construct(config=config)
                words = Tokenizer.train(
                    dataset.captions(2000),
                    vocabulary=config.model.text.vocabulary,
                    max_tokens=config.model.text.max_tokens,
                )
                images = measured_images(trial, words, dataset, where, minutes)
                config = config.override([f"train.images={images}"])
            start_run(folder, config, dataset, where, used, command)
            run, tokenizer = read_run(folder)
        state = fresh_state(run, tokenizer, where)
        window = Window()
        if (last := checkpoint.latest(folder.checkpoints)) is not None:
            counters = checkpoint.restore(state, last)
            if counters["run"] != folder.identity():
                raise DataError(f"{folder.run_file} changed since {last.name}: put it back, or start a new run")
            window.losses, window.steps = counters["window"]
            yield Progress(state.seen_images, run.config.train.images, f"resumed from {last.name}")
        folder.rewind(state.seen_images)
        yield from follow(folder, run, tokenizer, dataset, state, window, stop)


def follow(
    folder: RunFolder,
    run: Run,
    tokenizer: Tokenizer,
    dataset: Dataset,
    state: TrainState,
    window: Window,
    stop: list[str],
) -> Iterator[Event]:
    """Drive the loop to its end: log, validate, sample, save; then write the model."""
    config, device = run.config.train, state.model.device
    watch = Watch(run.config, tokenizer, dataset, state, folder)
    session, begin = Clock(), time.perf_counter()
    settled = folder.identity()  # once: what a person does to run.json meanwhile is no part of this run
    per_step = config.batch * config.accumulate
    records = train(state, batches(run, tokenizer, dataset, state), config, precision=precision_of(run.config, device))
    last: Path | None = checkpoint.latest(folder.checkpoints)
    crossed = lambda every: state.seen_images // every != (state.seen_images - per_step) // every  # noqa: E731
    try:
        for record in records:
            window.losses, window.steps = window.losses + record.loss, window.steps + 1
            window.clock.add(record, per_step)
            session.add(record, per_step)
            done = state.seen_images >= config.images
            if state.step % LOG_STEPS == 0 or done:
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
        write_model(folder, run, tokenizer, state)
    session.other = time.perf_counter() - begin - session.data - session.compute  # the last validation and saving, too
    facts = session.facts() if session.images else {}
    yield Result({"model": str(folder.model), "run": str(folder.root), "images": state.seen_images, **facts})


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
    return (
        f"loss {record.loss:.3f} · {facts['images_per_second']:.0f} images/s"
        f" · {100 * facts['share_outside_compute']:.0f} % outside forward/backward/optimiser"
    )


def total_seconds(folder: RunFolder) -> float:
    """Wall time of all sessions, from the events."""
    lines = folder.events.read_text(encoding="utf-8").splitlines() if folder.events.is_file() else []
    events = (json.loads(line) for line in lines)
    return sum(e["time"]["seconds"] for e in events if e["kind"] == "metric")


def write_model(folder: RunFolder, run: Run, tokenizer: Tokenizer, state: TrainState) -> None:
    """Save the averaged weights as a model folder with manifest and card."""
    config = run.config
    seconds = total_seconds(folder)
    source = config.data.source if config.data.source in BUILT_IN else Path(config.data.source).name
    manifest = Manifest(
        name=folder.root.resolve().name.replace(" ", "-")[:80] or "model",
        description=f"Trained on {source}.",
        licence="Apache-2.0" if config.data.source == "scenes" else "see data licences",
        redistributable=run.redistributable,
        model=config.model,
        caption_dropout=config.train.caption_dropout,
        parameters=count(state.ema),
        tokenizer_sha256=tokenizer.sha256(),
        sample=recommended(config.train),
        examples=run.examples,
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
    save_model(state.ema, folder.model, manifest, card(manifest))
