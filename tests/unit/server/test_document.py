"""The OpenAPI document: all routes are in it, nothing else is, and everything that it names is there."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from unfog.server.answers import ignored_header
from unfog.server.app import ROUTERS
from unfog.server.document import describe
from unfog.server.operations import ANSWERS, ASKED, FORMS


def document(*, keys: bool) -> dict[str, Any]:
    app = FastAPI(title="unfog", version="0")
    for router in ROUTERS:
        app.include_router(router)
    app.state.keys = SimpleNamespace(wanted=keys)
    return describe(app)


def test_the_table_has_exactly_the_routes_there_are():
    paths = document(keys=True)["paths"]
    operations = {f"{method} {path}" for path, methods in paths.items() for method in methods}
    assert operations == ANSWERS.keys()
    assert operations >= ASKED.keys() | FORMS.keys()


def test_what_is_named_is_there():
    found = document(keys=True)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)))
    assert named <= found["components"]["schemas"].keys()
    assert {"Ask", "Job", "Picture", "Error", "OpenAIError", "A1111Error"} <= named


def test_keys_are_asked_for_where_the_server_has_some():
    assert "security" not in document(keys=False)
    found = document(keys=True)
    assert found["security"] == [{"bearer": []}, {"basic": []}]
    assert [path for path, one in found["paths"].items() if one.get("get", {}).get("security") == []] == [
        "/healthz",
        "/readyz",
    ]


def test_an_ask_says_its_task():
    schemas = document(keys=False)["components"]["schemas"]
    kinds = [schemas[one["$ref"].rpartition("/")[2]] for one in schemas["Ask"]["oneOf"]]
    assert len(kinds) == 5
    assert all("task" in kind["required"] for kind in kinds)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("init_images[1:]", "override_settings.a"), "init_images[1:],override_settings.a"),
        (("\U000c144e", "a\r\nset-cookie: b"), "%F3%81%91%8E,a%0D%0Aset-cookie:%20b"),
    ],
)
def test_fields_of_any_name_fit_into_a_header(names, said):
    assert ignored_header(names) == {"x-unfog-ignored": said}
