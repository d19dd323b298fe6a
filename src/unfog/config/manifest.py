"""The manifest of a model folder (``unfog.json``): everything known about a model besides its weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from unfog.config.base import Config
from unfog.config.model import AnyModelConfig, Fraction
from unfog.config.sample import Nodes, SampleConfig, SamplerName


class FileEntry(Config):
    """Size and hash of one file of the folder."""

    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Metric(Config):
    """A measured number with its sample count and, for shares and their differences, a 95 % interval."""

    name: str
    value: float
    n: Annotated[int, Field(ge=1)]
    low: float | None = None
    high: float | None = None
    unit: Literal["share", "points", "number"] = "share"
    """``share``: 0 to 1. ``points``: a difference of two shares, -1 to 1. ``number``: anything else."""
    note: str = ""


class Calibration(Config):
    """Where to evaluate the model for so many steps of a sampler at a strength of guidance (``jobs/calibrate.py``)."""

    sampler: SamplerName
    guidance: Annotated[float, Field(ge=0, le=100)]
    nodes: Nodes
    """Inner nodes as lam = log(alpha/sigma), increasing; one less than the steps."""
    error: Annotated[float, Field(ge=0)]
    """Distance from where the exact flow ends, root mean square over pictures that were not fitted on."""
    before: Annotated[float, Field(ge=0)]
    """The same for the best of the fixed grids."""
    n: Annotated[int, Field(ge=1)]
    """Pictures that the two were measured on."""

    @property
    def steps(self) -> int:
        return len(self.nodes) + 1


class Training(Config):
    """How the weights came to be."""

    command: str
    seed: int
    images: int
    seconds: float
    images_per_second: float
    code: str
    """Version of unfog (and commit, where known) that trained the weights."""
    hardware: str
    data: str
    data_fingerprint: str
    data_licences: dict[str, int]
    config: dict[str, Any]


Text = Annotated[str, Field(max_length=400_000)]


class Knowledge(Config):
    """What a model was shown by name; every other word of a prompt is a guess to it."""

    concepts: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...], Field(max_length=20_000)] = ()
    """Things, the most useful first; "turtle|tortoise" is a name with its synonyms."""
    names: Annotated[dict[Annotated[str, Field(pattern="^[a-z]{2,8}$")], Text], Field(max_length=64)] = Field(
        default_factory=dict
    )
    """Names of these things in other languages, by language code, with "|" between them."""
    words: Text = ""
    """All other words of its captions (colours, numbers, sizes, places, styles), with spaces between them."""
    styles: Annotated[tuple[Annotated[str, Field(max_length=80)], ...], Field(max_length=200)] = ()

    def __hash__(self) -> int:
        return hash((self.concepts, self.words))


class Manifest(Config):
    """``unfog.json``. ``files`` is filled in by the atomic commit of the folder."""

    format: Literal["unfog.model/1"] = "unfog.model/1"
    name: Annotated[str, Field(pattern=r"^[\w][\w.\-]{0,79}$")]
    description: str = ""
    licence: str = "unknown"
    redistributable: bool = False
    model: AnyModelConfig
    caption_dropout: Fraction
    """Share of captions replaced by the null conditioning in training; at 0 the model cannot be guided."""
    parameters: Annotated[int, Field(ge=0)] = 0
    """Numbers in the weights file; 0: not counted."""
    tokenizer_sha256: str | None = None
    """Of the vocabulary; unset for a model that reads no text."""
    sample: SampleConfig = SampleConfig()
    """Recommended sampling settings."""
    calibrated: Annotated[tuple[Calibration, ...], Field(max_length=256)] = ()
    """Fitted nodes, for the grid ``calibrated``."""
    examples: tuple[str, ...] = ()
    """Prompts of the kind the model was trained on."""
    knows: Knowledge | None = None
    """What it was shown by name; unset: nobody wrote it down."""
    training: Training | None = None
    metrics: tuple[Metric, ...] = ()
    files: dict[str, FileEntry] = Field(default_factory=dict)
