"""What is wrong with data from outside, as one line for a person: the field, its value, what is allowed instead.

pydantic tells programmers. Whatever a person can do wrong is said here in words, once, for files, options and requests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic.dataclasses import is_pydantic_dataclass
from pydantic.fields import FieldInfo

from unfog.util.nearest import nearest

Path = Sequence[int | str]
Details = Mapping[str, Any]
"""One error as pydantic tells it: type, loc, msg, input, ctx."""
UNSAID = "diffusion"  # the kind of a table that says none
NAME_SHOWN, VALUE_SHOWN, TEXT_SHOWN = 60, 80, 200  # characters of what somebody sent
UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
LIST, OBJECT, NUMBER, WHOLE = "it must be a list", "it must be an object", "it must be a number", "a whole number"
SEEDS = ("seed", "seeds")
SEED = f"it must be {WHOLE} from 0 to {2**64 - 1} (2^64 - 1)"
SAID = {
    "tuple_type": LIST,
    "list_type": LIST,
    "is_instance_of": LIST,
    "sequence_str": LIST,
    "too_long": "it must have at most {max_length} items",
    "too_short": "it must have at least {min_length} items",
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "dataclass_type": OBJECT,
    "int_type": f"it must be {WHOLE}",
    "int_parsing": f"it must be {WHOLE}",
    "int_from_float": f"it must be {WHOLE}",
    "int_parsing_size": f"it must be {WHOLE}, and no longer one",
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": "it must be a finite number",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be at most {le}",
    "bool_type": "it must be true or false",
    "bool_parsing": "it must be true or false",
    "string_type": "it must be a text",
    "string_unicode": "it must be a text, without half characters",
    "invalid_key": "its names must be texts",
    "string_too_long": "it must have at most {max_length} characters",
    "string_too_short": "it must have at least {min_length} characters",
    "literal_error": "it must be {expected}",
}
"""What is allowed, by the type of the error; braces are filled with its numbers."""
LISTS = {
    "size": "[width, height]",
    "canvas": "[width, height]",
    "interval": "[low, high]",
    "prompts": "[from, to]",
    "seeds": "[from, to]",
    "margins": "[left, top, right, bottom]",
}
"""Lists of so many items, and what each is."""
ID = re.compile(r"\^\[0-9a-f\]\{(\d+)\}\$")
NAME = re.compile(r"\^\[?\\w\]?\[\\w\.\\-\]\{0,(\d+)\}\$")
"""Patterns of ids and names, from which their length is read."""


def explain(error: ValidationError, data: object = None, model: object = None) -> str:
    """The first validation error in ``data``, which should have been a ``model``."""
    first = error.errors(include_url=False)[0]
    return described(first, named(first["loc"], data), model)


def described(first: Details, path: Path, model: object = None) -> str:
    """One error.

    Args:
        first: as pydantic tells it.
        path: of the field, as a person writes it.
        model: what should have been there, if the fields of its objects shall be suggested.
    """
    where, kind, context = written(path), first["type"], cast(Details, first.get("ctx") or {})
    here = [] if model is None else objects_at(model, first["loc"])
    if kind.startswith("union_tag"):
        quoted = re.fullmatch(r"'(\w+)'", context["discriminator"])
        where = written([*path, quoted[1] if quoted else "kind"])
        if kind == "union_tag_not_found":
            return f"{where} is missing" + (f"; it must be one of {', '.join(map(kind_of, here))}" if here else "")
        return refused(where, context["tag"], f"it must be one of {context['expected_tags']}" + meant(first, context))
    said = allowed(first, path)
    if kind in UNKNOWN and model is not None:
        said += suggested(str(first["loc"][-1]), objects_at(model, first["loc"][:-1]), path[:-1])
    if not path:  # several fields together
        return said
    if kind == "missing":
        return f"{where} is missing" + (f"; write {LISTS[name]}" if (name := list_name(path[:-1])) else "")
    return refused(where, first.get("input"), said)


def refused(where: str, value: object, said: str) -> str:
    """The sentence."""
    try:
        shown = json.dumps(value, default=str)
    except ValueError:  # a number of thousands of digits
        shown = "..."
    shown = shown if len(shown) <= VALUE_SHOWN else shown[: VALUE_SHOWN - 3] + "..."
    return f"{where or repr(where)} = {shown} is not allowed: {said}"


def allowed(first: Details, path: Path) -> str:
    """What is allowed instead."""
    context = cast(Details, first.get("ctx") or {})
    kind, last = first["type"], next((part for part in reversed(path) if isinstance(part, str)), "")
    if kind in UNKNOWN:
        return "there is no such field"
    if last in SEEDS and (kind.startswith("int_") or kind in ("less_than", "greater_than_equal")):
        return SEED
    if kind in ("tuple_type", "too_long") and (name := list_name(path)):
        return f"{LIST} {LISTS[name]}"
    if kind == "missing":
        return "it is missing"
    if kind == "string_pattern_mismatch":
        return pattern_said(context["pattern"])
    if kind in SAID:
        said = SAID[kind].format(**{name: number(value) for name, value in context.items()})
        return said + meant(first, context) if kind == "literal_error" else said
    return first["msg"][:TEXT_SHOWN].removeprefix("Value error, ")


def meant(first: Details, context: Details) -> str:
    """The name that was probably meant, of those that are allowed."""
    wrong = context.get("tag", first.get("input"))
    names = re.findall(r"'([^']*)'", str(context.get("expected_tags", context.get("expected"))))
    near = nearest(wrong[:NAME_SHOWN], names) if isinstance(wrong, str) else None
    return "" if near is None else f"; did you mean {near!r}?"


def number(value: object) -> str:
    """A bound, without zeros that say nothing; of many names the first."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= TEXT_SHOWN else text[: TEXT_SHOWN - 3] + "..."


def pattern_said(pattern: str) -> str:
    """What a pattern asks for."""
    if found := ID.fullmatch(pattern):
        return f"it must be {found[1]} characters of 0-9 and a-f, as they were told"
    if found := NAME.fullmatch(pattern):
        most = int(found[1]) + 1
        return (
            f"it must be a name: at most {most} letters, digits, '_', '.' and '-' without blanks, and neither '.' nor"
            " '-' first"
        )
    return f"it must match {pattern}"


def list_name(path: Path) -> str | None:
    """The name of a list whose items have meanings, if the path is one's."""
    return str(path[-1]) if path and path[-1] in LISTS else None


def suggested(wrong: str, here: Sequence[type], before: Path) -> str:
    """The nearest field that there is, here or one step deeper, and all that are here."""
    names = {name: name for one in here for name in fields_in(one)}
    listed = ", ".join(names)
    for one in here:
        for name, field in fields_in(one).items():
            for inner in objects(field.annotation):
                names |= {deeper: f"{name}.{deeper}" for deeper in fields_in(inner) if deeper not in names}
    near = nearest(wrong[:NAME_SHOWN], names)
    hint = "." if near is None else f"; did you mean {written([*before, names[near]])!r}?"
    return f"{hint} There are: {listed}"


def written(path: Path) -> str:
    """A path with dots; what somebody called a field may be long."""
    return ".".join(str(part)[:NAME_SHOWN] for part in path)


def named(path: Path, data: object) -> list[int | str]:
    """The path of an error without the kinds and classes that pydantic puts into it, which are in no setting's name."""
    out, here = list[int | str](), data
    for part in path:
        if isinstance(here, dict) and part not in here:
            kind = cast(dict[str, Any], here).get("kind")
            if part in (kind, UNSAID) or str(part)[0].isupper():
                continue
        out.append(part)
        here = cast(dict[Any, Any], here).get(part) if isinstance(here, dict) else None
    return out


def fields_in(kind: object) -> Mapping[str, FieldInfo]:
    """The fields of a class; none of anything else."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_fields
    return kind.__pydantic_fields__ if isinstance(kind, type) and is_pydantic_dataclass(kind) else {}


def objects(kind: object) -> list[type]:
    """The classes with fields that a type may be of."""
    if fields_in(kind):
        return [cast(type, kind)]
    return [one for inner in get_args(kind) for one in objects(inner)]


def objects_at(kind: object, path: Path) -> list[type]:
    """The classes that may be where the path of an error leads, kinds and all."""
    here = objects(kind)
    for part in path:
        if isinstance(part, str):
            fields = [fields_in(each)[part] for each in here if part in fields_in(each)]
            inner = [one for field in fields for one in objects(field.annotation)]
            here = inner or [each for each in here if part in (kind_of(each), each.__name__)]
    return here


def kind_of(one: type) -> str:
    """What a class is called where several are allowed."""
    field = fields_in(one).get("kind")
    return UNSAID if field is None else str(field.default)
