"""A route of the OpenAI surface: whatever goes wrong in it is told in their form, with the parameter that is meant."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from unfog.config.faults import described
from unfog.server.answers import DRAIN_RETRY_S
from unfog.server.following import FailedError
from unfog.server.openai_errors import Refused, refused
from unfog.server.openai_fields import Fields, param_of
from unfog.server.states import DrainingError, FullError, NotFoundError
from unfog.server.tongue import Tongue
from unfog.util.errors import UnfogError

STATUS = {"invalid_request": 400, "model_error": 400, "cancelled": 409, "draining": 503, "disk_full": 503}
"""Of jobs that failed; all others are our fault."""
TONGUE = Tongue(Fields.model_json_schema, {"transparent": "background"})


class OpenAIRoute(APIRoute):
    """See the module."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except (Refused, UnfogError, FailedError, FullError, DrainingError, NotFoundError) as error:
                return answer_of(refusal(error))
            except RequestValidationError as error:
                first = error.errors()[0]
                param = str(first["loc"][-1])
                return answer_of(Refused(described(first, [param]), 400, "invalid_value", param))

        return handler


def refusal(error: Exception, sent: Fields | None = None) -> Refused:
    """Any of the errors that a route may end with.

    Args:
        error: what it is.
        sent: the fields of the request, as far as they are known.
    """
    match error:
        case Refused():
            return error
        case UnfogError():
            param = None if error.field is None else param_of(error.field, sent or Fields())
            found = refused(error, param=param)
            return replace(found, message=TONGUE.says(found.message))
        case FullError():
            return Refused(str(error), 429, "queue_full", retry_after_s=error.retry_after_s)
        case DrainingError():
            return Refused(str(error), 503, "server_draining", retry_after_s=DRAIN_RETRY_S)
        case FailedError():
            code = "invalid_value" if error.code == "invalid_request" else error.code
            wait = DRAIN_RETRY_S if error.retryable else None
            return Refused(str(error), STATUS.get(error.code, 500), code, retry_after_s=wait)
        case _:
            return Refused(str(error), 404, "not_found")


def answer_of(error: Refused) -> JSONResponse:
    """The answer; a client that should not try again by itself is told so."""
    headers = dict[str, str]()
    if error.retry_after_s is not None:
        headers["retry-after"] = f"{error.retry_after_s:.0f}"
    elif error.status in (408, 409, 500):
        headers["x-should-retry"] = "false"  # the same work would fail again
    return JSONResponse(error.body, error.status, headers=headers)
