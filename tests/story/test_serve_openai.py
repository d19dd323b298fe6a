"""The OpenAI surface of a running server, without their client: forms, streams, errors, keys."""

from __future__ import annotations

import asyncio
import base64
import io
import json

import httpx2
import numpy as np
import pytest
from PIL import Image
from tests.support.pictures import encoded, pattern
from tests.support.serving import Serving, parsed, wait_for

from unfog.config.server import Server
from unfog.media.png import read_text
from unfog.server.app import create_app
from unfog.server.engine import Engine
from unfog.server.keys import Keys

KEY = "a key of thirty-two characters !"
ERROR = {"message", "type", "param", "code"}


def generate(served: Serving, **fields):
    return served.http.post("/v1/images/generations", json={"prompt": "a red circle", "size": "64x48", **fields})


def pictures_of(said) -> list[bytes]:
    assert said.status_code == 200, said.text
    return [base64.b64decode(one["b64_json"]) for one in said.json()["data"]]


def test_a_picture_is_the_one_of_the_native_interface(served):
    said = generate(served, n=2, seed=7, steps=2, negative_prompt="dog", guidance_scale=2.5, unfog={"sampler": "ddim"})
    chosen = {"steps": 2, "guidance": 2.5, "sampler": "ddim"}
    job = served.make(native=False, n=2, seed=7, negative="dog", size=[64, 48], chosen=chosen)
    assert pictures_of(said) == [served.file(name) for name in job["pictures"]]
    assert [one["unfog"]["seed"] for one in said.json()["data"]] == [7, 8]
    assert said.json()["size"] == "64x48"
    assert said.headers["x-request-id"].startswith("req_")
    assert "x-unfog-ignored" not in said.headers


def test_fields_without_effect_are_named(served):
    said = generate(served, quality="hd", style="vivid", user="me", colour="red", unfog={"steps": 1})
    assert said.headers["x-unfog-ignored"] == "colour,quality,style"


def test_models_are_listed(served):
    rows = served.http.get("/v1/models").json()
    assert rows["object"] == "list"
    assert [(row["id"], row["object"], row["owned_by"]) for row in rows["data"]] == [
        ("tiny", "model", "unfog"),
        ("unet", "model", "unfog"),
    ]
    assert served.http.get("/v1/models/tiny").json() == rows["data"][0]
    assert served.http.get("/v1/models/other").json()["error"]["code"] == "model_not_found"
    assert generate(served, model="gpt-image-2", unfog={"steps": 1}).status_code == 200  # theirs: our default is meant
    said = generate(served, model="other")
    assert (said.status_code, said.json()["error"]["code"]) == (404, "model_not_found")


def test_a_stream_has_unfinished_pictures_then_the_picture(served):
    body = {"prompt": "a red circle", "size": "64x48", "stream": True, "partial_images": 2, "seed": 7, "steps": 9}
    with served.http.stream("POST", "/v1/images/generations", json=body) as said:
        assert said.headers["content-type"].startswith("text/event-stream")
        lines = list(said.iter_lines())
    assert [line for line in lines if line.strip()][-1] == "data: [DONE]"
    events = list(parsed(line for line in lines if line != "data: [DONE]"))
    kinds = [event["type"].removeprefix("image_generation.") for event in events]
    assert kinds[-1] == "completed"
    assert set(kinds[:-1]) == {"partial_image"}
    assert [event["data"]["partial_image_index"] for event in events[:-1]] in ([0, 1], [1], [0])
    for event in events:
        assert event["data"]["type"] == event["type"]
        assert Image.open(io.BytesIO(base64.b64decode(event["data"]["b64_json"]))).size == (64, 48)
    assert base64.b64decode(events[-1]["data"]["b64_json"]) == pictures_of(generate(served, seed=7, steps=9))[0]


def test_an_edit_with_a_mask_leaves_the_rest_bit_for_bit(served):
    picture = pattern(40, 24)
    mask = Image.fromarray(picture).convert("RGBA")
    mask.putalpha(Image.fromarray(np.where(np.arange(40) < 10, 0, 255).astype(np.uint8)[None].repeat(24, 0)))
    files = {"image": ("a.png", encoded(picture)), "mask": ("m.png", encoded(mask))}
    form = {"prompt": "a red circle", "seed": "3", "unfog[steps]": "2"}
    (data,) = pictures_of(served.http.post("/v1/images/edits", data=form, files=files))
    out = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(out[:, 10:], picture[:, 10:])
    assert not np.array_equal(out[:, :10], picture[:, :10])
    recipe = json.loads(read_text(data, name="x")["unfog"])
    assert (recipe["task"], recipe["way"]["kind"], recipe["seed"], recipe["sample"]["steps"]) == (
        "edit",
        "inpaint",
        3,
        2,
    )


def test_an_edit_as_json_names_a_file_or_carries_it(served):
    data = encoded(pattern(40, 24))
    told = {"prompt": "a red circle", "seed": 3, "steps": 2}
    link = "data:image/png;base64," + base64.b64encode(data).decode()
    carried = served.http.post("/v1/images/edits", json=told | {"images": [{"image_url": link}]})
    name = served.upload(data)["id"]
    named = served.http.post("/v1/images/edits", json=told | {"images": [{"file_id": name}]})
    assert pictures_of(carried) == pictures_of(named)
    for bad, code in (
        ({"image_url": "http://127.0.0.1:1/a.png"}, "invalid_image_url"),
        ({"file_id": "x"}, "file_not_found"),
    ):
        said = served.http.post("/v1/images/edits", json=told | {"images": [bad]})
        assert said.json()["error"]["code"] == code


def test_variations_take_the_prompt_of_the_recipe(served):
    (first,) = pictures_of(generate(served, seed=7, steps=2))
    said = served.http.post(
        "/v1/images/variations", data={"n": "2", "size": "32x24"}, files={"image": ("a.png", first)}
    )
    recipes = [json.loads(read_text(data, name="x")["unfog"]) for data in pictures_of(said)]
    assert [recipe["prompt"] for recipe in recipes] == ["a red circle"] * 2
    assert recipes[0]["way"] == {"kind": "img2img", "strength": 0.6}
    assert recipes[0]["size"] == [32, 24]


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_goes_away_ends_its_job(served, stream):
    body = {"prompt": "a red circle", "n": 10, "steps": 250, "size": "64x48", "stream": stream, "partial_images": 3}
    with served.client() as http:
        if stream:  # events keep coming, so it hangs up itself
            with http.stream("POST", "/v1/images/generations", json=body) as said:
                assert next(said.iter_lines()).startswith("event: image_generation.partial_image")
        else:
            with pytest.raises(httpx2.TimeoutException):
                http.post("/v1/images/generations", json=body, timeout=0.3)
    (job,) = served.http.get("/api/v1/jobs", params={"limit": 1}).json()["jobs"]
    assert job["ask"]["chosen"]["steps"] == 250
    wait_for(lambda: served.job(job["id"])["state"] == "cancelled")


def test_links_lead_to_the_picture(served):
    said = generate(served, response_format="url", seed=7, steps=2)
    found = served.http.get(said.json()["data"][0]["url"])
    assert found.content == pictures_of(generate(served, seed=7, steps=2))[0]
    said = generate(served, response_format="url", output_format="webp", unfog={"steps": 1})
    assert said.json()["data"][0]["url"].startswith("data:image/webp;base64,")


def test_the_same_idempotency_key_is_the_same_job(served):
    def once(seed):
        headers = {"idempotency-key": "again"}
        body = {"prompt": "a red circle", "size": "64x48", "steps": 2, "seed": seed}
        return served.http.post("/v1/images/generations", json=body, headers=headers)

    first, second, other = once(7), once(7), once(8)
    assert first.headers["x-unfog-job"] == second.headers["x-unfog-job"]
    assert pictures_of(first) == pictures_of(second)
    assert other.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "param"),
    [
        ("POST", "/v1/images/generations", {"json": {}}, 400, "prompt"),
        ("POST", "/v1/images/generations", {"content": b"{"}, 400, None),
        ("POST", "/v1/images/generations", {"json": {"prompt": "x", "size": "9"}}, 400, "size"),
        ("POST", "/v1/images/generations", {"json": {"prompt": "x", "steps": 100000}}, 400, "steps"),
        ("POST", "/v1/images/generations", {"json": {"prompt": "x", "unfog": {"sampler": "no"}}}, 400, "unfog.sampler"),
        ("POST", "/v1/images/generations", {"json": {"prompt": "x", "background": "transparent"}}, 400, None),
        ("POST", "/v1/images/edits", {"data": {"prompt": "x"}, "files": {"x": b""}}, 400, "image"),
        ("POST", "/v1/images/edits", {"data": {"prompt": "x"}, "files": {"image": b"no picture"}}, 400, "image"),
        ("POST", "/v1/images/variations", {"json": {"image": {"image_url": 3}}}, 400, "images[0]"),
        ("GET", "/v1/images/generations", {}, 405, None),
        ("GET", "/v1/nothing", {}, 404, None),
    ],
)
def test_every_error_has_their_form(served, method, path, sent, status, param):
    headers = {"content-type": "application/json"} if "content" in sent else {}
    said = served.http.request(method, path, headers=headers, **sent)
    assert said.status_code == status, said.text
    error = said.json()["error"]
    assert set(error) == ERROR
    assert error["param"] == param
    assert said.headers["x-request-id"].startswith("req_")


def test_a_wrong_key_is_told_in_their_form_and_a_right_one_counts(models, tmp_path):
    """Before any process is started: the gate in front of all routes."""
    settings = Server.parse({"models": [str(models / "tiny")]})
    engine = Engine(settings, tmp_path)
    basic = {"authorization": "Basic " + base64.b64encode(f"me:{KEY}".encode()).decode()}

    async def said(method: str, path: str, **headers: str) -> httpx2.Response:
        gate = httpx2.ASGITransport(app=create_app(engine, Keys((KEY,))))
        async with httpx2.AsyncClient(transport=gate, base_url="http://127.0.0.1") as http:
            return await http.request(method, path, headers=headers)

    def told(method: str, path: str, **headers: str) -> httpx2.Response:
        return asyncio.run(said(method, path, **headers))

    refused = told("GET", "/v1/models")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    assert set(refused.json()["error"]) == ERROR
    assert refused.headers["x-request-id"].startswith("req_")
    assert told("GET", "/v1/models", authorization=f"Bearer {KEY}").status_code == 200
    assert told("GET", "/sdapi/v1/options").json()["detail"]
    unknown = told("GET", "/sdapi/v1/nothing", **basic)
    assert (unknown.status_code, set(unknown.json())) == (404, {"error", "detail", "body", "errors"})
    assert told("POST", "/sdapi/v1/interrupt", **basic).status_code == 200
    assert told("POST", "/sdapi/v1/interrupt", **basic, origin="http://evil.test").status_code == 403
    engine.store.close()
