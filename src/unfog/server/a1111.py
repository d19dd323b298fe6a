"""The API of the A1111 web UI over jobs: txt2img, img2img, progress, interrupt, skip.

A thin translation: a request becomes an ask (``a1111_asks.py``), the events of its job an answer
(``a1111_answers.py``). What is listed and set is in ``a1111_listing.py``, other work on pictures in
``a1111_extras.py``. Nothing outside is ever fetched, no script is run, nothing is stopped or restarted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from unfog.config.ask import EditAsk, GenerateAsk
from unfog.jobs.asked import random_seed
from unfog.media.formats import recoded
from unfog.server.a1111_answers import Asked, answer
from unfog.server.a1111_asks import edit_ask, generate_ask, ignored_by, parse_img2img, parse_txt2img, size_of
from unfog.server.a1111_desk import Desk, run, served_to
from unfog.server.a1111_fields import Txt2Img
from unfog.server.a1111_inputs import given_by
from unfog.server.a1111_lists import FORMATS, Served, model_named
from unfog.server.a1111_route import A1111Route, object_of
from unfog.server.a1111_tasks import Task, internal_answer, new_id, progress_answer
from unfog.server.answers import engine_of, ignored_header, owner_of
from unfog.server.carried import text_of
from unfog.server.catalogue import name_of
from unfog.server.drawn import Drawn
from unfog.server.following import cancel, while_connected

router = APIRouter(tags=["a1111"], route_class=A1111Route)
GONE = 499


def desk_of(request: Request) -> Desk:
    """What is remembered of the clients of this surface."""
    return request.app.state.a1111


@router.post("/sdapi/v1/txt2img")
async def txt2img(request: Request) -> Response:
    """Pictures of a prompt."""
    data = await object_of(request)
    fields = parse_txt2img(data)
    served, default = models_for(request)
    ask = generate_ask(fields, lambda name: model_named(name, served), default)
    return await made(request, "txt2img", ask, fields, data, size_of(fields))


@router.post("/sdapi/v1/img2img")
async def img2img(request: Request) -> Response:
    """A picture changed, or painted where its mask is white."""
    data = await object_of(request)
    fields = parse_img2img(data)
    served, default = models_for(request)
    given = await given_by(engine_of(request), owner_of(request), fields)
    ask = edit_ask(fields, given, lambda name: model_named(name, served), default)
    return await made(request, "img2img", ask, fields, data, (fields.width, fields.height))


def models_for(request: Request) -> tuple[list[Served], str | None]:
    """The models that a client may name, and the one it has set."""
    owner = owner_of(request)
    return served_to(engine_of(request), owner), desk_of(request).options.get(owner, {}).get("sd_model_checkpoint")


async def made(
    request: Request,
    kind: str,
    ask: GenerateAsk | EditAsk,
    fields: Txt2Img,
    data: Mapping[str, Any],
    size: tuple[int, int],
) -> Response:
    """Have an ask fulfilled, and answer with what comes of it; a client that goes away ends it."""
    engine, owner, desk = engine_of(request), owner_of(request), desk_of(request)
    ignored, found = ignored_by(data, fields), engine.catalogue.of_ask(ask, owner)
    begun = datetime.now().astimezone()
    if ask.seed is None:
        ask = ask.model_copy(update={"seed": random_seed()})
    asked = Asked(fields, data, size, ask.seed or 0, (ask.model or name_of(found), found.id))
    name = fields.force_task_id or new_id(kind)
    task = Task(name, owner, ask.n, time.monotonic(), begun)
    desk.tasks.add(task)
    try:
        drawn = await while_connected(request, run(engine, task, ask, asked))
    finally:
        desk.tasks.end(task)
    if drawn is None:
        if task.job is not None:
            await cancel(engine, task.job, owner)
        return Response(status_code=GONE)
    form = (fields.override_settings or {}).get("samples_format") or desk.options.get(owner, {}).get("samples_format")
    images = await asyncio.to_thread(files_of, drawn, str(form or "png")) if fields.send_images else []
    return JSONResponse(answer(asked, drawn, images, begun), headers=ignored_header(ignored))


def files_of(drawn: list[Drawn], form: str) -> list[str]:
    """The pictures in base64, in the format that somebody has set."""
    kind = FORMATS.get(form.lower(), "png")
    return [text_of(recoded(one.png, kind, comment=one.infotext or None)) for one in drawn]


@router.get("/sdapi/v1/progress")
async def progress(request: Request, skip_current_image: bool = False) -> JSONResponse:  # noqa: FBT001, FBT002
    """How far the current request of this client is."""
    task = desk_of(request).tasks.current(owner_of(request))
    shown = task is not None and task.preview is not None and not skip_current_image
    image = text_of(task.preview) if shown and task is not None and task.preview is not None else None
    return JSONResponse(progress_answer(task, time.monotonic(), image))


@router.post("/sdapi/v1/interrupt")
async def interrupt(request: Request) -> JSONResponse:
    """End the current request; what is finished is answered."""
    await stop(request, "interrupt")
    return JSONResponse({})


@router.post("/sdapi/v1/skip")
async def skip(request: Request) -> JSONResponse:
    """Go on with the next picture of the current request."""
    await stop(request, "skip")
    return JSONResponse(None)


async def stop(request: Request, how: str) -> None:
    """End the job of the current request of this client, if there is one."""
    task = desk_of(request).tasks.current(owner_of(request))
    if task is None:
        return
    task.stop = "skip" if how == "skip" else "interrupt"
    if task.job is not None:
        await cancel(engine_of(request), task.job, task.owner)


@router.post("/internal/progress")
async def internal_progress(request: Request) -> JSONResponse:
    """How far a request is, by its name."""
    data = await object_of(request)
    task = desk_of(request).tasks.named(owner_of(request), str(data.get("id_task", ""))[:200])
    seen = data.get("id_live_preview", -1)
    image = None
    if task is not None and task.preview is not None and data.get("live_preview", True):
        kind = "png" if task.preview.startswith(b"\x89PNG") else "jpeg"
        image = f"data:image/{kind};base64,{text_of(task.preview)}"
    return JSONResponse(internal_answer(task, time.monotonic(), seen if isinstance(seen, int) else -1, image))


@router.get("/internal/pending-tasks")
async def pending(request: Request) -> JSONResponse:
    """Which requests of this client wait."""
    names = [task.id for task in desk_of(request).tasks.of(owner_of(request)) if not task.running]
    return JSONResponse({"size": len(names), "tasks": names})


@router.get("/internal/ping")
async def ping() -> JSONResponse:
    """Whether somebody is there."""
    return JSONResponse({})
