"""What an engine says of a job before any worker has seen it."""

from __future__ import annotations

import pytest
from tests.support.doors import Doors
from tests.support.saved import save_tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> str:
    return str(save_tiny(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture
def doors(tiny, tmp_path):
    doors = Doors(tmp_path, (tiny,), engine={"at_once": 2, "queue_s": 50})
    doors.engine.crew.pace.add(0.5, 1.0)  # half a second for every step
    yield doors
    doors.close()


def told(doors: Doors, job: str) -> tuple[int, float]:
    data = doors.engine.feed(job, "local").events[0].data
    return data["position"], data["eta_s"]


def test_the_first_event_says_when_it_will_be_done(doors):
    long = doors.submit("local", chosen={"steps": 200})
    short = doors.submit("local", chosen={"steps": 4})
    large = doors.submit("local", chosen={"steps": 2}, canvas=[32, 32])  # a step is 8 of the others'
    assert told(doors, long) == (0, 100)
    assert told(doors, short) == (1, 4)  # the long one has had 4 steps by then
    assert told(doors, large) == (2, 4 + 2 * (1 + 8) * 0.5)
    assert doors("GET", f"/api/v1/jobs/{short}").json()["eta_s"] == 4


def test_a_job_is_placed_where_it_will_be(doors):
    for _ in range(3):
        doors.submit("a", chosen={"steps": 10})
    name = doors.submit("b", chosen={"steps": 10})
    data = doors.engine.feed(name, "b").events[0].data
    assert (data["position"], data["eta_s"]) == (1, 10)  # before all but the first of the other owner


def test_only_a_wait_closes_the_door(doors):
    ask = {"task": "generate", "prompt": "x", "chosen": {"steps": 200}}
    codes = [doors("POST", "/api/v1/jobs", json=ask).status_code for _ in range(4)]
    assert codes == [202, 202, 429, 429]  # the second place was free; the next one is in 200 s, and 50 are allowed
