"""The OpenAI Images API over jobs: ``/v1/images/generations``, ``edits``, ``variations``, and ``/v1/models``.

A thin translation: a request becomes an ask (``openai_asks.py``), the events of its job an answer
(``openai_answers.py``) or a stream (``openai_stream.py``). Nothing outside is ever fetched.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.datastructures import FormData, UploadFile

from unfog.config.ask import EditAsk, GenerateAsk
from unfog.media.recipe import KEY, parse_recipe
from unfog.model.locate import Found
from unfog.server import uploads
from unfog.server.answers import engine_of, ignored_header, json_body, owner_of
from unfog.server.carried import bytes_in, text_of
from unfog.server.content_types import EVENTS
from unfog.server.drawn import Drawn
from unfog.server.engine import Engine
from unfog.server.following import cancel, follow, while_connected
from unfog.server.openai_answers import Kind, answer, file_of
from unfog.server.openai_asks import edit_ask, generate_ask
from unfog.server.openai_errors import Refused
from unfog.server.openai_fields import Fields, from_form, parse_fields
from unfog.server.openai_inputs import MOST_PICTURES, Sent, given_by
from unfog.server.openai_route import OpenAIRoute, refusal
from unfog.server.openai_stream import stream
from unfog.server.states import JobState
from unfog.util.errors import RecipeError, UsageError

router = APIRouter(prefix="/v1", tags=["openai"], route_class=OpenAIRoute)
FILES = ("image", "image[]", "images", "mask", "markup")
MOST_FIELDS, LARGEST_FIELD = 250, 2**16


@router.get("/models")
async def models(request: Request) -> JSONResponse:
    """The models of this server."""
    known = engine_of(request).catalogue.of(owner_of(request))
    return JSONResponse({"object": "list", "data": [model_row(name, found) for name, found in known.items()]})


@router.get("/models/{name}")
async def model(request: Request, name: str) -> JSONResponse:
    """One model."""
    known = engine_of(request).catalogue.of(owner_of(request))
    if name not in known:
        raise Refused(f"The model '{name[:80]}' does not exist", 404, "model_not_found", "model")
    return JSONResponse(model_row(name, known[name]))


def model_row(name: str, found: Found) -> dict[str, Any]:
    """What they tell of a model; it was made when its folder was."""
    made = int(found.folder.stat().st_mtime) if found.folder.is_dir() else 0
    return {"id": name, "object": "model", "created": made, "owned_by": "unfog"}


@router.post("/images/generations")
async def generations(request: Request) -> Response:
    """Pictures of a prompt."""
    fields, ignored = parse_fields(await body_of(request))
    return await made(request, "image_generation", generate_ask(fields), fields, ignored, fields.size)


@router.post("/images/edits")
async def edits(request: Request) -> Response:
    """A picture changed; where its mask is transparent, if it has one."""
    engine, owner = engine_of(request), owner_of(request)
    data, pictures, mask = await sent_with(request)
    fields, ignored = parse_fields(data, also=FILES)
    given, size = await given_by(engine, owner, pictures, mask, fields)
    return await made(request, "image_edit", edit_ask(fields, given), fields, ignored, size)


@router.post("/images/variations")
async def variations(request: Request) -> Response:
    """Variants of a picture; what it shows is what its recipe says, if it has one."""
    engine, owner = engine_of(request), owner_of(request)
    data, pictures, _ = await sent_with(request)
    fields, ignored = parse_fields(data, also=FILES, needs_prompt=False)
    if not fields.prompt and pictures:
        fields = fields.model_copy(update={"prompt": prompt_in(pictures[0].data)})
    given, size = await given_by(engine, owner, pictures, None, fields)
    return await made(request, "image_edit", edit_ask(fields, given), fields, ignored, size)


def prompt_in(data: bytes) -> str:
    """The prompt of the recipe in a picture file; "" if there is none."""
    text = Drawn(data, 0).texts.get(KEY)
    try:
        return "" if text is None else parse_recipe(text, name="image").prompt
    except RecipeError:
        return ""


async def body_of(request: Request) -> Any:
    """The JSON of a request.

    Raises:
        Refused: it is none.
    """
    try:
        return await json_body(request)
    except UsageError as error:
        raise Refused(str(error), 400, "invalid_json") from None


async def sent_with(request: Request) -> tuple[dict[str, Any], list[Sent], Sent | None]:
    """Fields, pictures and mask of a form, or of JSON that carries or names them.

    Raises:
        Refused: neither, or something else where a picture should be.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        data = await body_of(request)
        if not isinstance(data, dict):
            raise Refused("the body is no JSON object", 400, "invalid_json")
        return carried_by(engine_of(request), owner_of(request), cast(dict[str, Any], data))
    form = request.form(max_files=MOST_PICTURES + 2, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)
    async with form as sent:
        most = engine_of(request).settings.limits.upload_bytes
        pictures = [await file_in(file, "image", most) for name in ("image", "image[]") for file in sent.getlist(name)]
        masks = [await file_in(file, "mask", most) for file in sent.getlist("mask")]
        return from_form(texts_of(sent)), pictures, masks[0] if masks else None


def texts_of(form: FormData) -> list[tuple[str, str]]:
    """The fields of a form that are no files."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in FILES]


async def file_in(file: UploadFile | str, param: str, most: int) -> Sent:
    """A file of a form.

    Raises:
        Refused: a text instead, or too large.
    """
    if not isinstance(file, UploadFile):
        raise Refused(f"{param} is no file; send it as one", 400, "invalid_image_file", param)
    data = await file.read(most + 1)
    if len(data) > most:
        raise Refused(
            f"{param} has more than {most} bytes, the most that is read here", 413, "request_too_large", param
        )
    return Sent(data)


def carried_by(engine: Engine, owner: str, data: dict[str, Any]) -> tuple[dict[str, Any], list[Sent], Sent | None]:
    """Pictures in JSON: ``{"image_url": "data:..."}`` or ``{"file_id": "..."}``.

    Raises:
        Refused: an address of another place, or an unknown file.
    """
    images = data.get("images", data.get("image", []))
    several = images if isinstance(images, list) else [images]
    if len(several) > MOST_PICTURES:
        raise Refused(f"at most {MOST_PICTURES} images are read, got {len(several)}", 400, "invalid_value", "images")
    pictures = [carried(engine, owner, one, f"images[{k}]") for k, one in enumerate(several)]
    mask = data.get("mask")
    return data, pictures, None if mask is None else carried(engine, owner, mask, "mask")


def carried(engine: Engine, owner: str, one: object, param: str) -> Sent:
    """One of them."""
    told = cast(dict[str, Any], one) if isinstance(one, dict) else {"image_url": one}
    match told:
        case {"file_id": str(name)}:
            try:
                return Sent(uploads.path_of(engine.store, name, owner).read_bytes(), name)
            except (UsageError, OSError):
                raise Refused(f"there is no file {name[:60]!r}", 404, "file_not_found", f"{param}.file_id") from None
        case {"image_url": str(text)} | {"image_url": {"url": str(text)}} | {"b64_json": str(text)}:
            try:
                return Sent(bytes_in(text, name=param))
            except ValueError as error:
                raise Refused(str(error), 400, "invalid_image_url", f"{param}.image_url") from None
        case _:
            raise Refused(f"{param} needs an image_url (data:...) or a file_id", 400, "invalid_value", param)


async def made(
    request: Request,
    kind: Kind,
    ask: GenerateAsk | EditAsk,
    fields: Fields,
    ignored: Sequence[str],
    size: tuple[int, int] | None,
) -> Response:
    """Have an ask fulfilled, and answer or stream what comes of it.

    A client that goes away ends its job, unless it may come back for it with an idempotency key.
    """
    engine, owner, key = engine_of(request), owner_of(request), request.headers.get("idempotency-key")
    try:
        engine.catalogue.resolve(ask.model, owner)
    except UsageError as error:
        raise Refused(str(error), 404, "model_not_found", "model") from None
    try:
        state = await engine.submit(ask, owner=owner, key=key)
    except UsageError as error:
        raise refusal(error, fields) from None
    headers = {"x-unfog-job": state.id} | ignored_header(ignored)
    if fields.stream:
        telling = stream(engine, owner, state.id, kind, fields, size, ends_with_client=key is None)
        return StreamingResponse(telling, media_type=EVENTS, headers=headers)
    told = await while_connected(request, collected(engine, owner, state))
    if told is None:
        if key is None:
            await cancel(engine, state.id, owner)
        return Response(status_code=499)
    drawn, places = told
    urls = await asyncio.to_thread(links, request, drawn, places, fields) if fields.response_format == "url" else None
    body = await asyncio.to_thread(answer, drawn, fields, created=int(time.time()), urls=urls)
    return JSONResponse(body, headers=headers)


async def collected(engine: Engine, owner: str, state: JobState) -> tuple[list[Drawn], list[str]]:
    """The pictures of a job in order, and where they are."""
    found = dict[int, tuple[Drawn, str]]()
    async for event in follow(engine, state.id, owner):
        if event.type == "image":
            png = await engine.picture(event.data["id"], owner)
            found[event.data["index"]] = Drawn(png, int(event.data["seed"])), event.data["url"]
    ordered = [found[index] for index in sorted(found)]
    return [drawn for drawn, _ in ordered], [place for _, place in ordered]


def links(request: Request, drawn: Sequence[Drawn], places: Sequence[str], fields: Fields) -> list[str]:
    """Where pictures can be fetched: here, as long as they are kept; with keys, or in another format, in the link."""
    if fields.output_format == "png" and not request.app.state.keys.wanted:
        return [str(request.base_url).rstrip("/") + place for place in places]
    mime = f"data:image/{fields.output_format};base64,"
    return [mime + text_of(file_of(one, fields)) for one in drawn]
