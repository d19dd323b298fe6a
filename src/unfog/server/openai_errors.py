"""Errors as the OpenAI clients know them.

    {"error": {"message", "type", "param", "code"}}        all four keys, always

The status decides which exception a client raises (400 BadRequest, 401 Authentication, 403 PermissionDenied, 404
NotFound, 429 RateLimit, 500 and above InternalServer) and whether it tries again (408, 409, 429, 500 and above).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from unfog.config.faults import explain, named
from unfog.server.policy import PolicyError
from unfog.util.errors import DataError, MemoryLimitError, ModelError, UnfogError, one_line

INVALID = "invalid_request_error"
SERVER = "server_error"
TYPES = {429: "rate_limit_error", 408: SERVER, 500: SERVER, 503: SERVER}
# Where the cause is not one of ours but a refusal of the server itself (security, routing).
CODES = {
    400: "invalid_value",
    401: "invalid_api_key",
    403: "insufficient_permissions",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    409: "conflict",
    411: "request_too_large",
    413: "request_too_large",
    415: "unsupported_content_type",
    422: "invalid_value",
    429: "queue_full",
    500: "internal_error",
    503: "model_loading",
}


@dataclass
class Refused(Exception):  # noqa: N818  (what is raised is an answer)
    """A request that is answered with an error."""

    message: str
    status: int = 400
    code: str | None = "invalid_value"
    param: str | None = None
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return self.message

    @property
    def body(self) -> dict[str, Any]:
        """What is sent."""
        return error_body(self.message, self.status, self.code, self.param)


def error_body(message: str, status: int, code: str | None, param: str | None = None) -> dict[str, Any]:
    """An error in their form."""
    kind = TYPES.get(status, SERVER if status >= 500 else INVALID)
    return {"error": {"message": one_line(message), "type": kind, "param": param, "code": code}}


def refused(error: UnfogError, *, param: str | None = None) -> Refused:
    """What an error of ours is there."""
    match error:
        case MemoryLimitError():
            return Refused(str(error), 500, "out_of_memory")
        case ModelError():
            return Refused(str(error), 404, "model_not_found", "model")
        case PolicyError():
            return Refused(str(error), 400, "content_policy_violation", "prompt")
        case DataError():
            return Refused(str(error), 400, "invalid_image_file", param or "image")
        case _:
            return Refused(str(error), 400, "invalid_value", param)


def refused_fields(error: ValidationError, data: object, model: type) -> Refused:
    """What the first field that is not allowed is there, in a request that should have been a ``model``."""
    first = error.errors(include_url=False)[0]
    param = dotted(named(first["loc"], data))
    if first["type"] == "missing":
        return Refused(f"Missing required parameter: '{param}'.", 400, "missing_required_parameter", param)
    code = {"string_too_long": "string_above_max_length", "extra_forbidden": "unknown_parameter"}.get(first["type"])
    return Refused(explain(error, data, model), 400, code or "invalid_value", param)


def dotted(path: Sequence[int | str]) -> str:
    """``images[0].file_id``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
