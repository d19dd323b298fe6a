"""More guidance than its strength: which variants a picture was made with, each with its one number.

A person writes ``pag:2.5`` or ``apg``; a recipe stores the name and, where there is one, the number, never a default.
The mathematics stand in ``unfog/guidance/NAME.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from unfog.config.base import Config
from unfog.util.errors import UsageError
from unfog.util.nearest import unknown

GuideName = Literal["increasing", "cfgpp", "cfg_zero", "tcfg", "apg", "fdg", "pag", "seg", "slg", "threshold"]


@dataclass(frozen=True)
class Number:
    """What the number of a guide is, what it is when none is given, and the most it may be; 0 is the least."""

    what: str
    default: float
    most: float


@dataclass(frozen=True)
class GuideFact:
    """What a guide changes: the scale, the unconditional anchor, the mix of the two, or what comes after."""

    part: Literal["scale", "anchor", "mix", "push", "range"]
    number: Number | None = None


GUIDES: dict[GuideName, GuideFact] = {
    "increasing": GuideFact("scale"),
    "cfgpp": GuideFact("scale", Number("strength", 0.6, 1)),
    "cfg_zero": GuideFact("anchor"),
    "tcfg": GuideFact("anchor"),
    "apg": GuideFact("mix", Number("eta", 0.0, 1)),
    "fdg": GuideFact("mix", Number("share of coarse detail", 0.5, 1)),
    "pag": GuideFact("push", Number("strength", 2.0, 10)),
    "seg": GuideFact("push", Number("strength", 2.0, 10)),
    "slg": GuideFact("push", Number("strength", 2.0, 10)),
    "threshold": GuideFact("range", Number("quantile", 0.995, 1)),
}
OF_CFG = ("scale", "anchor", "mix")  # parts that do nothing where there is no classifier-free guidance
CFGPP_SAMPLERS = ("ddim", "euler")


class Guide(Config):
    """One variant of guidance and its number."""

    name: GuideName
    value: Annotated[float, Field(ge=0, le=100)] | None = None
    """Strength, eta, share or quantile; none for those that have no number."""

    @model_validator(mode="after")
    def number_belongs(self) -> Guide:
        """A number exactly where there is one, and within its bounds."""
        number = GUIDES[self.name].number
        if (self.value is None) != (number is None):
            raise ValueError(f"{self.name} {'takes no number' if number is None else f'needs its {number.what}'}")
        if number is not None and self.value is not None and self.value > number.most:
            raise ValueError(f"the {number.what} of {self.name} must be within 0..{number.most:g}, got {self.value:g}")
        return self

    @staticmethod
    def of(text: str) -> Guide:
        """``NAME`` or ``NAME:NUMBER`` as people write it.

        Raises:
            UsageError: an unknown name (the nearest is suggested), or a number that is none or out of bounds.
        """
        name, colon, digits = text.strip().partition(":")
        names = {known: known for known in get_args(GuideName)}
        if name not in names:
            raise UsageError(unknown("guidance", name, names), field="guide")
        number = GUIDES[names[name]].number
        try:
            value = float(digits) if colon else None if number is None else number.default
        except ValueError:
            value = math.nan
        if value is not None and not math.isfinite(value):
            raise UsageError(f"--guide {text!r} has no number after the colon; write it as in pag:2.5", field="guide")
        return Guide.parse({"name": name, "value": value})
