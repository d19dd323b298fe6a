"""What both surfaces stand on: waiting for a job, and errors in the words of whoever is spoken to."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from unfog.server.dialects import Dialects
from unfog.server.engine import Engine
from unfog.server.following import FailedError, follow, pinged
from unfog.server.states import JobEvent


class Told(Engine):
    """An engine of which only the events are asked for."""

    def __init__(self, *kinds: str, data: dict[str, Any] | None = None) -> None:
        self.told = [JobEvent(k, kind, data or {}) for k, kind in enumerate(kinds, 1)]

    async def events(self, id: str, owner: str, after: int = 0):  # noqa: A002
        for event in self.told:
            yield event


NO_MEMORY = {"code": "out_of_memory", "message": "m", "retryable": False}


def followed(engine: Told) -> list[str]:
    async def all_of_it() -> list[str]:
        return [event.type async for event in follow(engine, "a", "me")]

    return asyncio.run(all_of_it())


def test_a_job_is_followed_to_its_end():
    assert followed(Told("queued", "started", "image", "done")) == ["queued", "started", "image", "done"]


@pytest.mark.parametrize(
    ("engine", "code", "retryable"),
    [
        (
            Told("queued", "error", data={"code": "out_of_memory", "message": "m", "retryable": False}),
            "out_of_memory",
            False,
        ),
        (Told("queued", "cancelled"), "cancelled", False),
        (Told("queued", "started"), "draining", True),  # the server stops
    ],
)
def test_other_ends_are_errors(engine, code, retryable):
    with pytest.raises(FailedError) as failed:
        followed(engine)
    assert (failed.value.code, failed.value.retryable) == (code, retryable)


def test_silence_is_filled_and_nothing_is_lost():
    async def slow():
        for k in range(3):
            await asyncio.sleep(0.03 if k == 1 else 0)
            yield k

    async def all_of_it() -> list[int | None]:
        return [event async for event in pinged(slow(), 0.01)]

    told = asyncio.run(all_of_it())
    assert [event for event in told if event is not None] == [0, 1, 2]
    assert told[0] == 0
    assert told[1] is None


def said_by(path: str, status: int, body: bytes, pieces: int = 1) -> tuple[int, dict[bytes, bytes], bytes]:
    """What a client gets of an answer."""
    sent = list[dict[str, Any]]()

    async def app(scope, receive, send) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"retry-after", b"3"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        step = -(-len(body) // pieces)
        for k in range(pieces):
            part = body[k * step : (k + 1) * step]
            await send({"type": "http.response.body", "body": part, "more_body": k < pieces - 1})

    async def send(message) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {}

    asyncio.run(Dialects(app)({"type": "http", "path": path}, receive, send))
    start, *rest = sent
    assert [message["more_body"] for message in rest] == [True] * (len(rest) - 1) + [False]
    return start["status"], dict(start["headers"]), b"".join(message["body"] for message in rest)


NATIVE = json.dumps({"error": {"code": "unauthorized", "message": "a key", "retryable": False}}).encode()


@pytest.mark.parametrize("pieces", [1, 3])
def test_errors_are_put_in_other_words(pieces):
    status, headers, body = said_by("/v1/models", 401, NATIVE, pieces)
    error = {"message": "a key", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    assert (status, json.loads(body)) == (401, {"error": error})
    assert headers[b"content-length"] == b"%d" % len(body)
    assert headers[b"retry-after"] == b"3"
    assert headers[b"x-request-id"].startswith(b"req_")
    status, headers, body = said_by("/sdapi/v1/options", 401, NATIVE, pieces)
    assert json.loads(body) == {"error": "HTTPException", "detail": "a key", "body": "", "errors": ""}
    assert b"x-request-id" not in headers
    assert said_by("/api/v1/jobs", 401, NATIVE, pieces)[2] == NATIVE


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"error": {"type": "theirs"}}', b"{" * 70_000])
def test_what_is_no_error_of_ours_passes(body):
    assert said_by("/v1/models", 400, body)[2] == body
    assert said_by("/v1/models", 200, NATIVE)[2] == NATIVE
