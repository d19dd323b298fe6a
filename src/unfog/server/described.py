"""The HTTP interface described for programs (OpenAPI): what FastAPI sees of it, and the bodies that we read."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from unfog.config.ask import ASKS

REF = "#/components/schemas/{model}"
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "retryable"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "retryable": {"type": "boolean"},
            },
        }
    },
}
REFUSED = {
    "description": "Refused.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
RESPONSES: dict[int | str, dict[str, Any]] = {"4XX": REFUSED, "5XX": REFUSED}
ASK = {"$ref": "#/components/schemas/Ask"}


def json_of(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON body, for ``openapi_extra``."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def object_of(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """A JSON body that is an object of these fields and no others."""
    schema = {"type": "object", "properties": properties, "additionalProperties": False, "required": list(required)}
    return json_of(schema)


FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description; made once."""
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        ask = ASKS.json_schema(ref_template=REF)
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        schemas |= ask.pop("$defs") | {"Ask": ask, "Error": ERROR}
        for path in found["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)  # such failures are 400 here
        app.openapi_schema = found
    return app.openapi_schema
