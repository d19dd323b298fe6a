"""Finished pictures over HTTP: list, file, thumbnail, star, trash, restore, archive."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from unfog.config.ask import spoken
from unfog.server import gallery
from unfog.server.answers import engine_of, fields_of, owner_of
from unfog.server.described import object_of
from unfog.server.native_route import NativeRoute

router = APIRouter(prefix="/api/v1/pictures", tags=["gallery"], route_class=NativeRoute)
Text = Annotated[str | None, Query(max_length=200)]
ForEver = "private, max-age=31536000, immutable"
IDS = object_of("ids", ids={"type": "array", "items": {"type": "string"}})
FILE = {"cache-control": ForEver, "content-security-policy": "sandbox; default-src 'none'"}


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A picture as JSON."""
    kept = ("id", "job", "index", "prompt", "negative", "task", "model", "sampler", "steps", "width", "height", "bytes")
    base = f"/api/v1/pictures/{row['id']}"
    return {key: row[key] for key in kept} | {
        "seed": spoken(int(row["seed"])),
        "created": row["created"],
        "starred": bool(row["starred"]),
        "trashed": row["trashed"],
        "sha256": row["sha256"],
        "url": f"{base}/file",
        "thumb": f"{base}/thumb",
        "recipe": json.loads(row["recipe"]),
    }


@router.get("")
async def pictures(
    request: Request,
    q: Text = None,
    model: Text = None,
    sampler: Text = None,
    task: Text = None,
    starred: bool | None = None,  # noqa: FBT001
    trash: bool = False,  # noqa: FBT001, FBT002
    before: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> JSONResponse:
    """The pictures of this owner, the newest first; ``q`` searches in prompts, ``before`` continues a list."""
    wanted = {"q": q, "model": model, "sampler": sampler, "task": task, "starred": starred, "trash": trash}
    rows = await gallery.search(engine_of(request).store, owner_of(request), wanted, before, limit + 1)
    more = rows[limit - 1]["id"] if len(rows) > limit else None
    return JSONResponse({"pictures": [told(row) for row in rows[:limit]], "next": more})


@router.post("/archive", openapi_extra=IDS)
async def archive(request: Request) -> Response:
    """Pictures as one ZIP file."""
    ids = (await fields_of(request, ids=list)).get("ids", [])
    data = await gallery.archive(engine_of(request).store, owner_of(request), ids)
    headers = {"content-disposition": 'attachment; filename="unfog.zip"'}
    return Response(data, media_type="application/zip", headers=headers)


@router.get("/{id}")
async def picture(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """One picture."""
    return JSONResponse(told(gallery.row(engine_of(request).store, owner_of(request), id)))


@router.get("/{id}/file")
async def file(request: Request, id: str) -> Response:  # noqa: A002
    """The file: PNG with its recipe."""
    data = await engine_of(request).picture(id, owner_of(request))
    return Response(data, media_type="image/png", headers=FILE)


@router.get("/{id}/thumb")
async def thumb(request: Request, id: str) -> Response:  # noqa: A002
    """A small one: WebP, the longer side 256."""
    data = await gallery.thumb(engine_of(request).store, owner_of(request), id)
    return Response(data, media_type="image/webp", headers=FILE)


@router.patch("/{id}", openapi_extra=object_of(starred={"type": "boolean"}))
async def star(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """Star it, or not."""
    fields = await fields_of(request, starred=bool)
    engine, owner = engine_of(request), owner_of(request)
    return JSONResponse(told(await gallery.star(engine.store, owner, id, starred=fields.get("starred", True))))


@router.delete("/{id}")
async def delete(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """Put it into the trash, from which it is deleted after a while."""
    return JSONResponse(told(await gallery.move(engine_of(request).store, owner_of(request), id, trash=True)))


@router.post("/{id}/restore")
async def restore(request: Request, id: str) -> JSONResponse:  # noqa: A002
    """Take it out of the trash."""
    return JSONResponse(told(await gallery.move(engine_of(request).store, owner_of(request), id, trash=False)))
