"""Finished and unfinished pictures as the OpenAI clients read them: one answer, or a stream of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from PIL import Image

from unfog.config.ask import spoken
from unfog.jobs.settings import OUTPUT, scaled
from unfog.media.formats import encoded, recoded
from unfog.media.image import decode_any
from unfog.server.carried import text_of
from unfog.server.drawn import Drawn
from unfog.server.openai_fields import Fields
from unfog.server.sse import written

Kind = Literal["image_generation", "image_edit"]
QUALITIES = ("low", "medium", "high")
FREE = {
    "total_tokens": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
    "output_tokens_details": {"text_tokens": 0, "image_tokens": 0},
}
"""Nothing is charged here; clients want the numbers all the same."""


def file_of(drawn: Drawn, fields: Fields) -> bytes:
    """The picture in the format that was asked for."""
    return recoded(drawn.png, fields.output_format, quality=fields.output_compression, comment=drawn.recipe_text)


def answer(
    drawn: Sequence[Drawn], fields: Fields, *, created: int, urls: Sequence[str] | None = None
) -> dict[str, Any]:
    """The answer of a request that is not streamed; ``urls`` say where the pictures are, if that was asked for."""
    if urls is None:
        pictures = [{"b64_json": text_of(file_of(one, fields))} for one in drawn]
    else:
        pictures = [{"url": url} for url in urls]
    data = [where | {"unfog": extension(one)} for where, one in zip(pictures, drawn, strict=True)]
    told = {"created": created, "data": data, **facts(fields), "usage": FREE}
    if told["quality"] == "auto":
        del told["quality"]  # an answer names the one that was chosen, and there is none
    return told | ({"size": "{}x{}".format(*drawn[0].size)} if drawn else {})


def extension(drawn: Drawn) -> dict[str, Any]:
    """What no other server says of a picture."""
    return {"seed": spoken(drawn.seed), "recipe": drawn.recipe}


def facts(fields: Fields) -> dict[str, Any]:
    """What every answer repeats."""
    return {
        "background": "transparent" if fields.background == "transparent" else "opaque",
        "output_format": fields.output_format,
        "quality": fields.quality if fields.quality in QUALITIES else "auto",
    }


def partial_event(
    kind: Kind, preview: bytes, size: tuple[int, int] | None, fields: Fields, *, index: int, at: int
) -> bytes:
    """A picture that is not finished, at the size that it will have; ``preview`` is a file of any size."""
    picture, _ = decode_any(preview, name="the preview")
    if size is None:
        size = picture.size if fields.unfog.native else scaled(picture.size, max(1.0, OUTPUT / max(picture.size)))
    shown = picture.resize(size, Image.Resampling.BICUBIC)
    data = encoded(shown, fields.output_format, quality=fields.output_compression)
    return sse(
        {
            "type": f"{kind}.partial_image",
            "b64_json": text_of(data),
            "partial_image_index": index,
            "created_at": at,
            "size": "{}x{}".format(*size),
            **facts(fields),
        }
    )


def completed_event(kind: Kind, drawn: Drawn, fields: Fields, *, at: int) -> bytes:
    """A finished picture."""
    return sse(
        {
            "type": f"{kind}.completed",
            "b64_json": text_of(file_of(drawn, fields)),
            "created_at": at,
            "size": "{}x{}".format(*drawn.size),
            **facts(fields),
            "usage": FREE,
            "unfog": extension(drawn),
        }
    )


def sse(told: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return written(told.get("type", "error"), told)


DONE = b"data: [DONE]\n\n"


def moments(partials: int, pictures: int, steps: int) -> list[int]:
    """After which of all ``steps`` of a job unfinished pictures are shown: evenly, as many of each picture."""
    each = steps / pictures
    return [
        max(1, round(picture * each + each * k / (partials + 1)))
        for picture in range(pictures)
        for k in range(1, partials + 1)
    ]
