"""What a process of the server logs, in the log of the server: sent as a frame, written there with everything else.

There is one log then, and one place where what strangers wrote is escaped (``run.py``).
"""

from __future__ import annotations

import logging

from unfog.server.telling import LOG, Says
from unfog.server.wire import Message

TRACES = logging.Formatter()


class Told(logging.Handler):
    """Tells the server what is logged.

    Args:
        voice: tells the server.
        who: the kind of process, for whoever reads the log.
    """

    def __init__(self, voice: Says, who: str) -> None:
        super().__init__()
        self.voice, self.who = voice, who

    def emit(self, record: logging.LogRecord) -> None:
        try:
            trace = TRACES.formatException(record.exc_info) if record.exc_info else None
            self.voice.say("log", level=record.levelno, text=f"{self.who}: {record.getMessage()}", trace=trace)
        except Exception:  # noqa: BLE001  (as every handler: what cannot be logged stops nothing)
            self.handleError(record)


def tell_log(voice: Says, who: str) -> None:
    """Let the server log whatever this process logs."""
    logging.basicConfig(level=logging.INFO, handlers=[Told(voice, who)])


def write_log(message: Message) -> None:
    """Log what a process has told."""
    record = LOG.makeRecord(LOG.name, message["level"], fn="", lno=0, msg=message["text"], args=(), exc_info=None)
    record.exc_text = message["trace"]
    if LOG.isEnabledFor(record.levelno):
        LOG.handle(record)
