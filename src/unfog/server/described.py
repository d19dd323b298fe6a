"""The bodies that our own routes read, for ``openapi_extra``; all else of the description is in ``document.py``."""

from __future__ import annotations

from typing import Any

ASK = {"$ref": "#/components/schemas/Ask"}
BYTES = {"type": "string", "format": "binary"}


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
                    "properties": {"file": BYTES},
                }
            }
        },
    }
}
