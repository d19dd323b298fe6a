"""A route of the A1111 surface: whatever goes wrong in it is told in their form."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, cast

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from unfog.config.faults import described
from unfog.server.a1111_errors import Unable, unable
from unfog.server.a1111_fields import Img2Img
from unfog.server.answers import DRAIN_RETRY_S, json_body
from unfog.server.following import FailedError
from unfog.server.states import DrainingError, FullError, NotFoundError
from unfog.server.tongue import Tongue
from unfog.util.errors import UnfogError, UsageError

RENAMED = {
    "n": "batch_size",
    "size": "width and height",
    "negative": "negative_prompt",
    "sampler": "sampler_name",
    "grid": "scheduler",
    "guidance": "cfg_scale",
    "strength": "denoising_strength",
    "feather": "mask_blur",
    "tile": "tiling",
}
TONGUE = Tongue(Img2Img.model_json_schema, RENAMED)


class A1111Route(APIRoute):
    """See the module."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except (Unable, UnfogError, FailedError, FullError, DrainingError, NotFoundError) as error:
                told = told_of(error)
            except RequestValidationError as error:
                first = error.errors()[0]
                told = Unable(described(first, first["loc"][-1:]), 422)
            wait = {} if told.retry_after_s is None else {"retry-after": f"{told.retry_after_s:.0f}"}
            return JSONResponse(told.body, told.status, headers=wait)

        return handler


def told_of(error: Exception) -> Unable:
    """Any of the errors that a route may end with."""
    match error:
        case Unable():
            return error
        case UnfogError():
            found = unable(error)
            return replace(found, detail=TONGUE.says(str(found)))
        case FullError():
            return Unable(str(error), 429, error.retry_after_s)
        case DrainingError():
            return Unable(str(error), 503, DRAIN_RETRY_S)
        case FailedError():
            status = {"invalid_request": 400, "model_error": 400, "draining": 503, "disk_full": 503}
            return Unable(str(error), status.get(error.code, 500), DRAIN_RETRY_S if error.retryable else None)
        case _:
            return Unable(str(error), 404)


async def object_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        Unable: it is none (422).
    """
    try:
        found = await json_body(request)
    except UsageError as error:
        raise Unable(str(error), 422) from None
    if not isinstance(found, dict):
        raise Unable("send a JSON object", 422)
    return cast(dict[str, Any], found)
