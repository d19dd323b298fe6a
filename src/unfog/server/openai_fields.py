"""What clients of the OpenAI Images API send, and what else they may: seed, steps and the like.

Extensions are plain fields (``seed``, ``steps``, ``negative_prompt``, ``guidance_scale``) or one object ``unfog`` with
every setting there is, which counts more. Fields that change nothing here are ignored and named in the header
``x-unfog-ignored``, or refused with ``unfog: {"strict": true}``. In forms (multipart), objects are written as
``unfog[seed]=7`` and lists as ``unfog[guide][]=apg``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from unfog.config.ask import AnySeed, Sides
from unfog.config.base import Config
from unfog.config.edit import Feather, Way
from unfog.config.model import Fraction
from unfog.config.sample import Layout, Prompt
from unfog.media.formats import Format
from unfog.server.openai_errors import Refused, refused_fields

SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)
SEGMENT = re.compile(r"\[([^\[\]]*)\]")
DEPTH = 6  # of nested fields in a form
MOST_FIELDS = 200
# Ours to ignore: they say how the pictures of other models are made, or who asks.
EFFECTLESS = (
    "quality", "style", "moderation", "input_fidelity", "complexity", "markup", "frame_count", "frame_duration_ms",
    "svg",
)  # fmt: skip
SILENT = ("user", "safety_identifier")  # say nothing about the picture
USUAL = (None, "", "auto")  # values that ask for nothing


def _random(seed: Any) -> Any:
    """-1 is a random seed in the clients of other programs."""
    return None if seed in (-1, "-1", "") else seed


def _sides(size: Any) -> Any:
    """``512x384`` as (width, height); ``auto`` is none."""
    if size in USUAL:
        return None
    if isinstance(size, str) and (found := SIZE.fullmatch(size)):
        return int(found[1]), int(found[2])
    raise ValueError("a size is WIDTHxHEIGHT in pixels, for example 512x512, or auto")


AnyInteger = Annotated[int, Field(ge=-1, lt=2**64)] | Annotated[str, Field(pattern="^(-1|[0-9]{1,20})?$")] | None
ClientSeed = Annotated[AnySeed | None, BeforeValidator(_random, json_schema_input_type=AnyInteger)]
Size = Annotated[str, Field(pattern="^([0-9]{1,4}x[0-9]{1,4}|auto)?$")] | None
ClientSides = Annotated[Sides | None, BeforeValidator(_sides, json_schema_input_type=Size)]
Guides = tuple[Annotated[str, Field(max_length=40)], ...]


class Extra(Config):
    """The object ``unfog``."""

    seed: ClientSeed = None
    steps: int | None = None
    guidance: Annotated[float | None, Field(validation_alias=AliasChoices("guidance", "guidance_scale"))] = None
    sampler: Annotated[str, Field(max_length=60)] | None = None
    grid: Annotated[
        str | None, Field(max_length=60, validation_alias=AliasChoices("grid", "schedule", "scheduler"))
    ] = None
    negative: Annotated[Prompt | None, Field(validation_alias=AliasChoices("negative", "negative_prompt"))] = None
    interval: tuple[float, float] | None = None
    rescale: float | None = None
    sag: float | None = None
    eta: float | None = None
    guide: Annotated[Guides, Field(max_length=8)] | None = None
    canvas: ClientSides = None
    native: bool = False
    layout: Layout | None = None
    whole: bool = False
    way: Way | None = None
    """Of an edit: any of the ways there are, instead of img2img or inpainting."""
    strength: Fraction | None = None
    """Of an edit without a mask, and of variations: 0 is the picture as it is, 1 nothing of it."""
    feather: Feather = 0
    """Of an edit with a mask: the width of its soft edge."""
    strict: bool = False


class Fields(BaseModel):
    """The fields of all three endpoints; ``prompt`` is required where ``parse_fields`` says so."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    prompt: Prompt = ""
    model: Annotated[str, Field(max_length=80)] | None = None
    n: Annotated[int, Field(ge=1, le=10)] = 1
    size: ClientSides = None
    response_format: Literal["url", "b64_json"] = "b64_json"
    output_format: Format = "png"
    output_compression: Annotated[int, Field(ge=0, le=100)] = 100
    background: Literal["transparent", "opaque", "auto"] = "auto"
    quality: Annotated[str, Field(max_length=40)] = "auto"
    stream: bool = False
    partial_images: Annotated[int, Field(ge=0, le=3)] = 0
    seed: ClientSeed = None
    steps: int | None = None
    negative_prompt: Prompt | None = None
    guidance_scale: float | None = None
    unfog: Extra = Extra()


KNOWN = frozenset(Fields.model_fields)
OTHERWISE = {"negative": "negative_prompt", "guidance": "guidance_scale"}
"""Our names of plain fields that are called otherwise."""


def param_of(field: str, sent: Fields) -> str | None:
    """What a client calls a setting of ours that it may have sent; ``None`` if there is none."""
    for name in reversed(field.split(".")):
        extra, plain = Extra.model_fields.get(name), OTHERWISE.get(name, name)
        if extra is not None and getattr(sent.unfog, name) != extra.default:
            return f"unfog.{name}"
        if plain in KNOWN:
            return plain
        if extra is not None:
            return f"unfog.{name}"
    return None


def parse_fields(
    data: object, *, also: Iterable[str] = (), needs_prompt: bool = True
) -> tuple[Fields, tuple[str, ...]]:
    """The fields of a request, and which of those that were sent change nothing.

    Args:
        data: a JSON object, or ``from_form``.
        also: fields that are read elsewhere (pictures).
        needs_prompt: whether a prompt is required.

    Raises:
        Refused: a field that is missing or not allowed.
    """
    if not isinstance(data, Mapping):
        raise Refused("the body is no JSON object", 400, "invalid_json")
    sent = {str(key): value for key, value in data.items() if value is not None}
    if isinstance(sent.get("unfog"), str):
        sent["unfog"] = _json(sent["unfog"])
    if needs_prompt and "prompt" not in sent:
        raise Refused("Missing required parameter: 'prompt'.", 400, "missing_required_parameter", "prompt")
    try:
        fields = Fields.model_validate(sent)
    except ValidationError as error:
        raise refused_fields(error, sent, Fields) from None
    if fields.output_format == "jpeg" and fields.background == "transparent":
        raise Refused(
            "a JPEG has no transparency; use output_format png or webp", 400, "invalid_value", "output_format"
        )
    effectless = [name for name in EFFECTLESS if sent.get(name) not in USUAL]
    unknown = [name for name in sent if name not in KNOWN and name not in {*EFFECTLESS, *SILENT, *also}]
    ignored = tuple(sorted({*effectless, *unknown}))
    if ignored and fields.unfog.strict:
        raise Refused(f"{ignored[0]!r} changes nothing here; leave it out", 400, "unknown_parameter", ignored[0])
    return fields, ignored


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("the field unfog is no JSON object", 400, "invalid_value", "unfog") from None


def from_form(items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a form as an object: ``a[b]=1&a[c][]=2`` is ``{"a": {"b": "1", "c": ["2"]}}``.

    Raises:
        Refused: too many, too deep, or one name used in two ways.
    """
    out = dict[str, Any]()
    for count, (name, value) in enumerate(items):
        head, _, rest = name.partition("[")
        path = [head, *SEGMENT.findall("[" + rest)] if rest else [head]
        if count >= MOST_FIELDS or len(path) > DEPTH:
            raise Refused("the form has too many fields, or they are nested too deep", 400, "invalid_value")
        if not _placed(out, path, value):
            raise Refused(f"the field {name[:60]!r} is sent in two ways", 400, "invalid_value", head[:60])
    return out


def _placed(here: dict[str, Any], path: list[str], value: str) -> bool:
    """Put a value where its path leads; False where something else is there."""
    for k, name in enumerate(path):
        last, many = k == len(path) - 1, path[k + 1 :] == [""]
        if last or many:
            if not many:
                fresh = name not in here
                here.setdefault(name, value)
                return fresh
            there = here.setdefault(name, [])
            if isinstance(there, list):
                there.append(value)
            return isinstance(there, list)
        here = here.setdefault(name, {})
        if not isinstance(here, dict):
            return False
    return False
