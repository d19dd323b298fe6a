"""The recipe of one picture: all that is needed to make the same pixels again, and nothing else.

No time, no path, no place in a batch: pictures that are equal have equal recipes. The model is named by its sha256
(``model/locate.py``). A recipe is read back from files of strangers, so every number is bounded and every unknown key
refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unfog.config.base import Config
from unfog.config.sample import SampleConfig, Seed, Side

NUMERICS = 1
"""Raised by every change of the program after which the same recipe gives other pixels."""

Device = Literal["cpu", "cuda", "mps"]


class ModelName(Config):
    """Which model: the name is for people, the sha256 decides."""

    name: Annotated[str, Field(pattern=r"^\w[\w.\-]{0,79}$")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Recipe(Config):
    """What is stored in every picture."""

    format: Literal["unfog.recipe/1"] = "unfog.recipe/1"
    task: Literal["generate"] = "generate"
    prompt: Annotated[str, Field(max_length=4096)]
    negative: Annotated[str, Field(max_length=4096)] = ""
    seed: Seed
    """Of this picture, not of the request it was part of."""
    size: tuple[Side, Side]
    """Width and height in pixels."""
    canvas: tuple[Side, Side] | None = None
    """Width and height that were painted and then enlarged; unset in older pictures, which are as they were painted."""
    transparent: bool = False
    """Whether the file keeps transparency; otherwise it lies on white."""
    sample: SampleConfig
    nfe: Annotated[int, Field(ge=1, le=100_000)]
    """Network evaluations really spent; ``sample.steps`` is what was asked for."""
    model: ModelName
    unfog: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+\-]{1,40}$")]
    """Version of the program."""
    numerics: Annotated[int, Field(ge=1, le=10**6)] = NUMERICS
    dtype: Literal["float32"] = "float32"
    device: Device
    threads: Annotated[int, Field(ge=1, le=4096)] | None = None
    """CPU threads: sums are split between them, so another number may change the last bit."""
    promise: Literal["L0", "L1", "L2", "L3"]
    """L3: the same bits on the same machine and version, in any batch; L1: within 2 of 255 across devices."""
