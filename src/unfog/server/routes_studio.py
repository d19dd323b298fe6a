"""The studio: the page and its files as they were built, and nothing else of the disk."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from unfog.server.content_types import PAGE_FILES
from unfog.server.states import NotFoundError

router = APIRouter(tags=["studio"])
STATIC = Path(__file__).resolve().parent / "static"
NAME = re.compile(r"[\w][\w\-.]{0,119}")
MISSING = "The studio is not built: this copy of unfog has no page. The HTTP interface works; see docs/server.md.\n"


@router.get("/", response_class=Response)
async def index() -> Response:
    """The page."""
    page = STATIC / "index.html"
    if not page.is_file():
        return PlainTextResponse(MISSING, 404)
    return FileResponse(page, media_type="text/html; charset=utf-8", headers={"cache-control": "no-cache"})


@router.get("/assets/{name}")
async def asset(name: str) -> FileResponse:
    """A file of the page; its name changes with what is in it."""
    path = STATIC / "assets" / name
    if not NAME.fullmatch(name) or path.suffix not in PAGE_FILES or not path.is_file():
        raise NotFoundError("there is no such file")
    lasting = {"cache-control": "public, max-age=31536000, immutable"}
    return FileResponse(path, media_type=PAGE_FILES[path.suffix], headers=lasting)


@router.get("/licences.txt")
async def licences() -> FileResponse:
    """Whose work is in the page."""
    path = STATIC / "licences.txt"
    if not path.is_file():
        raise NotFoundError("there is no such file")
    return FileResponse(path, media_type="text/plain; charset=utf-8")


@router.get("/api/v1/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> JSONResponse:
    """What can be asked for over HTTP, for programs."""
    return JSONResponse(request.app.openapi())
