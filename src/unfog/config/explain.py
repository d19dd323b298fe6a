"""What ``unfog explain`` is asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unfog.config.base import Config
from unfog.config.sample import GenerateRequest, Seed

ScheduleName = Literal[
    "vp_linear",
    "scaled_linear",
    "cosine",
    "sigmoid",
    "ve",
    "flow",
    "table_linear",
    "table_scaled_linear",
    "zero_snr_vp_linear",
    "zero_snr_scaled_linear",
]
Place = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class ForwardRequest(Config):
    """How a picture is turned into noise, and which of its pixels are followed."""

    steps: Annotated[int, Field(ge=2, le=1000)] = 40
    """Steps T of the Markov chain, equally long in t."""
    schedule: ScheduleName = "vp_linear"
    """How much noise there is when."""
    size: Annotated[int, Field(ge=16, le=512)] = 256
    """Longer side in pixels that is worked with; smaller pictures keep their own."""
    seed: Seed = 0
    pixels: Annotated[tuple[Place, ...], Field(max_length=6)] = ()
    """Pixels (x, y) of the file whose walk is shown, from the top left; none: the reddest and two unlike it."""


class ReverseRequest(Config):
    """How a picture is made whose way out of noise is shown, and how many of its steps."""

    picture: GenerateRequest
    """The same as for ``unfog generate``; one picture."""
    moments: Annotated[int, Field(ge=2, le=100)] = 24
    """Steps that are shown at most, the first and the last among them."""
