"""What the OpenAI and A1111 surfaces read and answer, for the description of the interface (OpenAPI).

As ``shapes.py``. Requests are the fields that mean something here; others are ignored, and named in a header.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from unfog.config.ask import AnySeed, Id
from unfog.config.base import Config
from unfog.server.openai_fields import Fields

Json = dict[str, Any]

# ---- OpenAI


class OpenAIProblem(Config):
    """Why a request was refused."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(Config):
    """Every failure under ``/v1/``."""

    error: OpenAIProblem


class OpenAIModel(Config):
    """A model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class OpenAIModels(Config):
    """All of them."""

    object: Literal["list"]
    data: list[OpenAIModel]


class OpenAIExtension(Config):
    """What only this server says of a picture."""

    seed: AnySeed
    recipe: Json | None


class OpenAIPicture(Config):
    """A picture: in base64, or its address."""

    b64_json: str = ""
    url: str = ""
    unfog: OpenAIExtension


class OpenAIParts(Config):
    """Tokens by kind."""

    text_tokens: int
    image_tokens: int


class OpenAIUsage(Config):
    """Nothing is charged."""

    total_tokens: int
    input_tokens: int
    output_tokens: int
    input_tokens_details: OpenAIParts
    output_tokens_details: OpenAIParts


class OpenAIPictures(Config):
    """The answer of all three endpoints."""

    created: int
    data: list[OpenAIPicture]
    background: Literal["transparent", "opaque"]
    output_format: Literal["png", "jpeg", "webp"]
    quality: str = ""
    size: str = ""
    usage: OpenAIUsage


class Generation(Fields):
    """``/v1/images/generations``."""

    prompt: str = Field(max_length=4096)


class Carried(Config):
    """A picture in JSON: a ``data:`` address, or the id of an upload or of a picture in the gallery."""

    image_url: str = ""
    file_id: Id = ""


class Variation(Fields):
    """``/v1/images/variations`` as JSON."""

    images: list[Carried] = Field(min_length=1, max_length=16)


class Edit(Generation):
    """``/v1/images/edits`` as JSON."""

    images: list[Carried] = Field(min_length=1, max_length=16)
    mask: Carried | None = None


# ---- A1111


class A1111Error(Config):
    """Every failure under ``/sdapi/`` and ``/internal/``."""

    error: str
    detail: str | list[Json]
    body: str
    errors: str


class A1111Pictures(Config):
    """txt2img, img2img: files in base64, the request with its defaults, and JSON in a text."""

    images: list[str]
    parameters: Json
    info: str


class A1111State(Config):
    """How far a request is."""

    skipped: bool
    interrupted: bool
    stopping_generation: bool
    job: str
    job_count: int
    job_timestamp: str
    job_no: int
    sampling_step: int
    sampling_steps: int


class A1111Progress(Config):
    """The current request of a client."""

    progress: float = Field(ge=0, le=1)
    eta_relative: float
    state: A1111State
    current_image: str | None
    textinfo: str | None
    current_task: str | None


class A1111Watch(Config):
    """``/internal/progress``: what is asked."""

    id_task: str = ""
    id_live_preview: int = -1
    live_preview: bool = True


class A1111Watched(Config):
    """``/internal/progress``: what is answered."""

    active: bool
    queued: bool
    completed: bool
    progress: float | None
    eta: float | None
    live_preview: str | None
    id_live_preview: int
    textinfo: str | None


class A1111Pending(Config):
    """Requests of a client that wait."""

    size: int
    tasks: list[str]


class A1111File(Config):
    """A file in base64."""

    image: str = Field(min_length=1)


class A1111Said(Config):
    """What a file says."""

    info: str
    items: dict[str, str]
    parameters: Json


class A1111Larger(Config):
    """A picture made larger."""

    html_info: str
    image: str


class A1111Sampler(Config):
    """A sampler."""

    name: str
    aliases: list[str]
    options: dict[str, str]


class A1111Scheduler(Config):
    """A time grid."""

    name: str
    label: str
    aliases: list[str] | None
    default_rho: float
    need_inner_model: bool


class A1111Upscaler(Config):
    """What makes pictures larger."""

    name: str
    model_name: str | None
    model_path: str | None
    model_url: str | None
    scale: float


class A1111Model(Config):
    """A model."""

    title: str
    model_name: str
    hash: str
    sha256: str
    filename: str
    config: str | None


class A1111Scripts(Config):
    """Names of scripts."""

    txt2img: list[str]
    img2img: list[str]


class A1111Argument(Config):
    """An argument of a script."""

    label: str
    value: bool | float
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: list[str] | None


class A1111Script(Config):
    """A script."""

    name: str
    is_alwayson: bool
    is_img2img: bool
    args: list[A1111Argument]


class A1111Ram(Config):
    """Bytes."""

    free: int
    used: int
    total: int


class A1111Memory(Config):
    """How much there is."""

    ram: A1111Ram
    cuda: Json


class A1111Options(Config):
    """All options."""

    sd_model_checkpoint: str
    sd_checkpoint_hash: str
    sd_vae: str
    CLIP_stop_at_last_layers: int
    samples_format: str
    samples_save: bool
    eta_noise_seed_delta: int
    show_progress_every_n_steps: int
    live_previews_enable: bool
    randn_source: str
    emphasis: str
    img2img_fix_steps: bool
    enable_pnginfo: bool
    sd_model_list: list[str]


class A1111Settings(Config, extra="ignore"):
    """The options that a client may set for itself."""

    sd_model_checkpoint: str = ""
    samples_format: Literal["png", "jpg", "jpeg", "webp"] = "png"
    show_progress_every_n_steps: int = Field(1, ge=-1, le=1000)
