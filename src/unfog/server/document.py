"""The HTTP interface described for programs (OpenAPI): paths and parameters as FastAPI sees them, bodies and answers.

Our own routes say beside them which bodies they read (``described.py``); what the others read, and what all of them
answer, is in the table of ``operations.py``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from unfog.config.ask import ASKS
from unfog.server.client_shapes import A1111Error, OpenAIError
from unfog.server.content_types import EVENTS
from unfog.server.described import BYTES, json_of
from unfog.server.operations import ANSWERS, ASKED, FORMS
from unfog.server.shapes import Error

REF = "#/components/schemas/{model}"
ERRORS: dict[str, Any] = {"/v1/": OpenAIError, "/sdapi/": A1111Error, "/internal/": A1111Error, "/": Error}
"""How failures are told, by how the path begins (``dialects.py``)."""
PROBES = ("/healthz", "/readyz")
SCHEMES = {"bearer": {"type": "http", "scheme": "bearer"}, "basic": {"type": "http", "scheme": "basic"}}
AGAIN = {"retry-after": {"required": True, "schema": {"type": "integer"}, "description": "Seconds to wait."}}
EVENT = {"event": {"type": "string"}, "data": {"type": "string", "description": "JSON, or [DONE] at the end."},
         "id": {"type": "string", "description": "To go on from: Last-Event-ID."}}  # fmt: skip
PLACE = {"location": {"required": True, "schema": {"type": "string"}, "description": "Of the job."}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description; made once. Keys are asked for where the server has some."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        refs, schemas = components()
        found["components"] = {"schemas": schemas}
        if app.state.keys.wanted:
            found["components"]["securitySchemes"] = SCHEMES
            found["security"] = [{name: list[str]()} for name in SCHEMES]
        for path, operations in found["paths"].items():
            for method, operation in operations.items():
                complete(operation, path, f"{method} {path}", refs)
        app.openapi_schema = found
    return app.openapi_schema


def components() -> tuple[dict[str, Any], dict[str, Any]]:
    """Schemas of all that is read and answered: by what they are of, and the definitions that these name."""
    read = {repr(one): one for one in [*ASKED.values(), *FORMS.values()]}
    told = [one for answers in ANSWERS.values() for several in answers.values() for one in parts(several)]
    said = {repr(one): one for one in [*told, *ERRORS.values()] if not isinstance(one, str)}
    wanted: list[Any] = [("ask", "validation", ASKS)]
    wanted += [(name, "validation", TypeAdapter(one)) for name, one in read.items()]
    wanted += [(name, "serialization", TypeAdapter(one)) for name, one in said.items()]
    found, rest = TypeAdapter.json_schemas(wanted, ref_template=REF)
    refs = {name: schema for (name, _), schema in found.items()}
    for one in FORMS.values():
        refs[form_name(one)] = form_of(rest["$defs"][refs[repr(one)]["$ref"].rpartition("/")[2]])
    return refs, rest["$defs"] | {"Ask": refs.pop("ask")}


def complete(operation: dict[str, Any], path: str, name: str, refs: dict[str, Any]) -> None:
    """Put into an operation what it reads, answers and refuses."""
    if path in PROBES:
        operation["security"] = []
    if name in ASKED:
        operation |= json_of(refs[repr(ASKED[name])])
    if name in FORMS:
        operation["requestBody"]["content"]["multipart/form-data"] = {"schema": refs[form_name(FORMS[name])]}
    told, answers = operation["responses"], ANSWERS[name]
    told.pop("422", None)  # such failures are 400 here
    if answers:
        told.clear()
    told |= {str(status): answer(status, several, refs) for status, several in answers.items()}
    error = next(one for start, one in ERRORS.items() if path.startswith(start))
    told |= {status: answer("Refused.", error, refs) for status in ("4XX", "5XX")}
    told["429"] = answer("No more work is taken for now.", error, refs) | {"headers": AGAIN}
    if "202" in told:
        told["202"]["headers"] = PLACE


def answer(status: int | str, several: Any, refs: dict[str, Any]) -> dict[str, Any]:
    """One answer; a text says what it means."""
    said = status if isinstance(status, str) else HTTPStatus(status).phrase
    content = dict[str, Any]()
    for one in parts(several):
        if one == EVENTS:
            content[one] = {"itemSchema": {"type": "object", "required": ["data"], "properties": EVENT}}
            continue
        kind = one if isinstance(one, str) else "application/json"
        schema = refs[repr(one)] if not isinstance(one, str) else {} if kind == "application/json" else BYTES
        content[kind] = {"schema": schema}
    return {"description": said} | ({"content": content} if content else {})


def parts(several: Any) -> tuple[Any, ...]:
    """The kinds of an answer."""
    return several if isinstance(several, tuple) else () if several is None else (several,)


def form_name(fields: Any) -> str:
    """The key of a form among the schemas."""
    return f"form of {fields!r}"


def form_of(fields: dict[str, Any]) -> dict[str, Any]:
    """A form with these fields, a picture and perhaps a mask."""
    files = {"image": BYTES, "mask": BYTES}
    required = ["image", *fields.get("required", ())]
    return {"type": "object", "required": required, "properties": fields["properties"] | files}
