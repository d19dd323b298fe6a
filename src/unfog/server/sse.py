"""Server-sent events: how they are written, and those of a job.

What is there at the same moment is sent as one piece: every piece costs the client and the server more than what is in
it, while a picture is drawn on the same processors.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from unfog.server.feed import Feed
from unfog.server.following import pinged

HOLD_S = 0.1  # ten pieces a second are as many as anybody sees
PING = b": ping\n\n"
HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}  # nothing on the way may hold events back


def written(kind: str, data: Any, number: int | None = None) -> bytes:
    """One event; JSON in ASCII has no line breaks, not even those that only some clients take for one (U+2028)."""
    told = "" if number is None else f"id: {number}\n"
    return f"event: {kind}\ndata: {json.dumps(data, allow_nan=False)}\n{told}\n".encode()


async def stream(feed: Feed, after: int) -> AsyncIterator[bytes]:
    """What a job told later than the event ``after``, then what it tells, to its end or that of the server."""
    async for events in pinged(feed.batches(after, HOLD_S)):
        yield PING if events is None else b"".join(written(one.type, one.data, one.id) for one in events)
    if feed.stopped and not feed.ended:
        yield written("shutdown", {"message": "the server stops; ask again after its restart"})
