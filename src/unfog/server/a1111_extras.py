"""Other work on pictures on the A1111 surface: what a file says, and making one larger."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unfog.config.ask import EditAsk, Given
from unfog.config.edit import Upscale
from unfog.media.exif import read_comment
from unfog.media.formats import encoded
from unfog.media.image import Limits, check_header, decode_any, quiet
from unfog.media.png import PARAMETERS, read_text
from unfog.server import uploads
from unfog.server.a1111_answers import png_info
from unfog.server.a1111_errors import Unable, unable_fields
from unfog.server.a1111_fields import Carried
from unfog.server.a1111_lists import UPSCALERS
from unfog.server.a1111_route import A1111Route, object_of
from unfog.server.answers import engine_of, ignored_header, owner_of
from unfog.server.carried import bytes_in, text_of
from unfog.server.engine import Engine
from unfog.server.fitting import fitted
from unfog.server.following import cancel, follow, while_connected
from unfog.util.errors import RecipeError

router = APIRouter(prefix="/sdapi/v1", tags=["a1111"], route_class=A1111Route)
LEAST = 1.0  # times larger from where on there is something to do


class Extra(BaseModel):
    """``extra-single-image``; faces are not restored and there is one upscaler, which stands in for any other."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    image: Carried
    resize_mode: Annotated[int, Field(ge=0, le=1)] = 0
    upscaling_resize: Annotated[float, Field(gt=0, le=16)] = 2.0
    upscaling_resize_w: Annotated[int, Field(ge=1, le=4096)] = 512
    upscaling_resize_h: Annotated[int, Field(ge=1, le=4096)] = 512
    upscaling_crop: bool = True
    upscaler_1: Annotated[str, Field(max_length=120)] = UPSCALERS[0]


@router.post("/png-info")
async def info(request: Request) -> JSONResponse:
    """What a picture file says about how it was made."""
    data = await object_of(request)
    sent = data.get("image")
    if not isinstance(sent, str) or not sent:
        raise Unable([{"loc": ["body", "image"], "msg": "Field required", "type": "missing"}], 422)
    return JSONResponse(await asyncio.to_thread(said_in, sent))


def said_in(sent: str) -> dict[str, Any]:
    """The answer of png-info."""
    file = bytes_in(sent, name="image")
    check_header(file, name="image")
    try:
        if file.startswith(b"\x89PNG"):
            return png_info(read_text(file, name="image"))
    except RecipeError as error:
        raise Unable(str(error), 400) from None
    told = read_comment(file, name="image")
    return png_info({PARAMETERS if key == "comment" else key: text for key, text in told.items()})


@router.post("/extra-single-image")
async def extra_single_image(request: Request) -> Response:
    """A picture made larger."""
    data = await object_of(request)
    try:
        fields = Extra.model_validate(data)
    except ValidationError as error:
        raise unable_fields(error, data) from None
    engine, owner = engine_of(request), owner_of(request)
    png = await while_connected(request, larger(engine, owner, fields))
    if png is None:
        return Response(status_code=499)
    ignored = () if fields.upscaler_1 in UPSCALERS else ("upscaler_1",)
    return JSONResponse({"html_info": "", "image": text_of(png)}, headers=ignored_header(ignored))


async def larger(engine: Engine, owner: str, fields: Extra) -> bytes:
    """The file of the larger picture."""
    limits = engine.settings.limits
    caps = Limits(file_bytes=limits.upload_bytes, pixels=limits.pixels)
    file = bytes_in(fields.image, name="image")
    kept = await engine.add_file(file, owner)
    factor, size = target(fields, (kept.width, kept.height))
    if max(size) > limits.side:
        raise Unable(f"{size[0]}x{size[1]} is more than this server makes; the most is {limits.side} a side", 422)
    if fields.upscaler_1 != UPSCALERS[0] and factor > LEAST:
        ask = EditAsk(inputs=Given(picture=kept.id), way=Upscale.parse({"factor": factor}), seed=0, previews=False)
        state = await engine.submit(ask, owner=owner)
        try:
            async for event in follow(engine, state.id, owner):
                if event.type == "image":
                    file = await engine.picture(event.data["id"], owner)
        except asyncio.CancelledError:
            await cancel(engine, state.id, owner)
            raise
    return await asyncio.wrap_future(uploads.DECODER.submit(sized, file, size, caps))


def target(fields: Extra, size: tuple[int, int]) -> tuple[float, tuple[int, int]]:
    """How many times larger, and the size that it has then."""
    width, height = size
    factor = fields.upscaling_resize
    if fields.resize_mode == 1:
        factor = max(fields.upscaling_resize_w / width, fields.upscaling_resize_h / height)
        if fields.upscaling_crop:
            return factor, (fields.upscaling_resize_w, fields.upscaling_resize_h)
    return factor, (max(1, round(width * factor)), max(1, round(height * factor)))


def sized(file: bytes, size: tuple[int, int], limits: Limits) -> bytes:
    """A PNG file at a size; as it is, if it has that already."""
    with quiet():
        picture, _ = decode_any(file, name="image", limits=limits)
    if picture.size == size and file.startswith(b"\x89PNG"):
        return file
    return encoded(fitted(picture, size, "cover"), "png")
