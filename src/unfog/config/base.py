"""Frozen, typed configuration: unknown keys refused, overridable with ``a.b=c``, saved beside the weights it made."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from unfog.config.faults import explain, named, written
from unfog.util.errors import UsageError

C = TypeVar("C", bound="Config")  # not Self: the checks of annotations in tests cannot resolve it


class Config(BaseModel):
    """Base of every configuration: immutable, no unknown keys, no infinities or NaNs."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    def override(self: C, assignments: Sequence[str]) -> C:  # noqa: PYI019
        """A copy with ``a.b=c`` assignments applied; values are read as TOML, or as plain text when they are not TOML.

        Another ``kind`` replaces its section: what belonged to the former kind goes, the new kind's defaults come.
        Kinds are set first, whatever the order, so that what is set beside one is kept.

        Raises:
            UsageError: an assignment names no field, or its value is not allowed; the message names both.
        """
        data = self.model_dump(mode="json")
        for assignment in sorted(assignments, key=lambda text: not text.partition("=")[0].rstrip().endswith(".kind")):
            path, separator, text = assignment.partition("=")
            if not separator:
                raise UsageError(f"--set needs key=value, got {assignment!r}, for example --set train.batch=32")
            assign(data, keys := path.strip().split("."), value(text.strip()), assignment)
            if keys[-1] == "kind":
                data = self.parse(data).model_dump(mode="json")
        return self.parse(data)

    @classmethod
    def parse(cls: type[C], data: object) -> C:  # noqa: PYI019
        """Validate untrusted data.

        Raises:
            UsageError: one line naming the first offending field, its value and what is allowed.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            field = written(named(error.errors(include_url=False)[0]["loc"], data))
            raise UsageError(explain(error, data, cls), field=field or None) from None


def value(text: str) -> Any:
    """A TOML value, or the text itself: ``3e-4`` is a number, ``true`` a flag, ``[1, 2]`` a list, ``cosine`` a word."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def assign(data: dict[str, Any], path: Sequence[str], new: Any, assignment: str) -> None:
    """Set ``data[path[0]][path[1]]...`` in place; the whole path must exist. A new ``kind`` empties its section."""
    here = data
    for key in path[:-1]:
        inner = here.get(key)
        if not isinstance(inner, dict):
            raise UsageError(f"--set {assignment}: there is no section {key!r}; sections here: {', '.join(here)}")
        here = cast(dict[str, Any], inner)
    if path[-1] not in here:
        raise UsageError(f"--set {assignment}: there is no setting {path[-1]!r}; settings here: {', '.join(here)}")
    if path[-1] == "kind" and new != here["kind"]:
        here.clear()
    here[path[-1]] = new
