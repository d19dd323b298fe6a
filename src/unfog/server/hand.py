"""A worker process as the server sees it: start it, tell it something, hear it, know that it lives, end it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from unfog.server.wire import Message, pack, receive
from unfog.server.worker_log import write_log

LOG = logging.getLogger("unfog.server")
WORKER, TRAINER = "unfog.server.worker", "unfog.server.trainer"
PRIVATE = 0o077  # what it writes is for this user only
Hear = Callable[[Message, bytes], Awaitable[None]]


class Hand:
    """One process.

    Args:
        module: what it runs.
        options: its one argument.
        hear: called with every message, one after another, but for signs of life and lines of the log.
        gone: called once when it has ended, whyever.
    """

    def __init__(
        self, module: str, options: Mapping[str, Any], hear: Hear, gone: Callable[[], Awaitable[None]]
    ) -> None:
        self.module, self.options, self.hear, self.gone = module, dict(options), hear, gone
        self.process: asyncio.subprocess.Process | None = None
        self.reading: asyncio.Task[None] | None = None
        self.last_sign = self.last_progress = time.monotonic()
        self.stopping = False

    async def start(self) -> None:
        """Begin; the process says when it is ready."""
        self.last_sign = self.last_progress = time.monotonic()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.module,
            json.dumps(self.options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            umask=PRIVATE,
            start_new_session=True,  # Ctrl-C is for the server, which lets jobs finish
        )
        self.reading = asyncio.create_task(self._read(), name=f"reads {self.module}")

    @property
    def alive(self) -> bool:
        """Whether it hears what it is told."""
        return self.process is not None and self.process.returncode is None

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    async def _read(self) -> None:
        process = self.process
        assert process is not None
        assert process.stdout is not None
        try:
            while (frame := await receive(process.stdout)) is not None:
                message, blob = frame
                self.last_sign = time.monotonic()
                if message.get("say") == "alive":
                    continue
                if message.get("say") == "log":
                    write_log(message)
                    continue
                self.last_progress = self.last_sign
                try:
                    await self.hear(message, blob)
                except Exception:
                    LOG.exception("what a worker said could not be handled: %s", message.get("say"))
        except (ValueError, OSError):
            LOG.exception("a worker spoke nonsense")
        finally:
            self._signal(signal.SIGKILL)
            code = await process.wait()
            if not self.stopping:
                level = logging.WARNING if code else logging.INFO
                LOG.log(level, "the process %d (%s) ended with code %d", process.pid, self.module, code)
            await self.gone()

    def say(self, do: str, **facts: Any) -> None:
        """Send a message; a process that is gone hears nothing."""
        if self.process is not None and self.process.stdin is not None and self.process.returncode is None:
            try:
                self.process.stdin.write(pack({"do": do, **facts}))
            except (OSError, RuntimeError):
                LOG.warning("a worker could not be told to %s: it is gone", do)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to save and end."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        """Not by the process's own method, which would take its exit code away from whoever waits for it."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(self.process.pid, number)

    async def stop(self) -> None:
        """End it and wait until it is gone."""
        self.stopping = True
        self.kill()
        if self.reading is not None:
            await self.reading
