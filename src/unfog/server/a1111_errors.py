"""Errors as clients of the A1111 web UI know them: ``{"error", "detail", "body", "errors"}`` with a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from unfog.config.faults import allowed, named
from unfog.server.policy import PolicyError
from unfog.util.errors import DataError, MemoryLimitError, ModelError, UnfogError, one_line

NAMES = {404: "HTTPException", 422: "HTTPException", 429: "QueueFull", 500: "InternalServerError", 503: "Unavailable"}


@dataclass
class Unable(Exception):  # noqa: N818  (what is raised is an answer)
    """A request that is answered with an error."""

    detail: Any
    status: int = 400
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return str(self.detail)

    @property
    def body(self) -> dict[str, Any]:
        """What is sent."""
        return error_body(self.detail, self.status)


def error_body(detail: Any, status: int) -> dict[str, Any]:
    """An error in their form; ``detail`` is a text, or a list of what fields lack."""
    told = one_line(detail) if isinstance(detail, str) else detail
    return {"error": NAMES.get(status, "HTTPException"), "detail": told, "body": "", "errors": ""}


def unable(error: UnfogError) -> Unable:
    """What an error of ours is there."""
    match error:
        case MemoryLimitError():
            return Unable(f"OutOfMemoryError: {error}", 500)
        case ModelError():
            return Unable(str(error), 404)
        case PolicyError():
            return Unable(f"content_policy_violation: {error}", 400)
        case DataError():
            return Unable(f"Invalid encoded image: {error}", 400)
        case _:
            return Unable(str(error), 400)


def unable_fields(error: ValidationError, data: object) -> Unable:
    """422, as FastAPI says it: where, what and which kind."""
    details = [
        {"loc": ["body", *(path := named(each["loc"], data))], "msg": allowed(each, path), "type": each["type"]}
        for each in error.errors(include_url=False)[:20]
    ]
    return Unable(details, 422)
