"""Messages in the words of an interface: what the library says of options of the command, said of fields of a request.

The checks of ``jobs/`` serve the command and every interface over HTTP, and they name what to change as the command
does (``--steps``, `` `unfog inpaint` ``). Each interface has its own names for the same things. Which, is read from the
schema of what it is asked: the field of that name that lies least deep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, cast

from unfog.config.ask import ASKS

Schema = dict[str, Any]
OPTION = re.compile(r"(?<![\w'\"-])--?(?P<name>[a-z](?:[a-z-]*[a-z])?)(?: (?:[A-Z]{2,}\b|(?P<value>-?\d[\d.]*)))?")
COMMAND = re.compile(r"`unfog (?P<name>\w+)`")
DEPTH = 6  # a schema that names itself has no end
OTHERWISE = {
    "times": "grid",
    "samples": "sampled",
    "left": "margins",
    "top": "margins",
    "right": "margins",
    "bottom": "margins",
}
"""Options of the command that are called otherwise in every request."""


class Tongue:
    """The words of one interface.

    Args:
        schema: makes the JSON schema of what it is asked; made once, when a message needs it.
        renamed: our names of fields that are called otherwise there.
    """

    def __init__(self, schema: Callable[[], Schema], renamed: Mapping[str, str] | None = None) -> None:
        self._schema, self._renamed = schema, renamed or {}

    @cached_property
    def fields(self) -> dict[str, str]:
        """The path of every field by its name; of several, the one that lies least deep."""
        schema, found = self._schema(), dict[str, str]()
        for path in sorted(paths(schema, schema.get("$defs", {})), key=len):
            found.setdefault(path[-1], ".".join(path))
        return found

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Tasks and ways, by the command that does them."""
        schema = self._schema()
        each = [(path, name) for path, name in constants(schema, schema.get("$defs", {}))]
        return {name: f"{'.'.join(path)} = {name}" for path, name in sorted(each, key=lambda one: -len(one[0]))}

    def field(self, option: str) -> str | None:
        """Where to say what an option of the command says; ``None``: nowhere."""
        name = option.replace("-", "_")
        name = OTHERWISE.get(name, name)
        return self._renamed.get(name) or self.fields.get(name)

    def says(self, text: str) -> str:
        """A message about options of the command, about fields; options that no field is for stay as they are."""

        def named(match: re.Match[str]) -> str:
            field = self.field(match["name"])
            return match[0] if field is None else field if match["value"] is None else f"{field} = {match['value']}"

        return COMMAND.sub(lambda match: self.kinds.get(match["name"], match[0]), OPTION.sub(named, text))


def inside(schema: Schema, defs: Schema) -> list[Schema]:
    """The objects that a schema may be: what it refers to, and all of several."""
    if "$ref" in schema:
        return inside(defs[schema["$ref"].rpartition("/")[2]], defs)
    several = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return [one for each in several for one in inside(each, defs)] if several else [schema]


def paths(schema: Schema, defs: Schema, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every field."""
    if len(before) == DEPTH:
        return
    for one in inside(schema, defs):
        for name, field in cast(Schema, one.get("properties", {})).items():
            yield (*before, name)
            yield from paths(field, defs, (*before, name))


def constants(schema: Schema, defs: Schema, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The path and the value of every field that may only be one text: which kind it is of."""
    if len(before) == DEPTH:
        return
    for one in inside(schema, defs):
        for name, field in cast(Schema, one.get("properties", {})).items():
            if isinstance(field.get("const"), str):
                yield (*before, name), field["const"]
            yield from constants(field, defs, (*before, name))


NATIVE = Tongue(ASKS.json_schema)
