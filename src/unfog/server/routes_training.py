"""What may be trained on, and what the data check says about it."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from unfog.jobs.data import check_job
from unfog.jobs.events import Result
from unfog.server.answers import engine_of, fields_of
from unfog.server.described import object_of
from unfog.server.native_route import NativeRoute
from unfog.server.roots import BUILT_IN
from unfog.util.errors import UsageError

router = APIRouter(prefix="/api/v1/training", tags=["training"], route_class=NativeRoute)
SHOWN = 200  # problems and duplicates of each kind that are listed


@router.get("/folders")
async def folders(request: Request) -> JSONResponse:
    """The folders that may be trained on, by root; ``scenes`` is always there."""
    engine = engine_of(request)
    roots = await asyncio.to_thread(engine.roots.folders)
    return JSONResponse({"roots": roots if engine.settings.training else [], "built_in": [BUILT_IN]})


@router.post("/check", openapi_extra=object_of("folder", folder={"type": "string"}))
async def check(request: Request) -> JSONResponse:
    """What the data check finds in a folder: pictures, captions, duplicates, problems."""
    folder = (await fields_of(request, folder=str)).get("folder", "")
    engine = engine_of(request)
    if not engine.settings.training:
        raise UsageError("this server trains nothing; its owner may allow it")
    if folder == BUILT_IN:
        raise UsageError("scenes are drawn while they are trained on; there is nothing to check")
    path = await asyncio.to_thread(engine.roots.find, folder)
    async with engine.checking:
        return JSONResponse(await asyncio.to_thread(report, folder, path))


def report(folder: str, path: Any) -> dict[str, Any]:
    """The report without any path of this machine."""
    payload = dict[str, Any]()
    for event in check_job(path):
        if isinstance(event, Result):
            payload = dict(event.payload)
    return payload | {
        "folder": folder,
        "duplicates": payload["duplicates"][:SHOWN],
        "problems": payload["problems"][:SHOWN],
    }
