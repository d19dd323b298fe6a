"""A training process: one run, whose steps, records and samples are told as they come.

Started as ``python -m unfog.server.trainer OPTIONS``. SIGTERM lets the run save and end (``jobs/train.py``), and so
does the end of the server, whose pipe closes then.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch

from unfog.config.ask import TrainAsk, parse_ask
from unfog.jobs.asked import train_request
from unfog.jobs.events import Note, Progress, Result
from unfog.jobs.run_folder import RunFolder
from unfog.jobs.train import train_job
from unfog.server.telling import Says, reported, result_of
from unfog.server.wire import Voice, take
from unfog.server.worker import pulse
from unfog.server.worker_log import tell_log
from unfog.util.errors import DivergedError, InterruptedRunError, UnfogError

OFTEN_S = 0.25  # between two steps that are told
LINE = 64 * 2**10  # bytes of an event line that is told
MESSAGES = (DivergedError,)


class Diary:
    """What the run writes down while it goes: new lines of its events, and new samples.

    Args:
        folder: the run; what is there already was told by an earlier process.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.offset = folder.events.stat().st_size if folder.events.is_file() else 0
        self.samples = self.names()

    def names(self) -> set[str]:
        """The samples there are."""
        return {path.name for path in self.folder.samples.glob("*.png")} if self.folder.samples.is_dir() else set()

    def fresh(self) -> list[dict[str, Any]]:
        """Records that are new since the last time."""
        if not self.folder.events.is_file():
            return []
        end = self.folder.events.stat().st_size
        self.offset = min(self.offset, end)  # cut back when a run is resumed
        found = list[dict[str, Any]]()
        if end > self.offset:
            with self.folder.events.open("rb") as file:
                file.seek(self.offset)
                whole, _, _ = file.read(end - self.offset).rpartition(b"\n")
            self.offset += len(whole) + 1 if whole else 0
            found = [json.loads(line) for line in whole.splitlines() if 0 < len(line) <= LINE]
        new = sorted(self.names() - self.samples)
        self.samples.update(new)
        return [*found, *({"kind": "sample", "file": name} for name in new)]


class Reporter:
    """Tells one training; ``named`` takes paths of this machine out of a text."""

    def __init__(self, job: str, voice: Says, diary: Diary, named: Callable[[str], str]) -> None:
        self.job, self.voice, self.diary, self.named = job, voice, diary, named
        self.told = -math.inf
        self.begun, self.first = 0.0, 0
        """When what is counted now was begun, and how much of it was done before that (by an earlier process)."""
        self.last = Progress(0, 0, "")

    def step(self, event: Progress) -> None:
        """How far it is, a few times a second, and what it wrote meanwhile."""
        now = time.monotonic()
        if event.total != self.last.total or event.done < self.last.done:  # pictures were read, now they are trained on
            self.begun, self.first = now, event.done
        self.last = event
        if now - self.told < OFTEN_S and event.done < event.total:
            return
        self.told = now
        self.records()
        facts = {"i": event.done, "n": event.total, "message": self.named(event.message), "eta_s": self.eta(event, now)}
        self.voice.say("step", job=self.job, **facts)

    def eta(self, event: Progress, now: float) -> float | None:
        """Seconds until the end, at the mean speed of this process."""
        if event.done <= self.first:
            return None
        return round((now - self.begun) / (event.done - self.first) * (event.total - event.done), 1)

    def records(self) -> None:
        """New records."""
        for record in self.diary.fresh():
            sample = record.get("kind") == "sample"
            where = {"url": f"/api/v1/jobs/{self.job}/files/{record['file']}"} if sample else {}
            self.voice.say("record", job=self.job, record=record | where)


class Share:
    """The threads of the CPU that the training has: fewer while others paint.

    Args:
        threads: at the beginning.
    """

    def __init__(self, threads: int) -> None:
        self.said = threads

    def follow(self) -> None:
        """Go on with as many as the server said last; between two steps, in the thread that computes."""
        if torch.get_num_threads() != self.said:
            torch.set_num_threads(self.said)


def run(options: dict[str, Any], voice: Says, share: Share) -> None:
    """Train, and tell how it ends."""
    ask, out, job = parse_ask(json.loads(options["ask"])), Path(options["out"]), options["job"]
    assert isinstance(ask, TrainAsk)
    folder = RunFolder(out)

    def named(text: str) -> str:
        return text.replace(options["data"], ask.folder)

    reporter = Reporter(job, voice, Diary(folder), named)
    try:
        request = train_request(ask, options["data"])
        events = train_job(out, request, resume=True, device=options["device"], threads=options["threads"])
        for event in events:
            match event:
                case Progress():
                    reporter.step(event)
                    share.follow()
                case Note(message):
                    voice.say("note", job=job, message=named(message))
                case Result(payload):
                    reporter.records()
                    result = result_of(payload, folder.samples) | {"model": {"name": ask.name}}
                    voice.say("done", job=job, result=result)
                case _:
                    pass
    except InterruptedRunError:
        reporter.records()
        voice.say("stopped", job=job)
    except Exception as error:  # noqa: BLE001  (whatever it is, the server is told)
        if isinstance(error, UnfogError):
            error.args = (named(str(error)), *error.args[1:])
        code, message, retryable = reported(error, f"the training {ask.name}")
        if isinstance(error, MESSAGES):
            code, message = "diverged", "the loss is not finite any more; try a lower train.optimiser.lr"
        voice.say("failed", job=job, code=code, message=message, retryable=retryable)


def listen(share: Share, server: int = 0) -> None:
    """Hear how many threads there are; when the server is gone, save and end.

    Args:
        share: is told.
        server: the pipe's descriptor; not ``sys.stdin``, whose lock Python aborts over when it ends.
    """
    with open(server, "rb", closefd=False) as frames:
        while (frame := take(frames)) is not None:
            share.said = frame[0]["threads"]
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str]) -> None:
    """Run one training."""
    options = cast(dict[str, Any], json.loads(arguments[0]))
    voice = Voice()
    tell_log(voice, "trainer")
    share = Share(options["threads"])
    threading.Thread(target=listen, args=(share,), daemon=True).start()
    threading.Thread(target=pulse, args=(voice,), daemon=True).start()
    run(options, voice, share)


if __name__ == "__main__":
    main(sys.argv[1:])
