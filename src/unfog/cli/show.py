"""Watching a job: progress on stderr, and at the end its result, as lines for a person or as one JSON object."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from unfog.util.errors import one_line

if TYPE_CHECKING:
    from unfog.cli.screen import Screen
    from unfog.jobs.events import Event, Progress

LOG_S = 30.0  # without a terminal, one line of progress in so many seconds


def follow(
    events: Iterator[Event],
    *,
    as_json: bool,
    say: Callable[[Mapping[str, Any]], None] | None = None,
    screen: Screen | None = None,
) -> dict[str, Any]:
    """Run a job to its end and return its result.

    Args:
        events: of the job.
        as_json: print the result as one JSON object on stdout, and nothing else there.
        say: prints the result for a person instead; ``None``: one line per entry.
        screen: where pictures are painted; one that moves takes the place of the bar.
    """
    from unfog.jobs import events as kinds

    payload = dict[str, Any]()
    with progress_bar(quiet=screen is not None and screen.moves) as advance:
        for event in events:
            match event:
                case kinds.Progress():
                    advance(event)
                case kinds.Note(message):
                    print(f"unfog: note: {one_line(message)}", file=sys.stderr)
                case kinds.Picture(painted=painted):
                    if screen is not None:
                        screen.add(painted)
                case kinds.Preview(pixels):
                    if screen is not None:
                        screen.preview(pixels)
                case kinds.Result(found):
                    payload = found
    if as_json:
        print(json.dumps(payload, allow_nan=False))
    else:
        (say or lines)(payload)
    return payload


def lines(payload: Mapping[str, Any]) -> None:
    """One line per entry."""
    for key, value in payload.items():
        print(f"{key}: {one_line(str(value))}")


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Callable[[Progress], None]]:
    """A bar with the time left on a terminal; elsewhere a line now and then; nothing if ``quiet``."""
    if quiet:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        yield Log().advance
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(compact=True),
        rich.TextColumn("{task.description}", markup=False),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def advance(event: Progress) -> None:
            bar.tasks[0].total = event.total or None  # update() takes None for "as before"
            bar.update(task, completed=event.done, description=event.message)

        yield advance


class Log:
    """Progress for a log file: the first event after every ``LOG_S`` seconds."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def advance(self, event: Progress) -> None:
        now = time.monotonic()
        if now - self.last >= LOG_S:
            self.last = now
            print(f"{event.done}/{event.total} {event.message}", file=sys.stderr, flush=True)
