"""T32: what somebody asks for goes in bodies; no address holds it, and no address is told to anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi.routing import APIRoute
from tests.support.doors import KEYS, Doors
from tests.support.saved import save_tiny

from unfog.server.app import ROUTERS
from unfog.server.run import server_for

SECRET, SEED = "zebedee quillfeather", 8141592653
PRIVATE = ("prompt", "negative", "seed", "text", "caption", "key", "password", "image", "q")


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    tiny = save_tiny(tmp_path_factory.mktemp("models") / "tiny")
    doors = Doors(tmp_path_factory.mktemp("data"), (str(tiny),))
    yield doors
    doors.close()


def addresses(value: Any, key: str = "") -> Iterator[str]:
    """Every text in JSON that is an address."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from addresses(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from addresses(inner, key)
    elif isinstance(value, str) and (key in ("url", "events", "location", "href") or re.match(r"/|\w+://", value)):
        yield value


def test_no_route_takes_what_is_private_in_its_address():
    """The words that the gallery is searched for are the one exception, and are named in docs/security.md."""
    found = {
        (route.path, param.name)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for param in (*route.dependant.query_params, *route.dependant.path_params)
        if param.name.lower() in PRIVATE
    }
    assert found == {("/api/v1/pictures", "q")}


def test_what_is_put_into_an_address_is_not_taken(doors):
    said = doors("POST", f"/api/v1/jobs?prompt={SECRET}&seed={SEED}", json={"task": "generate"})
    assert said.status_code == 400
    assert SECRET not in said.text
    listed = doors("GET", f"/api/v1/jobs?prompt={SECRET}")
    assert listed.status_code == 400
    assert SECRET not in listed.text
    assert doors("POST", f"/sdapi/v1/png-info?image={SECRET}", json={}).status_code in (400, 422)


def test_no_address_of_a_job_tells_what_it_is_about(doors):
    ask = {"task": "generate", "prompt": SECRET, "negative": SECRET, "seed": SEED}
    said = doors("POST", "/api/v1/jobs", json=ask)
    assert said.status_code == 202
    places = [*addresses(said.json()), said.headers["location"], *addresses(doors("GET", "/api/v1/jobs").json())]
    assert len(places) >= 3
    for place in places:
        assert "zebedee" not in unquote(place).lower()
        assert str(SEED) not in place


@pytest.mark.parametrize("keys", [(), KEYS])
def test_no_page_that_is_left_tells_where_it_was(doors, tmp_path_factory, keys):
    """On every route, and on every refusal: neither an address nor a part of it goes to the next page."""
    tiny = str(doors.engine.catalogue.models["tiny"].folder)
    one = Doors(tmp_path_factory.mktemp("one"), (tiny,), keys=keys)
    try:
        for method, path in [*one.routes(), ("GET", "/no/such/thing"), ("TRACE", "/"), ("POST", "/")]:
            said = one(method, path, json=[])
            assert said.headers["referrer-policy"] == "no-referrer", path
        assert one("GET", "/", headers={"host": "evil.test"}).headers["referrer-policy"] == "no-referrer"
        assert one("GET", "/?token=wrong").headers["referrer-policy"] == "no-referrer"
    finally:
        one.close()


def test_the_studio_puts_only_the_name_of_a_page_into_its_own_address(repo):
    """No prompt in the address line, in the history or in a link; nothing is told to a counter of visitors."""
    for path in (repo / "studio/src").rglob("*"):
        if path.suffix not in (".svelte", ".ts"):
            continue
        text = path.read_text(encoding="utf-8")
        assert (
            re.search(r"pushState|replaceState|sendBeacon|document\.cookie|location\.(search|assign|replace)", text)
            is None
        )
        assert re.findall(r"location\.hash = (\w+)", text) in ([], ["page"]), path
        for place in re.findall(r"`(/(?:api|v1|sdapi)[^`]*)`", text):
            assert not re.search(r"(prompt|seed|negative)=|\$\{[^}]*\b(prompt|seed|negative)\b", place), (path, place)


def test_no_log_of_requests_is_kept(doors):
    assert server_for(doors.engine, doors.keys).config.access_log is False
