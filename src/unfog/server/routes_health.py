"""Is it up, is it ready, and how is it doing: probes, Prometheus' text format, and the routes of Triton and KServe."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from unfog.server.answers import engine_of, owner_of
from unfog.server.metrics import metrics_text
from unfog.server.states import NotFoundError

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """The process is up."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """The default model draws and the queue takes jobs; 503 if not."""
    engine = engine_of(request)
    status = "draining" if engine.draining else "ready" if engine.ready else "starting"
    return JSONResponse({"status": status}, 200 if engine.ready else 503)


@router.get("/metrics")
async def metrics(request: Request) -> PlainTextResponse:
    """Numbers for Prometheus."""
    text = metrics_text(engine_of(request))
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/v2/health/live")
async def live() -> JSONResponse:
    """As ``/healthz`` (Open Inference Protocol)."""
    return JSONResponse({"live": True})


@router.get("/v2/health/ready")
async def ready(request: Request) -> JSONResponse:
    """As ``/readyz`` (Open Inference Protocol)."""
    is_ready = engine_of(request).ready
    return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)


@router.get("/v2/models/{name}/ready")
async def model_ready(request: Request, name: str) -> JSONResponse:
    """Whether a model can be used (Open Inference Protocol)."""
    engine = engine_of(request)
    if name not in engine.catalogue.of(owner_of(request)):
        raise NotFoundError("there is no such model")
    is_ready = engine.ready
    return JSONResponse({"name": name, "ready": is_ready}, 200 if is_ready else 503)
