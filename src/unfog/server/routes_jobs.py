"""Jobs over HTTP: ask, look, follow, cancel; pause and resume a training; the files that a job wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse

from unfog.config.ask import KINDS
from unfog.server import sse
from unfog.server.answers import ask_of, engine_of, owner_of
from unfog.server.content_types import EVENTS, JOB_FILES
from unfog.server.described import ASK, json_of
from unfog.server.feed import Feed
from unfog.server.native_route import SHOWN, NativeRoute
from unfog.server.states import JobState, NotFoundError, State
from unfog.server.training import folder_of
from unfog.util.errors import UsageError
from unfog.util.nearest import unknown

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], route_class=NativeRoute)
Key = Annotated[str | None, Header(min_length=1, max_length=255)]
STATES = "^({0})(,({0}))*$".format("|".join(get_args(State)))
TASKS = "^({0})(,({0}))*$".format("|".join(KINDS))
NAME = re.compile(r"[\w][\w\-.]{0,119}")
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; img-src 'self' data: blob:; media-src 'self' data:;"
    " style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)
PAGE = {"content-security-policy": SANDBOX, "x-frame-options": "SAMEORIGIN"}
FILE = {"content-security-policy": "sandbox; default-src 'none'"}


def told(state: JobState) -> dict[str, Any]:
    """A job as JSON, with the address of its events."""
    return state.model_dump(mode="json") | {"events": f"/api/v1/jobs/{state.id}/events"}


@router.post("", status_code=202, openapi_extra=json_of(ASK))
async def submit(request: Request, idempotency_key: Key = None) -> JSONResponse:
    """Ask for something; the answer is the job that makes it."""
    state = await engine_of(request).submit(await ask_of(request), owner=owner_of(request), key=idempotency_key)
    return JSONResponse(told(state), 202, headers={"location": f"/api/v1/jobs/{state.id}"})


def names_in(text: str, kind: str, known: Sequence[str]) -> list[str]:
    """Names with commas between them.

    Raises:
        UsageError: one is none of those that are known.
    """
    names = text.split(",", len(known))
    for name in names:
        if name not in known:
            raise UsageError(unknown(kind, name[:SHOWN], known))
    return names


@router.get("")
async def jobs(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    state: Annotated[str | None, Query(json_schema_extra={"pattern": STATES})] = None,
    task: Annotated[str | None, Query(json_schema_extra={"pattern": TASKS})] = None,
) -> JSONResponse:
    """The jobs of this owner, the newest first; ``before`` continues a list. States and tasks: some, with commas."""
    engine, owner = engine_of(request), owner_of(request)
    where, values = "owner = ?", list[Any]([owner])
    if before is not None:
        where += " AND number < (SELECT number FROM jobs WHERE id = ? AND owner = ?)"
        values += [before, owner]
    for column, text, known in (("state", state, get_args(State)), ("task", task, list(KINDS))):
        if text is not None:
            names = names_in(text, column, known)
            where += f" AND {column} IN ({', '.join('?' * len(names))})"
            values += names
    query = f"SELECT id FROM jobs WHERE {where} ORDER BY number DESC LIMIT ?"  # noqa: S608  (the holes are ours)
    rows = engine.store.rows(query, *values, limit + 1)
    found = list[dict[str, Any]]()
    for row in rows[:limit]:
        with suppress(NotFoundError):  # of another version of unfog
            found.append(told(engine.job(row["id"], owner)))
    return JSONResponse({"jobs": found, "next": rows[limit - 1]["id"] if len(rows) > limit else None})


@router.get("/{id}")
async def job(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """One job."""
    return JSONResponse(told(engine_of(request).job(id, owner_of(request))))


@router.delete("/{id}")
async def cancel(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """End a job; finished pictures stay. Again and again is as good as once."""
    return JSONResponse(told(await engine_of(request).cancel(id, owner_of(request))))


@router.post("/{id}/pause")
async def pause(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """Let a training save and wait."""
    return JSONResponse(told(await engine_of(request).pause(id, owner_of(request))))


@router.post("/{id}/resume")
async def resume(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """Let a training that was paused go on."""
    return JSONResponse(told(await engine_of(request).resume(id, owner_of(request))))


def feed_of(request: Request, id: str) -> Feed:  # noqa: A002
    """The events of a job; asked before the answer begins, so that an unknown one is a 404."""
    return engine_of(request).feed(id, owner_of(request))


@router.get("/{id}/events")
async def events(
    feed: Annotated[Feed, Depends(feed_of)],
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """What a job told later than the event ``after`` (or ``Last-Event-ID``), then what it tells, to its end."""
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 16:
        after = max(after, int(last_event_id))
    return StreamingResponse(sse.stream(feed, after), media_type=EVENTS, headers=sse.HEADERS)


@router.get("/{id}/files/{name}")
async def file(request: Request, id: str, name: str) -> FileResponse:  # noqa: A002
    """A file that a job wrote: a page, an animation, samples of a training."""
    engine, owner = engine_of(request), owner_of(request)
    state, missing = engine.job(id, owner), f"the job {id} has no such file"
    suffix = Path(name).suffix.lower()
    if not NAME.fullmatch(name) or suffix not in JOB_FILES:
        raise NotFoundError(missing)
    if state.ask.task == "train":
        folder = folder_of(engine.store.root, owner, state.ask.name) / "samples"
    elif state.state == "done":
        folder = engine.store.root / "jobs" / id
    else:
        raise NotFoundError(missing)
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise NotFoundError(missing)
    headers = PAGE if suffix == ".html" else FILE
    return FileResponse(path, media_type=JOB_FILES[suffix], headers=headers)
