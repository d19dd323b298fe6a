"""What an engine says of a job before any worker has seen it."""

from __future__ import annotations

import pytest
import torch
from tests.support.doors import Doors
from tests.support.saved import save_tiny

from unfog.media.png import encode


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


def sent(doors: Doors, width: int, height: int) -> dict[str, str]:
    file = doors.runner.run(doors.engine.add_file(encode(torch.zeros(3, height, width, dtype=torch.uint8)), "local"))
    return {"picture": file.id}


def test_work_on_a_picture_grows_with_it(doors):
    edits = [
        doors.submit("local", task="edit", prompt="", inputs=sent(doors, *size), way={"kind": "denoise", "sigma": 9})
        for size in ((16, 16), (160, 16))
    ]
    jobs = [doors.engine.ledger.live[name] for name in edits]
    assert [(job.work, job.turn) for job in jobs] == [(4, 4), (4 * 13, 4)]  # four views of every window


def test_what_would_be_too_large_is_refused(doors):
    ask = {"task": "edit", "inputs": sent(doors, 4000, 32), "way": {"kind": "upscale", "factor": 16}}
    said = doors("POST", "/api/v1/jobs", json=ask)
    assert said.status_code == 400
    assert "would have 32768000 pixels, and 16000000 are allowed" in said.json()["error"]["message"]
    for way in ({"kind": "restore", "degradation": "downsample", "amount": 16},
                {"kind": "inpaint", "margins": [4000, 4000, 1000, 1000]}):  # fmt: skip
        said = doors("POST", "/api/v1/jobs", json=ask | {"way": way})
        assert "are allowed" in said.json()["error"]["message"]


def test_what_would_take_too_long_is_refused(doors):
    doors.engine.crew.pace.add(1e5, 1e3)  # about 100 s for every evaluation
    ask = {"task": "edit", "inputs": sent(doors, 640, 16), "way": {"kind": "denoise", "sigma": 9}}
    assert "or a smaller picture" in doors("POST", "/api/v1/jobs", json=ask).json()["error"]["message"]


def test_a_large_step_is_waited_for(doors):
    post, crew = doors.engine.crew.posts[0], doors.engine.crew
    small, large = doors.submit("local"), doors.submit("local", canvas=[64, 64])  # steps of half a second and of 32
    post.ready, post.hand.last_progress, post.hand.last_sign = True, 0.0, 300.0
    for name, waited in ((small, 60), (large, 128)):
        post.jobs = {name: crew.ledger.live[name]}
        assert not post.hangs(waited - 1, 60, 60, crew.pace)
        assert post.hangs(waited + 1, 60, 60, crew.pace)
    post.jobs = {}
