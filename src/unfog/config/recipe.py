"""The recipe of one picture: all that is needed to make the same pixels again, and nothing else.

No time, no path, no place in a batch: pictures that are equal have equal recipes. The model is named by its sha256
(``model/locate.py``). A recipe is read back from files of strangers, so every number is bounded and every unknown key
refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from unfog.config.base import Config
from unfog.config.edit import Denoise, Inpaint, Restore, Way
from unfog.config.sample import Layout, SampleConfig, Seed, Side

NUMERICS = 7
"""Raised by every change of the program after which the same recipe gives other pixels."""

Device = Literal["cpu", "cuda", "mps"]
Role = Literal["picture", "mask", "style", "kernel"]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Length = Annotated[int, Field(ge=1, le=65535)]


class ModelName(Config):
    """Which model: the name is for people, the sha256 decides."""

    name: Annotated[str, Field(pattern=r"^\w[\w.\-]{0,79}$")]
    sha256: Sha256


class Making(Config):
    """What all recipes say."""

    format: Literal["unfog.recipe/1"] = "unfog.recipe/1"
    prompt: Annotated[str, Field(max_length=4096)]
    negative: Annotated[str, Field(max_length=4096)] = ""
    seed: Seed
    """Of this picture, not of the request it was part of."""
    sample: SampleConfig
    model: ModelName
    unfog: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+\-]{1,40}$")]
    """Version of the program."""
    numerics: Annotated[int, Field(ge=1, le=10**6)] = NUMERICS
    dtype: Literal["float32"] = "float32"
    device: Device
    threads: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Of the CPU, if always the same: sums are split between them, and another number may change the last bit."""
    promise: Literal["L0", "L1", "L2", "L3"]
    """L3: the same bits on the same machine and version, in any batch; L1: within 2 of 255 across devices."""


class Recipe(Making):
    """What is stored in a picture that was generated."""

    task: Literal["generate"] = "generate"
    size: tuple[Side, Side]
    """Width and height in pixels."""
    canvas: tuple[Side, Side] | None = None
    """Width and height that were painted and then enlarged; unset in older pictures, which are as they were painted."""
    transparent: bool = False
    """Whether the file keeps transparency; otherwise it lies on white."""
    layout: Layout | None = None
    """Left out where there is none."""
    nfe: Annotated[int, Field(ge=1, le=100_000)]
    """Network evaluations really spent; ``sample.steps`` is what was asked for."""


class EditRecipe(Making):
    """What is stored in a picture that was made from another."""

    task: Literal["edit"] = "edit"
    way: Way
    inputs: Annotated[dict[Role, Sha256], Field(min_length=1, max_length=3)]
    """The sha256 of the pixels of what went in (``media/original.py``)."""
    size: tuple[Length, Length]
    """Width and height in pixels, of the picture that went in, or of what outpainting made of it."""
    canvas: tuple[Length, Length]
    """Width and height that were painted."""
    steps: Annotated[int, Field(ge=0, le=1000)]
    """Sampling steps really made; ``sample.steps`` are those of the whole way from noise."""
    nfe: Annotated[int, Field(ge=0, le=1_000_000)]
    """Network evaluations really spent."""

    @model_validator(mode="after")
    def is_settled(self) -> EditRecipe:
        """A picture went in, and nothing is left to be decided."""
        if "picture" not in self.inputs:
            raise ValueError("no picture went in")
        if isinstance(self.way, Inpaint) and self.way.method == "auto":
            raise ValueError("the method of painting is not settled")
        if isinstance(self.way, Denoise) and self.way.sigma is None:
            raise ValueError("the noise level is not settled")
        if isinstance(self.way, Restore):
            measured = self.way.degradation in ("blur", "downsample", "jpeg")
            if self.way.method == "auto" or measured != (self.way.amount is not None):
                raise ValueError("the method of restoring, or the amount to restore from, is not settled")
        return self


AnyRecipe = Recipe | EditRecipe
