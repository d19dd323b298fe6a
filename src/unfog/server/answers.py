"""How routes read what they are sent, and what every failure becomes: one JSON shape, nothing about this machine."""

from __future__ import annotations

import json
import logging
import math
import os
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from unfog.config.ask import AnyAsk, parse_ask
from unfog.config.faults import described
from unfog.media.recipe import DEPTH_LIMIT, depths
from unfog.server.engine import Engine
from unfog.server.guard import RefusedError
from unfog.server.states import DrainingError, FullError, NotFoundError
from unfog.server.telling import reported
from unfog.util.errors import UnfogError, UsageError
from unfog.util.nearest import unknown

LOG = logging.getLogger("unfog.server")
DRAIN_RETRY_S, DISK_RETRY_S = 5, 60
PARTS_LIMIT = 100_000  # strings, brackets and commas of a body: what is done for each takes the time of everybody
MANAGED = "this changes what everybody gets, so it takes the first key of this server; name a model in your requests"
CODES = {400: "invalid_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
         413: "too_large", 415: "unsupported_type", 429: "queue_full", 503: "unavailable"}  # fmt: skip
STATUS = {
    "invalid_request": 400,
    "content_policy_violation": 400,
    "model_error": 400,
    "out_of_memory": 503,
    "disk_full": 503,
}


def engine_of(request: Request) -> Engine:
    """The engine behind a request."""
    return request.app.state.engine


def owner_of(request: Request) -> str:
    """Who asks."""
    return request.state.owner


def managed_by(request: Request) -> Engine:
    """The engine behind a request that changes something for everybody.

    Raises:
        RefusedError: who asks may not.
    """
    if not request.app.state.keys.manages(owner_of(request)):
        raise RefusedError(403, "forbidden", MANAGED)
    return engine_of(request)


def ignored_header(names: Iterable[str]) -> dict[str, str]:
    """The header that names the fields that change nothing; a client may call them anything, so they are quoted."""
    told = ",".join(quote(name, safe="[]:.", errors="replace") for name in names)
    return {"x-unfog-ignored": told[:1000]} if told else {}


def error_response(
    status: int, code: str, message: str, *, retryable: bool = False, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An error as every route tells it."""
    error = {"code": code, "message": message, "retryable": retryable}
    return JSONResponse({"error": error}, status, headers=headers)


def json_of(raw: bytes) -> Any:
    """JSON that somebody sent.

    Raises:
        UsageError: it is none, nested too deeply, has too many parts, or holds NaN or infinities.
    """
    try:
        text = raw.decode("utf-8")
        check_parts(text)
        found = json.loads(text, parse_constant=not_finite)
    except UnfogError:
        raise
    except (ValueError, RecursionError):
        raise UsageError("the body is not valid JSON") from None
    check_texts(found)
    return found


def check_parts(text: str) -> None:
    """Raises UsageError for JSON that is nested too deeply or has too many parts; looks no further than that."""
    for count, now in enumerate(depths(text), 1):
        if now > DEPTH_LIMIT:
            raise UsageError(f"the body is nested more than {DEPTH_LIMIT} deep")
        if count > PARTS_LIMIT:
            raise UsageError(f"the body has more than {PARTS_LIMIT} strings, brackets and commas")


def not_finite(text: str) -> float:
    """Raises UsageError: JSON knows no such number."""
    raise UsageError(f"{text} is no number in JSON")


def check_texts(value: Any) -> None:
    """Raises UsageError for a text with half a character in it, or a number that is not finite."""
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise UsageError("a text holds an unpaired surrogate, which is no character") from None
        case dict():
            for key, inner in cast(dict[str, Any], value).items():
                check_texts(key)
                check_texts(inner)
        case list():
            for inner in cast(list[Any], value):
                check_texts(inner)
        case float() if not math.isfinite(value):
            raise UsageError("a number is too large")
        case _:
            pass


async def json_body(request: Request) -> Any:
    """The JSON of a request.

    Raises:
        UsageError: as ``json_of``, or it has another content type.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UsageError("send JSON with the content type application/json")
    return json_of(await request.body())


async def fields_of(request: Request, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
    """The fields of a JSON object; every one may be missing.

    Raises:
        UsageError: no object, an unknown field, or one of another type.
    """
    found = await json_body(request)
    if not isinstance(found, dict):
        raise UsageError(f"the body must be an object; its fields are {', '.join(kinds)}")
    fields = cast(dict[str, Any], found)
    for name, value in fields.items():
        if name not in kinds:
            raise UsageError(unknown("field", name[:40], kinds))
        if not isinstance(value, kinds[name]) or (isinstance(value, bool) and kinds[name] is not bool):
            raise UsageError(f"{name} is of the wrong type")
    return fields


async def ask_of(request: Request) -> AnyAsk:
    """The ask in a request.

    Raises:
        UsageError: it is none.
    """
    return parse_ask(await json_body(request))


async def file_of(request: Request, most: int) -> bytes:
    """The one file of a form.

    Raises:
        UsageError: there is none, or more than one.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UsageError("send a form (multipart/form-data) with one file called 'file'")
    async with request.form(max_files=1, max_fields=4, max_part_size=2**16) as form:
        return await file_in(form, most)


async def file_in(form: FormData, most: int) -> bytes:
    """The field ``file`` of a form.

    Raises:
        UsageError: there is none, or it is too large.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise UsageError("send a form (multipart/form-data) with one file called 'file'")
    data = await file.read(most + 1)
    if len(data) > most:
        raise UsageError(f"the file has more than {most} bytes, the most that is read here")
    return data


def add_handlers(app: FastAPI) -> None:
    """Turn every failure into an answer."""

    async def explained(_: Request, error: Exception) -> JSONResponse:
        code, message, retryable = reported(error, "a request")
        wait = {"retry-after": str(DISK_RETRY_S)} if retryable else None
        return error_response(STATUS.get(code, 500), code, message, retryable=retryable, headers=wait)

    async def not_found(_: Request, error: Exception) -> JSONResponse:
        return error_response(404, "not_found", str(error))

    async def full(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, FullError)
        wait = {"retry-after": str(error.retry_after_s)}
        return error_response(429, "queue_full", str(error), retryable=True, headers=wait)

    async def draining(_: Request, error: Exception) -> JSONResponse:
        wait = {"retry-after": str(DRAIN_RETRY_S)}
        return error_response(503, "draining", str(error), retryable=True, headers=wait)

    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RefusedError)
        return error_response(error.status, error.code, str(error), headers={"connection": "close"} | error.headers)

    async def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        message = {404: "there is nothing here", 405: "this method is not known here"}.get(error.status_code)
        code = CODES.get(error.status_code, "invalid_request")
        headers = dict(error.headers) if error.headers else None
        return error_response(error.status_code, code, message or str(error.detail), headers=headers)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        return error_response(400, "invalid_request", described(first, first["loc"][1:]))  # not: in query, in header

    async def internal(_: Request, error: Exception) -> JSONResponse:
        name = os.urandom(4).hex()
        LOG.error("internal error %s", name, exc_info=error)
        return error_response(500, "internal_error", f"internal error; the log of the server knows it as {name}")

    handlers: dict[type[Exception], Callable[[Request, Exception], Any]] = {
        UnfogError: explained,
        sqlite3.Error: explained,
        NotFoundError: not_found,
        FullError: full,
        DrainingError: draining,
        RefusedError: refused,
        HTTPException: http,
        RequestValidationError: invalid,
        Exception: internal,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
