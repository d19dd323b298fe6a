"""A worker process: holds models and advances several jobs in turn, one event of each at a time.

Started as ``python -m unfog.server.worker OPTIONS``; hears and speaks the frames of ``wire.py``. Jobs are generators
(``jobs/asked.py``), so a turn ends after a step, a cancellation is looked at between steps, and a short job does not
wait behind a long one. Each has its own state, so taking turns changes no pixel. When the server is gone, so is the
worker.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch

from unfog.config.ask import Chosen, parse_ask
from unfog.jobs.asked import events_of
from unfog.jobs.events import Event, Result
from unfog.jobs.generate import Loaded, generate_job, open_model
from unfog.jobs.settings import request_for
from unfog.model.locate import inspect
from unfog.server.telling import LOG, Says, Teller, problem
from unfog.server.wire import Message, Voice, take
from unfog.server.worker_log import tell_log
from unfog.util.devices import set_threads, share_threads

PULSE_S = 2.0
SMOKE_STEPS = 2
BROKEN_DEVICE = ("cudaErrorIllegalAddress", "illegal memory access", "device-side assert", "unspecified launch failure")


@dataclass
class Running:
    """A job that is being made."""

    events: Generator[Event, None, None]
    teller: Teller
    threads: set[int] = field(default_factory=set[int])
    """The numbers of threads with which it was advanced."""


class Turns:
    """The jobs of a worker.

    Args:
        voice: tells the server.
        device: name of the device; ``None``: the fastest.
        loaded: models kept in memory.
        threads: of the CPU, until the server says another number.
        preview_s, preview_side: see ``config/server.py``.
    """

    def __init__(
        self, voice: Says, *, device: str | None, loaded: int, threads: int, preview_s: float, preview_side: int
    ) -> None:
        self.voice, self.device, self.most, self.threads = voice, device, loaded, threads
        self.preview_s, self.preview_side = preview_s, preview_side
        self.models: OrderedDict[str, Loaded] = OrderedDict()
        self.running: dict[str, Running] = {}

    def hear(self, message: Message) -> None:
        """Do what the server says."""
        match message["do"]:
            case "start":
                self.start(message)
            case "cancel":
                self.cancel(message["job"])
            case "load":
                self.load(message)
            case "share":
                self.threads = message["threads"]
            case other:
                LOG.error("the server said %r, which no worker understands", other)

    def start(self, message: Message) -> None:
        """Begin a job; its first turn comes with the others'."""
        out = Path(message["out"])
        teller = Teller(message["job"], self.voice, preview_s=self.preview_s, preview_side=self.preview_side, out=out)
        self.running[message["job"]] = Running(self.events(message, out), teller)

    def events(self, message: Message, out: Path) -> Generator[Event, None, None]:
        """The events of a job; the model is loaded at its first turn."""
        if out.exists():  # of an attempt whose process died
            shutil.rmtree(out)
        model, folder = message.get("model"), message.get("folder")
        source = None if model is None or folder is None else self.model(model, Path(folder))
        files = {name: Path(path) for name, path in message["files"].items()}
        yield from events_of(parse_ask(message["ask"]), source, files, out)

    def model(self, wanted: str, folder: Path) -> Loaded:
        """The model with this id, loaded now if it is not; the one unused for longest goes."""
        if wanted not in self.models:
            self.voice.say("loading")
            found = inspect(folder)
            self.models[wanted] = open_model(found, self.device)
            while len(self.models) > self.most:
                self.models.popitem(last=False)
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
        self.models.move_to_end(wanted)
        return self.models[wanted]

    def load(self, message: Message) -> None:
        """Load a model and prove with two steps that it draws."""
        begin = time.perf_counter()
        set_threads(self.threads)
        try:
            loaded = self.model(message["model"], Path(message["folder"]))
            asked = request_for(loaded.found.manifest, "", Chosen(steps=SMOKE_STEPS), native=True)
            middle = time.perf_counter()
            for _ in generate_job(asked, loaded):
                pass
        except Exception as error:  # noqa: BLE001  (whatever it is, this model is not used)
            LOG.exception("the model %s cannot be used", message["name"])
            code, text, _ = problem(error)
            self.voice.say("unloadable", model=message["model"], code=code, message=text)
            return
        seconds, drawing = time.perf_counter() - begin, time.perf_counter() - middle
        self.voice.say("loaded", model=message["model"], seconds=seconds, step_s=drawing / SMOKE_STEPS)

    def cancel(self, job: str) -> None:
        """End a job between two steps; what is finished stays. Unknown ones are told as ended, too."""
        running = self.running.pop(job, None)
        if running is not None:
            running.events.close()
        self.voice.say("cancelled", job=job)

    def advance(self, job: str) -> None:
        """One event of a job."""
        running = self.running[job]
        running.threads.add(self.threads)
        share_threads(self.threads, steady=len(running.threads) == 1)
        try:
            event = next(running.events)
            running.teller.tell(event)
            if isinstance(event, Result):
                del self.running[job]
        except Exception as error:  # noqa: BLE001  (one job fails; the others go on)
            self.running.pop(job, None)
            running.teller.fail(StopIteration("no result") if isinstance(error, StopIteration) else error)
            if any(text in str(error) for text in BROKEN_DEVICE):
                os._exit(70)  # nothing can be computed on it any more in this process

    def round(self) -> list[str]:
        """The jobs whose turn it is, in order."""
        return list(self.running)


def serve(turns: Turns, inbox: queue.SimpleQueue[Message]) -> None:
    """Hear and advance, for ever."""
    while True:
        if not turns.running:
            turns.hear(inbox.get())
        for job in turns.round():
            while not inbox.empty():
                turns.hear(inbox.get())
            if job in turns.running:
                turns.advance(job)


def listen(inbox: queue.SimpleQueue[Message]) -> None:
    """Put what the server says into the inbox; at its end there is nothing left to live for."""
    while (frame := take(sys.stdin.buffer)) is not None:
        inbox.put(frame[0])
    os._exit(0)


def pulse(voice: Says) -> None:
    """Tell the server that this process lives."""
    while True:
        time.sleep(PULSE_S)
        try:
            voice.say("alive")
        except OSError:
            os._exit(0)


def main(arguments: list[str]) -> None:
    """Run until the server goes away."""
    options = cast(dict[str, Any], json.loads(arguments[0]))
    voice, inbox = Voice(), queue.SimpleQueue[Message]()
    tell_log(voice, "worker")
    set_threads(options["threads"])
    turns = Turns(
        voice,
        device=options["device"],
        loaded=options["loaded"],
        threads=options["threads"],
        preview_s=options["preview_s"],
        preview_side=options["preview_side"],
    )
    threading.Thread(target=listen, args=(inbox,), daemon=True).start()
    threading.Thread(target=pulse, args=(voice,), daemon=True).start()
    voice.say("ready", pid=os.getpid())
    serve(turns, inbox)


if __name__ == "__main__":
    main(sys.argv[1:])
