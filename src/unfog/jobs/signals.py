"""Stopping long work politely: the first signal asks it to save and end, the second has its usual effect."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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
