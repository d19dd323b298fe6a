"""Errors in the words of whoever is spoken to: under ``/v1/`` OpenAI's, under ``/sdapi/`` and ``/internal/`` A1111's.

This stands in front of everything, the guard too, so a missing key or an unknown route is told in the right form as
well. Answers that are in their form already pass. Every answer under ``/v1/`` has an ``x-request-id``.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unfog.server import a1111_errors, openai_errors

LONGEST = 2**16  # bytes of an error of ours


class Dialects:
    """An application whose errors are translated."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "")) if scope["type"] == "http" else ""
        if path.startswith("/v1/"):
            name = f"req_{secrets.token_hex(12)}"
            await self.app(scope, receive, Translation(send, openai_error, {"x-request-id": name}))
        elif path.startswith(("/sdapi/", "/internal/")):
            await self.app(scope, receive, Translation(send, a1111_error, {}))
        else:
            await self.app(scope, receive, send)


class Translation:
    """What one answer becomes: headers are added, an error of ours is held until it is whole and put in other words."""

    def __init__(self, send: Send, form: Callable[[dict[str, Any], int], Any], headers: dict[str, str]) -> None:
        self.send, self.form = send, form
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *self.headers]}
            if message["status"] < 400:
                await self.send(message)
            else:
                self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False) or len(self.body) > LONGEST:
                await self.flush(more=message.get("more_body", False))

    async def flush(self, *, more: bool) -> None:
        """Send what was held."""
        assert self.start is not None
        start, self.start = self.start, None
        if not more and (told := self.translated(start["status"])) is not None:
            self.body = told
            kept = [(k, v) for k, v in start["headers"] if k.lower() not in (b"content-length", b"content-type")]
            length = (b"content-length", str(len(told)).encode())
            start = {**start, "headers": [*kept, (b"content-type", b"application/json"), length]}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": self.body, "more_body": more})

    def translated(self, status: int) -> bytes | None:
        """The error in other words; ``None`` if it is none of ours."""
        try:
            error = json.loads(self.body)["error"]
        except (ValueError, KeyError, TypeError):
            return None
        if not isinstance(error, dict) or "retryable" not in error:
            return None
        return json.dumps(self.form(error, status)).encode()


def openai_error(error: dict[str, Any], status: int) -> dict[str, Any]:
    """An error of ours as OpenAI's."""
    code = openai_errors.CODES.get(status, error.get("code"))
    return openai_errors.error_body(str(error.get("message")), status, code)


def a1111_error(error: dict[str, Any], status: int) -> dict[str, Any]:
    """An error of ours as A1111's."""
    return a1111_errors.error_body(str(error.get("message")), status)
