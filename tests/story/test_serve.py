"""From a request over HTTP to a finished picture: the same as from the command line."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from tests.support.pictures import encoded, pattern
from tests.support.saved import save_tiny
from tests.support.serving import CHANGE, Serving, wait_for


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("served")
    save_tiny(root / "tiny")
    save_tiny(root / "other", seed=1, name="other")
    return root


@pytest.fixture(scope="module")
def served(folder, tmp_path_factory):
    models = (str(folder / "tiny"), str(folder / "other"))
    serving = Serving(tmp_path_factory.mktemp("data"), models=models, roots=[str(folder)]).until_ready()
    yield serving
    serving.stop()


def test_a_picture_is_the_one_of_the_command_line(served, folder, tmp_path, capsys, monkeypatch):
    from tests.support.commands import Unfog

    monkeypatch.setenv("UNFOG_HOME", str(tmp_path / "home"))
    out = tmp_path / "out"
    options = (
        "--model",
        folder / "tiny",
        "--native",
        "-n",
        2,
        "--seed",
        2**64 - 1,
        "--negative",
        "dog",
        "-o",
        out,
        "--json",
    )
    said = Unfog(capsys)("generate", "a red circle", *options).json
    job = served.make(n=2, seed=str(2**64 - 1), negative="dog")
    assert job["seeds"] == [str(2**64 - 1), 0]  # beyond what JavaScript keeps: a text
    assert [served.file(name) for name in job["pictures"]] == [Path(path).read_bytes() for path in said["files"]]
    assert [str(seed) for seed in said["seeds"]] == [str(seed) for seed in job["seeds"]]


def test_events_tell_all_of_it_in_order(served):
    job = served.ask(n=2, seed=3)
    events = served.events(job["id"])
    kinds = [event["type"] for event in events if event["type"] not in ("preview", "step", "note")]
    assert kinds == ["queued", "started", "image", "image", "done"]
    ids = [event["id"] for event in events]
    assert ids == sorted(set(ids))
    steps = [event["data"] for event in events if event["type"] == "step"]
    assert [(step["i"], step["n"]) for step in steps] == [(k, 6) for k in range(1, 7)]
    images = [event["data"] for event in events if event["type"] == "image"]
    assert [image["seed"] for image in images] == [3, 4]
    assert [image["index"] for image in images] == [0, 1]
    assert all(image["recipe"]["prompt"] == "a red circle" for image in images)
    assert events[-1]["data"]["files"] == []
    assert events[-1]["data"]["seeds"] == [3, 4]


def test_who_looks_in_time_sees_how_it_emerges(served):
    job = served.ask(n=4, seed=3, chosen={"steps": 100})
    previews = [event["data"] for event in served.events(job["id"]) if event["type"] == "preview"]
    assert previews
    assert {preview["mime"] for preview in previews} == {"image/png"}


def test_events_go_on_where_a_reader_was_cut_off(served):
    job = served.make(n=2, seed=5)
    everything = served.events(job["id"])
    middle = everything[len(everything) // 2]["id"]
    assert served.events(job["id"], after=middle) == [event for event in everything if event["id"] > middle]
    after = served.http.get(f"/api/v1/jobs/{job['id']}/events", params={"after": middle})
    assert after.text.count("event: ") == sum(event["id"] > middle for event in everything)
    assert served.events(job["id"], after=everything[-1]["id"]) == []


def test_a_cancelled_job_keeps_what_is_finished(served):
    job = served.ask(n=16, seed=1, chosen={"steps": 60}, previews=False)
    wait_for(lambda: served.job(job["id"])["pictures"])
    first = served.http.request("DELETE", f"/api/v1/jobs/{job['id']}", headers=CHANGE)
    again = served.http.request("DELETE", f"/api/v1/jobs/{job['id']}", headers=CHANGE)
    assert first.status_code == again.status_code == 200
    ended = served.done(job["id"])
    assert ended["state"] == "cancelled"
    assert 1 <= len(ended["pictures"]) < 16
    assert served.file(ended["pictures"][0]).startswith(b"\x89PNG")
    assert served.events(job["id"])[-1]["type"] == "cancelled"
    assert served.events(job["id"])[-1]["data"]["pictures"] == ended["pictures"]
    assert served.http.request("DELETE", f"/api/v1/jobs/{job['id']}", headers=CHANGE).json()["state"] == "cancelled"


def test_a_short_job_does_not_wait_behind_a_long_one(served):
    long = served.ask(seed=1, chosen={"steps": 250}, n=4, previews=False)
    wait_for(lambda: served.job(long["id"])["state"] == "running")
    short = served.make(seed=2)
    assert served.job(long["id"])["state"] == "running"
    served.http.request("DELETE", f"/api/v1/jobs/{long['id']}", headers=CHANGE)
    alone = served.make(seed=2)
    assert served.file(short["pictures"][0]) == served.file(alone["pictures"][0])  # company changes no pixel


def test_the_same_key_is_the_same_job(served):
    jobs = {served.ask(seed=None, key="k1")["id"] for _ in range(10)}
    assert len(jobs) == 1
    other = served.ask(seed=None, key="k2")
    assert other["id"] not in jobs
    refused = served.ask(seed=8, key="k1", expect=400)
    assert "another request" in refused["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"prompt": "x" * 5000}, "prompt"),
        ({"n": 17}, "n = 17"),
        ({"chosen": {"steps": 1001}}, "steps: 1001 is more"),
        ({"chosen": {"sampler": "dpmpp_2mm"}}, "did you mean 'dpmpp_2m'"),
        ({"model": "tinny"}, "did you mean 'tiny'"),
        ({"model": "../tiny"}, "model"),
        ({"size": [4000, 4000]}, "pixels a side: 4000"),
        ({"surprise": 1}, "surprise"),
        ({"task": "fly"}, "unknown task 'fly'"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"transparent": True}, "transparency"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(served, fields, says):
    error = served.ask(**fields, expect=400)["error"]
    assert error["code"] == "invalid_request"
    assert says in error["message"]
    assert error["retryable"] is False


def test_a_picture_is_painted_in_and_the_rest_stays(served):
    picture = pattern(24, 16)
    mask = Image.new("L", (24, 16))
    mask.paste(255, (4, 4, 12, 12))
    ids = {"picture": served.upload(encoded(picture))["id"], "mask": served.upload(encoded(mask))["id"]}
    job = served.make(task="edit", inputs=ids, way={"kind": "inpaint"}, seed=1)
    made = Image.open(io.BytesIO(served.file(job["pictures"][0]))).convert("RGB")
    before = Image.fromarray(picture)
    changed = 0
    for x in range(24):
        for y in range(16):
            same = made.getpixel((x, y)) == before.getpixel((x, y))
            assert same or mask.getpixel((x, y))
            changed += not same
    assert changed > 10


@pytest.mark.slow
def test_an_edit_by_inversion_tells_of_its_whole_way(served):
    picture = served.make(seed=1, native=True)["pictures"][0]
    way = {"kind": "inversion", "was": "a red circle"}
    job = served.make(
        task="edit", inputs={"picture": picture}, way=way, prompt="a blue circle", chosen={"steps": 4}, previews=False
    )
    steps = [event["data"] for event in served.events(job["id"]) if event["type"] == "step"]
    assert {step["n"] for step in steps} == {3 * 4}  # there, back, and anew
    assert [step["i"] for step in steps] == sorted(step["i"] for step in steps)
    assert steps[-1]["i"] == 3 * 4


@pytest.mark.slow
def test_an_edit_of_a_picture_in_the_gallery(served):
    source = served.make(seed=4)["pictures"][0]
    job = served.make(task="edit", inputs={"picture": source}, way={"kind": "upscale", "factor": 2})
    made = served.http.get(f"/api/v1/pictures/{job['pictures'][0]}").json()
    assert (made["width"], made["height"]) == (32, 32)
    assert made["task"] == "upscale"


def test_a_mask_of_another_size_is_refused_at_once(served):
    ids = {
        "picture": served.upload(encoded(pattern(24, 16)))["id"],
        "mask": served.upload(encoded(pattern(9, 9)))["id"],
    }
    error = served.ask(task="edit", inputs=ids, way={"kind": "inpaint"}, expect=400)["error"]
    assert error["code"] == "invalid_request"


@pytest.mark.slow
def test_a_morph_is_a_file_of_its_job(served):
    job = served.make(task="morph", prompts=["a red circle", "a blue square"], frames=2, size=[16, 16])
    result = served.events(job["id"])[-1]["data"]
    assert result["files"] == ["morph.gif"]
    file = served.http.get(f"/api/v1/jobs/{job['id']}/files/morph.gif")
    assert file.headers["content-type"] == "image/gif"
    with Image.open(io.BytesIO(file.content)) as animation:
        animation.seek(1)  # there are at least two frames


@pytest.mark.slow
def test_a_page_that_explains_is_shut_in(served):
    picture = served.upload(encoded(pattern(16, 16)))["id"]
    job = served.make(task="explain", what="forward", picture=picture, request={"steps": 2, "size": 16})
    result = served.events(job["id"])[-1]["data"]
    assert result["page"] == "index.html"
    page = served.http.get(f"/api/v1/jobs/{job['id']}/files/index.html")
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in page.headers["content-security-policy"]
    assert served.http.get(f"/api/v1/jobs/{job['id']}/files/nothing.png").status_code == 404


def test_the_gallery_searches_stars_deletes_and_gives_back(served):
    names = served.make(n=2, seed=11, prompt="a purple heart_shape")["pictures"]

    def found(**wanted) -> list[str]:
        said = served.http.get("/api/v1/pictures", params=wanted)
        assert said.status_code == 200, said.text
        return [one["id"] for one in said.json()["pictures"]]

    assert found(q="heart PURPLE") == names[::-1]
    assert found(q="heart%shape") == []  # no wildcard of the database
    assert found(q="nothing like it") == []
    assert served.http.patch(f"/api/v1/pictures/{names[0]}", json={"starred": True}).json()["starred"] is True
    assert found(starred=True, q="heart") == names[:1]
    assert served.http.request("DELETE", f"/api/v1/pictures/{names[0]}", headers=CHANGE).json()["trashed"] is not None
    assert found(q="heart") == names[1:]
    assert found(q="heart", trash=True) == names[:1]
    assert served.file(names[0]).startswith(b"\x89PNG")  # until the trash is emptied
    assert served.http.post(f"/api/v1/pictures/{names[0]}/restore", headers=CHANGE).json()["trashed"] is None
    assert found(q="heart") == names[::-1]
    thumb = Image.open(io.BytesIO(served.http.get(f"/api/v1/pictures/{names[0]}/thumb").content))
    assert (thumb.format, thumb.size) == ("WEBP", (16, 16))


@pytest.mark.slow
def test_lists_go_on_page_by_page(served):
    served.make(n=3, seed=21, prompt="page after page")
    seen, before = [], None
    while True:
        params = {"limit": 2, "q": "page after page"} | ({} if before is None else {"before": before})
        said = served.http.get("/api/v1/pictures", params=params).json()
        seen += [one["seed"] for one in said["pictures"]]
        if (before := said["next"]) is None:
            break
    assert seen == [23, 22, 21]
    jobs = served.http.get("/api/v1/jobs", params={"limit": 1, "state": "done"}).json()
    assert [one["state"] for one in jobs["jobs"]] == ["done"]
    assert jobs["next"] is not None


@pytest.mark.slow
def test_an_archive_holds_the_files(served):
    names = served.make(n=2, seed=31)["pictures"]
    said = served.http.post("/api/v1/pictures/archive", json={"ids": names})
    assert said.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(said.content)) as archive:
        assert sorted(archive.read(name) for name in archive.namelist()) == sorted(map(served.file, names))
    assert served.http.post("/api/v1/pictures/archive", json={"ids": ["../../etc"]}).status_code == 400


def test_a_picture_dragged_in_fills_the_form(served):
    job = served.make(seed=41, negative="dog", chosen={"steps": 2, "guidance": 1.5, "guide": ["pag:0.5"]})
    data = served.file(job["pictures"][0])
    said = served.upload(data, route="/api/v1/recall", expect=200)
    assert said["source"] == "unfog"
    assert said["warnings"] == []
    again = served.make(**{key: value for key, value in said["ask"].items() if value is not None})
    assert served.file(again["pictures"][0]) == data


def test_tokens_say_what_is_unknown_and_cut(served):
    body = {"prompt": "a red circle " * 20}
    said = served.http.post("/api/v1/tokens", json=body).json()
    assert said["limit"] == 16
    assert said["used"] > 16
    assert said["truncated"].endswith("a red circle")
    assert "".join(token["text"] for token in said["tokens"]).replace("▁", " ").split() == body["prompt"].split()
    assert [token["read"] for token in said["tokens"]].count(True) == 16


def test_another_model_becomes_the_default_without_a_pause(served):
    first = served.make(seed=51)
    said = served.http.post("/api/v1/models/other/use", headers=CHANGE)
    assert said.status_code == 200, said.text
    models = {one["id"]: one for one in served.http.get("/api/v1/models").json()["models"]}
    assert [name for name, one in models.items() if one["default"]] == ["other"]
    second = served.make(seed=51)
    assert served.file(first["pictures"][0]) != served.file(second["pictures"][0])
    back = served.http.request("DELETE", "/api/v1/models/other/use", headers=CHANGE)
    assert (back.status_code, back.json()["default"]) == (200, False)
    third = served.make(seed=51)
    assert served.file(first["pictures"][0]) == served.file(third["pictures"][0])
    assert served.http.post("/api/v1/models/none/use", headers=CHANGE).status_code == 400


def test_what_the_server_says_of_itself(served):
    said = served.http.get("/api/v1/server").json()
    assert said["auth"] is False
    assert said["tasks"] == ["generate", "edit", "morph", "explain", "train"]
    assert {"unipc", "ddim"} <= {one["name"] for one in said["samplers"]}
    schema = served.http.get("/api/v1/schema").json()
    assert set(schema["discriminator"]["mapping"]) == set(said["tasks"])
    assert served.http.get("/healthz").json() == {"status": "ok"}
    assert served.http.get("/v2/health/ready").json() == {"ready": True}
    assert served.http.get("/v2/models/tiny/ready").json() == {"name": "tiny", "ready": True}
    assert served.http.get("/v2/models/none/ready").status_code == 404
    page = served.http.get("/")
    assert page.status_code in (200, 404)
    assert page.status_code == 200 or "not built" in page.text


def test_an_answer_does_not_wait_for_the_receipt_of_its_head(served):
    """Without TCP_NODELAY, what follows the head of an answer is held back for 40 ms (Nagle, delayed ACK)."""
    assert served.http.get("/healthz").status_code == 200
    talking = [one.transport.get_extra_info("socket") for one in list(served.server.server_state.connections)]
    assert talking
    assert all(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in talking)


def test_metrics_are_in_the_format_of_prometheus(served):
    text = served.http.get("/metrics").text
    values = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            values[name] = float(value)
    assert values['unfog_jobs_total{state="done"}'] >= 10
    assert values["unfog_queue_depth"] == 0
    assert values["unfog_workers_ready"] == 1
    assert values['unfog_job_seconds_bucket{le="+Inf"}'] == values["unfog_job_seconds_count"]
    assert json.loads(served.http.get("/api/v1/openapi.json").text)["info"]["title"] == "unfog"


@pytest.mark.slow
def test_who_works_beside_another_shares_the_threads_and_keeps_his_pixels(folder, tmp_path):
    serving = Serving(tmp_path, models=(str(folder / "tiny"),), threads=2).until_ready()  # two processes on a CPU
    fields = {"seed": 3, "chosen": {"steps": 250}}  # long enough for the others to begin meanwhile
    try:
        wait_for(lambda: all(post.ready for post in serving.engine.crew.posts))
        together = [serving.ask(n=4, **fields)["id"] for _ in range(3)]
        ended = [serving.done(job) for job in together] + [serving.make(**fields)]
        images = [Image.open(io.BytesIO(serving.file(job["pictures"][0]))) for job in ended]
        last = [Image.open(io.BytesIO(serving.file(job["pictures"][-1]))) for job in ended]
    finally:
        serving.stop()
    threads = [json.loads(image.info["unfog"])["threads"] for image in last]
    assert threads[0] is None  # two, until the next one began
    assert threads[3] == 2  # alone again
    assert len({image.tobytes() for image in images}) == 1
