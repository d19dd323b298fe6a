"""A training over HTTP: checked, begun, paused, gone on with, and its model used at once."""

from __future__ import annotations

import io
import logging

import pytest
from PIL import Image
from tests.support.folders import SMALL_NET
from tests.support.pictures import pattern, write
from tests.support.saved import save_tiny
from tests.support.serving import CHANGE, Serving, wait_for

from unfog.server.hand import Hand

pytestmark = pytest.mark.slow
NET = [
    *SMALL_NET,
    "train.batch=8",
    "train.save_every_images=64",
    "train.preview_every_images=64",
    "train.validate_every_images=64",
    "train.validate_images=8",
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    root = tmp_path_factory.mktemp("training")
    for k in range(12):
        write(root / "sets/dots" / f"{k}.png", pattern(16, 16), f"a dot of kind {k}")
    (root / "sets/empty").mkdir()
    (root / "sets/way-out").symlink_to(root)
    tiny = save_tiny(root / "tiny")
    serving = Serving(root / "data", models=(str(tiny),), roots=[str(root / "sets")]).until_ready()
    yield serving
    serving.stop()


def post(served: Serving, path: str) -> dict:
    said = served.http.post(path, headers=CHANGE)
    assert said.status_code == 200, said.text
    return said.json()


def test_folders_are_listed_and_checked(served):
    said = served.http.get("/api/v1/training/folders").json()
    assert said["roots"] == [{"name": "sets", "folders": ["dots", "empty"]}]
    report = served.http.post("/api/v1/training/check", json={"folder": "sets/dots"}).json()
    assert report["folder"] == "sets/dots"
    assert report["pictures"] == 12
    assert report["duplicates"]
    assert "/" not in report["duplicates"][0]["path"]


def test_a_training_is_paused_goes_on_and_its_model_draws(served, caplog):
    caplog.set_level(logging.INFO, "unfog.server")
    ask = {"task": "train", "folder": "scenes", "size": 16, "images": 640, "name": "mine", "set": NET, "seed": 3}
    job = served.ask(**ask)
    served.ask(**ask, expect=400)  # that name is taken
    wait_for(lambda: any(event.type == "record" for event in served.engine.feed(job["id"], "local").events))
    assert post(served, f"/api/v1/jobs/{job['id']}/pause")["state"] in ("running", "paused")
    wait_for(lambda: served.job(job["id"])["state"] in ("paused", "done", "failed"))
    assert served.job(job["id"])["state"] == "paused", served.job(job["id"])
    assert post(served, f"/api/v1/jobs/{job['id']}/resume")["state"] in ("queued", "running")
    ended = served.done(job["id"])
    assert ended["state"] == "done", ended["error"]
    events = served.events(job["id"])
    records = [event["data"] for event in events if event["type"] == "record"]
    assert {"metric", "validation", "sample"} <= {record["kind"] for record in records}
    assert max(record.get("seen_images", 0) for record in records) == 640
    samples = [record for record in records if record["kind"] == "sample"]
    sample = served.http.get(samples[-1]["url"])
    assert Image.open(io.BytesIO(sample.content)).format == "PNG"
    assert events[-1]["data"]["model"] == {"name": "mine"}
    wait_for(lambda: "(unfog.server.trainer) ended with code 0" in caplog.text)
    assert "mine" in {one["id"] for one in served.http.get("/api/v1/models").json()["models"]}
    picture = served.make(model="mine", seed=1)
    assert len(picture["pictures"]) == 1


def test_a_training_that_cannot_be_says_why(served):
    job = served.ask(task="train", folder="sets/empty", name="none")
    ended = served.done(job["id"])
    assert ended["state"] == "failed"
    assert ended["error"]["code"] == "invalid_request"
    assert str(served.engine.store.root) not in ended["error"]["message"]


def test_a_training_is_ended(served):
    ask = {"task": "train", "folder": "scenes", "size": 16, "images": 10**6, "name": "long", "set": NET}
    job = served.ask(**ask)
    wait_for(lambda: any(event.type == "step" for event in served.engine.feed(job["id"], "local").events))
    assert served.http.request("DELETE", f"/api/v1/jobs/{job['id']}", headers=CHANGE).status_code == 200
    assert served.done(job["id"])["state"] == "cancelled"
    again = served.ask(**(ask | {"resume": True, "images": None, "set": []}))
    wait_for(lambda: served.job(again["id"])["state"] != "queued")
    served.http.request("DELETE", f"/api/v1/jobs/{again['id']}", headers=CHANGE)
    assert served.done(again["id"])["state"] == "cancelled"


def test_a_training_that_is_told_to_stop_twice_gets_one_signal_for_a_second_would_not_let_it_save(served, monkeypatch):
    signals, terminate = [], Hand.terminate
    monkeypatch.setattr(Hand, "terminate", lambda hand: (signals.append(hand), terminate(hand)))
    ask = {"task": "train", "folder": "scenes", "size": 16, "images": 10**6, "name": "twice", "set": NET}
    job = served.ask(**ask)
    wait_for(lambda: any(event.type == "step" for event in served.engine.feed(job["id"], "local").events))
    post(served, f"/api/v1/jobs/{job['id']}/pause")
    served.http.request("DELETE", f"/api/v1/jobs/{job['id']}", headers=CHANGE)
    assert served.done(job["id"])["state"] == "cancelled"
    assert len(signals) == 1


def test_only_a_training_can_be_paused(served):
    job = served.make(seed=1)
    assert served.http.post(f"/api/v1/jobs/{job['id']}/pause", headers=CHANGE).status_code == 400
