"""What the server says of itself has the fields that the document promises, and no others."""

from __future__ import annotations

import pytest
from tests.support.doors import Doors
from tests.support.saved import save_tiny

from unfog.config.base import Config
from unfog.server.operations import ANSWERS


def is_fields(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Config)


GETS = {name.removeprefix("get "): told for name, told in ANSWERS.items() if name.startswith("get ")}
ALONE = [path for path, told in GETS.items() if "{" not in path and is_fields(told.get(200))]


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    tiny = save_tiny(tmp_path_factory.mktemp("models") / "tiny")
    doors = Doors(tmp_path_factory.mktemp("data"), (str(tiny),))
    yield doors
    doors.close()


def test_there_are_some():
    assert {"/api/v1/server", "/api/v1/models", "/v1/models", "/sdapi/v1/progress"} <= set(ALONE)


@pytest.mark.parametrize("path", ALONE)
def test_an_answer_is_as_described(doors, path):
    said = doors("GET", path)
    GETS[path][said.status_code].model_validate_json(said.content)  # raises for a field that is missing or unknown
