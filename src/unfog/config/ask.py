"""What a person asks for: one schema for the HTTP interface, the studio's forms and whatever translates into them.

An ask says only what somebody chose: ``None`` is what the model recommends. Which model fits, whether the settings go
together and what they become (``config/sample.py``, ``config/edit.py``) is decided by ``jobs/asked.py``. Asks come from
strangers: every text and list in them is bounded, pictures are named by ids and never by paths or addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter, field_validator, model_validator
from pydantic.dataclasses import dataclass

from unfog.config.base import Config
from unfog.config.edit import KEEPING, Way
from unfog.config.explain import ForwardRequest
from unfog.config.presets import PRESETS
from unfog.config.sample import Layout, Prompt, Seed
from unfog.util.errors import UsageError
from unfog.util.nearest import unknown

SAFE_INTEGER = 2**53 - 1  # the largest that every JSON reader keeps exactly
SETTING = re.compile(
    r"((train|model)(\.\w+)+|data\.(flip|crop|relations|missing_captions|broken_files|tell_captions)) *=[^\x00-\x1f]*",
    re.ASCII,
)
SETTINGS = "train.*, model.* and of data flip, crop, relations, missing_captions, broken_files and tell_captions"
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that are devices on Windows


@dataclass(frozen=True, config={"extra": "forbid"})
class Chosen:
    """Sampling settings as a person sets them; ``None`` leaves the model's recommendation (see ``SampleConfig``)."""

    sampler: str | None = None
    grid: str | None = None
    steps: int | None = None
    guidance: float | None = None
    interval: tuple[float, float] | None = None
    rescale: float | None = None
    sag: float | None = None
    eta: float | None = None
    guide: Sequence[str] | None = None
    """Each ``NAME`` or ``NAME:NUMBER`` (``config/guide.py``)."""


def _decimal(seed: Any) -> Any:
    """A seed written as a decimal text, as a number; JavaScript keeps no integers beyond 2^53."""
    return int(seed) if isinstance(seed, str) and seed.isascii() and seed.isdigit() and len(seed) <= 20 else seed


def spoken(seed: int) -> int | str:
    """A seed for JSON: a decimal text where it is too large for every reader."""
    return seed if seed <= SAFE_INTEGER else str(seed)


Decimal = Annotated[str, Field(pattern="^[0-9]{1,20}$")]
AnySeed = Annotated[
    Seed, Field(strict=True), BeforeValidator(_decimal, json_schema_input_type=Seed | Decimal), PlainSerializer(spoken)
]
Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
"""Of an upload or of a picture in the gallery."""
ModelRef = Annotated[str, Field(pattern=r"^\w[\w.\-]{0,79}$")]
"""The name of a model that is served, or its sha256."""
Few = Annotated[int, Field(ge=1, le=16)]
AskedSide = Annotated[int, Field(ge=8)]
Sides = tuple[AskedSide, AskedSide]
"""The most is a limit of the server (``server/limits.py``), which is said at once."""


def says_task(schema: dict[str, Any]) -> None:
    """An ask from outside says what kind it is (``parse_ask``), though it has a default here."""
    schema["required"] = ["task", *(name for name in schema.get("required", ()) if name != "task")]


class Drawing(Config):
    """What all asks for pictures have."""

    model: ModelRef | None = None
    """``None``: of the models in the box the one that knows the words, or the one that the server was told to use."""
    negative: Prompt = ""
    chosen: Chosen = Chosen()
    previews: bool = True
    """Tell how the pictures look meanwhile."""


class GenerateAsk(Drawing, json_schema_extra=says_task):
    """Pictures of a sentence; picture k has the seed (seed + k) mod 2^64."""

    task: Literal["generate"] = "generate"
    prompt: Prompt = ""
    n: Few = 1
    seed: AnySeed | None = None
    size: Sides | None = None
    canvas: Sides | None = None
    native: bool = False
    transparent: bool = False
    layout: Layout | None = None
    whole: bool = False
    """In one piece; otherwise several things that the prompt names are painted one by one, where the model can."""


class Given(Config):
    """The pictures that are changed, by their ids."""

    picture: Id
    mask: Id | None = None
    style: Id | None = None


class EditAsk(Drawing, json_schema_extra=says_task):
    """A picture becomes another; which way says how."""

    task: Literal["edit"] = "edit"
    inputs: Given
    way: Way
    prompt: Prompt = ""
    n: Few = 1
    seed: AnySeed | None = None


class MorphAsk(Drawing, json_schema_extra=says_task):
    """One prompt turns into another."""

    task: Literal["morph"] = "morph"
    prompts: tuple[Prompt, Prompt]
    seeds: tuple[AnySeed, AnySeed] | None = None
    frames: Annotated[int, Field(ge=2, le=60)] = 16
    size: Sides | None = None
    canvas: Sides | None = None
    format: Literal["gif", "png"] = "gif"


class ReverseAsk(Config):
    """A picture whose way out of noise is shown."""

    prompt: Prompt
    negative: Prompt = ""
    seed: AnySeed | None = None
    canvas: Sides | None = None
    chosen: Chosen = Chosen()
    moments: Annotated[int, Field(ge=2, le=100)] = 24


class ExplainAsk(Config, json_schema_extra=says_task):
    """A page about how a picture turns into noise (forward), or comes out of it (reverse)."""

    task: Literal["explain"] = "explain"
    model: ModelRef | None = None
    what: Literal["forward", "reverse"]
    picture: Id | None = None
    """Of forward: the picture that is fogged."""
    request: ForwardRequest | ReverseAsk = ForwardRequest()

    @model_validator(mode="after")
    def fits(self) -> ExplainAsk:
        """Forward needs a picture and its own request, reverse the other."""
        forward = self.what == "forward"
        if forward != isinstance(self.request, ForwardRequest):
            raise ValueError(f"the request is not one of {self.what}; reverse needs at least a prompt")
        if forward != (self.picture is not None):
            raise ValueError("forward needs a picture, and reverse takes none")
        return self


class TrainAsk(Config, json_schema_extra=says_task):
    """A captioned folder becomes a model."""

    task: Literal["train"] = "train"
    folder: Annotated[str, Field(max_length=300)]
    """``ROOT/FOLDER`` under one of the training roots of the server, or ``scenes``."""
    name: Annotated[str, Field(pattern=r"^\w[\w.\-]{0,59}$")]
    """Of the run, and of the model that comes out."""
    preset: Annotated[str, Field(pattern=r"^\w{1,40}$")] = "small"
    size: Annotated[int, Field(ge=8, le=1024)] | None = None
    images: Annotated[int, Field(ge=1, le=10**9)] | None = None
    minutes: Annotated[float, Field(gt=0, le=1e5)] | None = None
    seed: AnySeed | None = None
    resume: bool = False
    set: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=64)] = ()
    """Assignments ``a.b=c`` to settings of the network, of its training and of how the folder is read; for example
    ``data.missing_captions=drop`` and ``data.broken_files=drop`` leave out what cannot be used."""

    @field_validator("preset")
    @classmethod
    def is_there(cls, preset: str) -> str:
        """A preset that this version has."""
        if preset not in PRESETS:
            raise ValueError(f"choose one of {', '.join(PRESETS)}")
        return preset

    @model_validator(mode="after")
    def stays_inside(self) -> TrainAsk:
        """Where data come from is said by ``folder`` alone, and a run's folder can be made everywhere."""
        for text in self.set:
            if not SETTING.fullmatch(text):
                raise ValueError(f"{text[:60]!r} cannot be set here; allowed are {SETTINGS}")
        if RESERVED.fullmatch(self.name) or self.name.endswith("."):
            raise ValueError(f"a run cannot be called {self.name!r} on every system; choose another name")
        return self


PictureAsk = GenerateAsk | EditAsk | MorphAsk | ExplainAsk


def said_in(ask: PictureAsk) -> list[str]:
    """All texts that say what is to be drawn; none where nothing is."""
    match ask:
        case GenerateAsk(prompt=prompt, layout=layout):
            return [prompt, *(region.prompt for region in (layout.regions if layout else ()))]
        case EditAsk(prompt=prompt, way=way):
            return [] if isinstance(way, KEEPING) else [prompt]
        case MorphAsk(prompts=prompts):
            return list(prompts)
        case ExplainAsk(request=request):
            return [request.prompt] if isinstance(request, ReverseAsk) else []


AnyAsk = PictureAsk | TrainAsk
Ask = Annotated[AnyAsk, Field(discriminator="task")]
ASKS: TypeAdapter[AnyAsk] = TypeAdapter(Ask)
KINDS: dict[str, type[AnyAsk]] = {
    "generate": GenerateAsk,
    "edit": EditAsk,
    "morph": MorphAsk,
    "explain": ExplainAsk,
    "train": TrainAsk,
}


def parse_ask(data: object) -> AnyAsk:
    """Validate an ask from outside.

    Raises:
        UsageError: one line naming the first offending field.
    """
    if not isinstance(data, dict):
        raise UsageError('the body must be an object, for example {"task": "generate", "prompt": "a red circle"}')
    fields = cast(dict[str, Any], data)
    if "task" not in fields:
        raise UsageError(f"task is missing; choose one of {', '.join(KINDS)}", field="task")
    task = fields["task"]
    if not isinstance(task, str) or task not in KINDS:
        raise UsageError(unknown("task", str(task)[:40], KINDS), field="task")
    return KINDS[task].parse(fields)
