"""Uploads over HTTP, and what a picture says about how it was made."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse

from unfog.server import uploads
from unfog.server.answers import engine_of, file_of, owner_of
from unfog.server.described import FORM
from unfog.server.native_route import NativeRoute
from unfog.server.recall import recall
from unfog.server.states import NotFoundError

router = APIRouter(prefix="/api/v1", tags=["files"], route_class=NativeRoute)
FILE = {"content-security-policy": "sandbox; default-src 'none'"}


@router.post("/files", status_code=201, openapi_extra=FORM)
async def upload(request: Request) -> JSONResponse:
    """Send a picture (PNG, JPEG or WebP), to be named in asks."""
    engine = engine_of(request)
    data = await file_of(request, engine.settings.limits.upload_bytes)
    return JSONResponse((await engine.add_file(data, owner_of(request))).model_dump(mode="json"), 201)


@router.get("/files/{id}")
async def file(request: Request, id: str) -> FileResponse:  # noqa: A002
    """An upload as it was sent."""
    store, owner = engine_of(request).store, owner_of(request)
    row = uploads.file_row(store, id, owner)
    path = uploads.file_path(store, owner, id)
    if not path.is_file():
        raise NotFoundError(f"there is no file {id}")
    return FileResponse(path, media_type=str(row["mime"]), headers=FILE)


@router.post("/recall", openapi_extra=FORM)
async def recalled(request: Request) -> JSONResponse:
    """How a picture was made, as far as it says so: settings to fill in, never anything that runs."""
    engine = engine_of(request)
    data = await file_of(request, engine.settings.limits.upload_bytes)
    known = engine.catalogue.of(owner_of(request))
    return JSONResponse(await asyncio.to_thread(recall, data, known))
