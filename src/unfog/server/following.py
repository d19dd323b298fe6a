"""How an adapter waits for a job: the same events as everyone follows, with failures as exceptions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from fastapi import Request

from unfog.server.engine import Engine
from unfog.server.states import JobEvent, NotFoundError

LOOK_S = 0.5  # between two looks whether the client is still there
PING_S = 15.0
T = TypeVar("T")


class FailedError(Exception):
    """A job that did not come to its end."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable


async def follow(engine: Engine, job: str, owner: str) -> AsyncIterator[JobEvent]:
    """All events of a job up to ``done``.

    Raises:
        FailedError: it ends otherwise; the code ``cancelled`` if somebody wanted that.
    """
    async for event in engine.events(job, owner):
        match event.type:
            case "error":
                data = event.data
                raise FailedError(data["code"], data["message"], retryable=bool(data.get("retryable")))
            case "cancelled":
                raise FailedError("cancelled", "the job was cancelled", retryable=False)
            case _:
                yield event
        if event.type == "done":
            return
    raise FailedError("draining", "the server is about to stop; ask again in a while", retryable=True)


async def pinged(events: AsyncIterator[T], every_s: float = PING_S) -> AsyncIterator[T | None]:
    """The same events, and ``None`` whenever there was none for a while."""
    coming: asyncio.Future[T] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(anext(events)) if coming is None else coming  # pyright: ignore[reportArgumentType]
            done, _ = await asyncio.wait({coming}, timeout=every_s)
            if not done:
                yield None
                continue
            try:
                event, coming = coming.result(), None
            except StopAsyncIteration:
                coming = None
                return
            yield event
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """What ``work`` comes to; ``None`` when the client went away before, and ``work`` was ended."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_S)
            if not task.done() and await request.is_disconnected():
                return None
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, FailedError):
                await task


async def cancel(engine: Engine, job: str, owner: str) -> None:
    """End a job that nobody waits for any more; it may have ended."""
    with suppress(NotFoundError):
        await engine.cancel(job, owner)
