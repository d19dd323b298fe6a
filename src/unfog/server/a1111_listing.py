"""What the A1111 surface lists, and the few options that a client may set, each for itself."""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse

from unfog.server import a1111_lists as lists
from unfog.server.a1111 import desk_of
from unfog.server.a1111_desk import served_to
from unfog.server.a1111_errors import Unable
from unfog.server.a1111_route import A1111Route, object_of
from unfog.server.answers import engine_of, ignored_header, owner_of

router = APIRouter(prefix="/sdapi/v1", tags=["a1111"], route_class=A1111Route)
EMPTY: dict[str, Any] = {
    "sd-vae": [], "sd-modules": [], "hypernetworks": [], "face-restorers": [], "realesrgan-models": [], "loras": [],
    "prompt-styles": [], "latent-upscale-modes": [], "extensions": [], "embeddings": {"loaded": {}, "skipped": {}},
    "cmd-flags": {"api": True},
}  # fmt: skip
"""What there is none of here."""
NOTHING_TO_DO = (
    "refresh-checkpoints", "refresh-vae", "refresh-embeddings", "refresh-loras", "unload-checkpoint",
    "reload-checkpoint",
)  # fmt: skip


@router.get("/samplers")
async def samplers() -> JSONResponse:
    """Every sampler."""
    return JSONResponse(lists.samplers())


@router.get("/schedulers")
async def schedulers() -> JSONResponse:
    """Every time grid."""
    return JSONResponse(lists.schedulers())


@router.get("/upscalers")
async def upscalers() -> JSONResponse:
    """What makes pictures larger."""
    return JSONResponse(lists.upscalers())


@router.get("/sd-models")
async def models(request: Request) -> JSONResponse:
    """The models that this client may use."""
    return JSONResponse(lists.models(served_to(engine_of(request), owner_of(request))))


@router.get("/scripts")
async def scripts() -> JSONResponse:
    """The scripts whose settings are understood."""
    return JSONResponse({"txt2img": list(lists.SCRIPTS), "img2img": list(lists.SCRIPTS)})


@router.get("/script-info")
async def script_info() -> JSONResponse:
    """Their arguments."""
    return JSONResponse([row | {"is_img2img": edits} for row in lists.script_rows() for edits in (False, True)])


@router.get("/memory")
async def memory() -> JSONResponse:
    """How much there is."""
    page = os.sysconf("SC_PAGE_SIZE")
    total, free = page * os.sysconf("SC_PHYS_PAGES"), page * os.sysconf("SC_AVPHYS_PAGES")
    cuda = {"error": "unavailable"}
    return JSONResponse({"ram": {"free": free, "used": total - free, "total": total}, "cuda": cuda})


@router.get("/options")
async def options(request: Request) -> JSONResponse:
    """All options, as this client has set them."""
    engine, owner = engine_of(request), owner_of(request)
    own = desk_of(request).options.get(owner, {})
    return JSONResponse(lists.options(own, served_to(engine, owner), engine.catalogue.default))


@router.post("/options")
async def set_options(request: Request) -> JSONResponse:
    """Set some, for this client alone; the others are named in a header."""
    engine, owner, desk = engine_of(request), owner_of(request), desk_of(request)
    sent = await object_of(request)
    desk.options[owner], ignored = lists.changed(desk.options.get(owner, {}), sent, served_to(engine, owner))
    return JSONResponse(None, headers=ignored_header(ignored))


@router.get("/{name}")
async def empty(name: Annotated[str, Path(json_schema_extra={"enum": list(EMPTY)})]) -> JSONResponse:
    """Lists that have nothing in them here."""
    if name not in EMPTY:
        raise Unable("Not Found", 404)
    return JSONResponse(EMPTY[name])


@router.post("/{name}")
async def nothing(name: Annotated[str, Path(json_schema_extra={"enum": list(NOTHING_TO_DO)})]) -> JSONResponse:
    """What needs not be done here, since nothing is kept between requests."""
    if name not in NOTHING_TO_DO:
        raise Unable("Not Found", 404)
    return JSONResponse(None)
