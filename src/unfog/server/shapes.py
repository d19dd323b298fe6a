"""What the native routes answer, for the description of the interface (OpenAPI): the fields of every JSON object.

Routes build these objects from rows and manifests as plain JSON; that they are as described here is what
``tests/story/test_schema.py`` measures. Unknown fields are not allowed in any of them, unless it says so.
"""

from __future__ import annotations

from typing import Any, Literal

from unfog.config.ask import AnySeed, Id
from unfog.config.base import Config
from unfog.config.manifest import Metric
from unfog.config.sample import SampleConfig
from unfog.server.states import JobState, Problem

Json = dict[str, Any]
Task = Literal["generate", "edit", "morph", "explain", "train"]


class Status(Config):
    """``/healthz``, ``/readyz``."""

    status: Literal["ok", "ready", "starting", "draining"]


class Live(Config):
    """Open Inference Protocol."""

    live: bool


class Ready(Config):
    """Likewise."""

    ready: bool


class ModelReady(Ready):
    """Likewise."""

    name: str


class Most(Config):
    """The limits that clients should know."""

    n: int
    side: int
    pixels: int
    upload_bytes: int
    steps: int
    frames: int
    prompt: int


class Queue(Config):
    """How many jobs there are."""

    waiting: int
    running: int


class Named(Config):
    """Something to choose, and what people call it."""

    name: str
    label: str


class GuideNumber(Config):
    """The number of a guide."""

    what: str
    default: float
    most: float


class GuideNamed(Config):
    """A guide to choose."""

    name: str
    part: str
    number: GuideNumber | None


class ServerFacts(Config):
    """What the server is."""

    version: str
    auth: bool
    manages: bool
    limits: Most
    tasks: list[Task]
    training: bool
    refuses: bool
    queue: Queue
    samplers: list[Named]
    grids: list[Named]
    guides: list[GuideNamed]


class Able(Config):
    """What a model can do (``jobs/abilities.py``); ``None`` where nobody wrote it down."""

    kind: str
    side: int
    transparent: bool
    completes: bool
    reference_pictures: bool
    tokens: int | None
    concepts: int | None
    names: list[str] | None
    styles: list[str] | None
    languages: list[str] | None
    measured: list[Metric]


class ModelFacts(Config):
    """A model."""

    id: str
    sha256: str
    default: bool
    pinned: bool
    loaded: bool
    size: int
    transparent: bool
    tasks: list[Task]
    recommended: SampleConfig
    calibrated_steps: list[int]
    abilities: Able
    concepts: list[str]
    styles: list[str]
    examples: list[str]
    description: str
    licence: str


class Models(Config):
    """All of them."""

    models: list[ModelFacts]


class Token(Config):
    """A piece of a text."""

    text: str
    known: bool
    read: bool


class Tokens(Config):
    """How a model reads a text."""

    used: int
    limit: int
    tokens: list[Token]
    truncated: str
    notes: list[str]


class Job(JobState, json_schema_serialization_defaults_required=True):
    """A job, with the address of its events."""

    events: str


class Jobs(Config):
    """A list of jobs; ``next`` continues it as ``before``."""

    jobs: list[Job]
    next: Id | None


class Picture(Config):
    """A finished picture; ``task`` is the way of an edit."""

    id: Id
    job: str
    index: int
    prompt: str
    negative: str
    task: str
    model: str
    sampler: str
    steps: int
    width: int
    height: int
    bytes: int
    seed: AnySeed
    created: str
    starred: bool
    trashed: str | None
    sha256: str
    url: str
    thumb: str
    recipe: Json


class Pictures(Config):
    """A list of pictures; ``next`` continues it as ``before``."""

    pictures: list[Picture]
    next: Id | None


class Recalled(Config):
    """How a picture was made: fields of an ask, and our own recipe if it has one."""

    source: str
    ask: Json
    warnings: list[str]
    recipe: Json | None


class Root(Config):
    """A folder of folders."""

    name: str
    folders: list[str]


class Roots(Config):
    """What may be trained on."""

    roots: list[Root]
    built_in: list[str]


class Twin(Config):
    """A picture that is there twice."""

    path: str
    first: str


class Wrong(Config):
    """A file that cannot be used."""

    path: str
    kind: str
    reason: str


class Spread(Config):
    """Words per caption, or pixels of the shorter side."""

    smallest: int
    median: int
    largest: int


class Checked(Config):
    """What the data check found; the facts from ``layout`` on, where something can be trained on."""

    folder: str
    pictures: int
    usable: int
    ignored_files: dict[str, int]
    duplicates: list[Twin]
    problems: list[Wrong]
    layout: str = ""
    captions: int = 0
    different_captions: int = 0
    words_per_caption: Spread | None = None
    train: int = 0
    valid: int = 0
    shorter_side: Spread | None = None
    licences: dict[str, int] | None = None
    redistributable: bool = False
    fingerprint: str = ""


class Error(Config):
    """Every failure of the native routes."""

    error: Problem
