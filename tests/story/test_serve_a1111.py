"""The A1111 surface of a running server, without a client of theirs."""

from __future__ import annotations

import base64
import io
import json
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.pictures import encoded, pattern
from tests.support.serving import Serving, wait_for

from unfog.media.png import read_text

LISTS = (
    "samplers", "schedulers", "upscalers", "latent-upscale-modes", "sd-models", "sd-vae", "sd-modules",
    "hypernetworks", "face-restorers", "realesrgan-models", "prompt-styles", "embeddings", "memory", "scripts",
    "script-info", "extensions", "cmd-flags", "loras", "options", "progress",
)  # fmt: skip


def post(served: Serving, what: str, **fields):
    return served.http.post(f"/sdapi/v1/{what}", json=fields)


def drawn(said) -> list[bytes]:
    assert said.status_code == 200, said.text
    return [base64.b64decode(image) for image in said.json()["images"]]


def test_a_picture_is_the_one_of_the_native_interface(served):
    sent = {"prompt": "a red circle", "negative_prompt": "dog", "seed": 7, "steps": 2, "cfg_scale": 2.5}
    said = post(served, "txt2img", **sent, sampler_name="DPM++ 2M Karras", width=64, height=48, batch_size=1, n_iter=2)
    chosen = {"steps": 2, "guidance": 2.5, "sampler": "dpmpp_2m", "grid": "karras"}
    job = served.make(native=False, n=2, seed=7, negative="dog", size=[64, 48], chosen=chosen)
    assert drawn(said) == [served.file(name) for name in job["pictures"]]
    info = json.loads(said.json()["info"])
    assert info["all_seeds"] == [7, 8]
    assert (info["width"], info["height"], info["sampler_name"]) == (64, 48, "DPM++ 2M")
    assert info["infotexts"][0] == read_text(drawn(said)[0], name="x")["parameters"]
    assert "Schedule type: Karras" in info["infotexts"][0]


def test_a_random_seed_is_told(served):
    sent = {"prompt": "a red circle", "seed": -1, "steps": 1, "width": 16, "height": 16}
    said = post(served, "txt2img", **sent)
    seed = json.loads(said.json()["info"])["seed"]
    assert 0 <= seed < 2**32
    assert said.json()["parameters"]["seed"] == -1
    assert drawn(post(served, "txt2img", **sent | {"seed": seed})) == drawn(said)


def test_inpainting_paints_where_the_mask_is_white_and_nothing_else(served):
    picture = pattern(40, 24)
    white = np.where(np.arange(40) < 10, 255, 0).astype(np.uint8)[None].repeat(24, 0)
    b64 = [base64.b64encode(encoded(one)).decode() for one in (picture, white, 255 - white)]
    sent = {"prompt": "a red circle", "seed": 3, "steps": 2, "width": 40, "height": 24, "mask_blur": 0}
    sent |= {"init_images": [b64[0]], "inpaint_full_res": False}
    (data,) = drawn(post(served, "img2img", **sent, mask=b64[1]))
    out = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(out[:, 10:], picture[:, 10:])
    assert not np.array_equal(out[:, :10], picture[:, :10])
    (turned,) = drawn(post(served, "img2img", **sent, mask=b64[2], inpainting_mask_invert=1))
    assert turned == data


def test_img2img_has_the_size_that_is_asked_for(served):
    picture = base64.b64encode(encoded(pattern(40, 24))).decode()
    sent = {"prompt": "a red circle", "steps": 2, "init_images": [picture], "denoising_strength": 0.5}
    said = post(served, "img2img", **sent, width=32, height=32, resize_mode=1)
    (data,) = drawn(said)
    assert Image.open(io.BytesIO(data)).size == (32, 32)
    assert json.loads(said.json()["info"])["denoising_strength"] == 0.5
    assert said.json()["parameters"]["init_images"] is None


def test_interrupting_answers_with_what_there_is(served):
    """The third of many pictures is ended; those before are whole, and the last says that it is not."""
    answers = []
    sent = {"prompt": "a red circle", "seed": 7, "steps": 12, "width": 16, "height": 16, "batch_size": 16}
    asking = threading.Thread(target=lambda: answers.append(post(served, "txt2img", **sent)))
    asking.start()
    wait_for(lambda: progress(served)["state"]["job_no"] >= 2)
    now = progress(served)
    assert 0.1 < now["progress"] < 1
    assert now["state"]["job_count"] == 16
    assert now["state"]["sampling_steps"] == 12
    assert now["current_task"].startswith("task(txt2img-")
    assert served.http.post("/sdapi/v1/interrupt").json() == {}
    asking.join(60)
    pictures = drawn(answers[0])
    assert 2 <= len(pictures) < 16
    whole = [picture for picture in pictures if "unfog" in read_text(picture, name="x")]
    assert len(whole) >= len(pictures) - 1
    alone = drawn(post(served, "txt2img", **sent | {"batch_size": 1, "seed": 8}))
    assert whole[1] == alone[0]
    assert progress(served) == {**progress(served), "progress": 0.0, "current_task": None}


def test_skipping_goes_on_with_the_next_picture(served):
    answers = []
    sent = {"prompt": "a red circle", "seed": 7, "steps": 200, "width": 16, "height": 16, "batch_size": 2}
    asking = threading.Thread(target=lambda: answers.append(post(served, "txt2img", **sent)))
    asking.start()
    wait_for(lambda: progress(served)["state"]["sampling_step"] >= 1)
    assert served.http.post("/sdapi/v1/skip").json() is None
    asking.join(60)
    pictures = drawn(answers[0])
    told = [read_text(picture, name="x") for picture in pictures]
    seeds = [json.loads(text["unfog"])["seed"] for text in told if "unfog" in text]
    assert seeds == [8]  # the first was skipped
    assert pictures[-1] == drawn(post(served, "txt2img", **sent | {"batch_size": 1, "seed": 8}))[0]
    assert json.loads(answers[0].json()["info"])["all_seeds"] == ([7, 8] if len(pictures) == 2 else [8])
    if len(pictures) == 2:  # how it was when it was skipped
        assert "Interrupted: True" in told[0]["parameters"]


def progress(served: Serving) -> dict[str, Any]:
    return served.http.get("/sdapi/v1/progress", params={"skip_current_image": True}).json()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_there_and_tells_no_place(served, name):
    said = served.http.get(f"/sdapi/v1/{name}")
    assert said.status_code == 200
    assert '"/' not in said.text
    assert ".." not in said.text.replace("...", "")


def test_models_are_chosen_by_request_or_for_oneself(served):
    titles = [row["title"] for row in served.http.get("/sdapi/v1/sd-models").json()]
    assert [title.partition(".")[0] for title in titles] == ["tiny", "unet"]
    sent = {"prompt": "a red circle", "seed": 7, "steps": 1, "width": 16, "height": 16}
    told = post(served, "txt2img", **sent, override_settings={"sd_model_checkpoint": titles[1]})
    assert json.loads(told.json()["info"])["sd_model_name"] == "unet"
    assert served.http.get("/sdapi/v1/options").json()["sd_model_checkpoint"] == titles[0]
    assert post(served, "options", sd_model_checkpoint=titles[1], outdir_samples="x").json() is None
    try:
        assert served.http.get("/sdapi/v1/options").json()["sd_model_checkpoint"] == titles[1]
        assert drawn(post(served, "txt2img", **sent)) == drawn(told)
        assert served.job(served.ask()["id"])["ask"]["model"] is None  # the server's own default is as it was
        assert next(row for row in served.http.get("/api/v1/models").json()["models"] if row["default"])["id"] == "tiny"
    finally:
        post(served, "options", sd_model_checkpoint=titles[0])


def test_png_info_reads_what_was_written(served):
    (data,) = drawn(post(served, "txt2img", prompt="a red circle", seed=7, steps=1, width=16, height=16))
    told = post(served, "png-info", image=base64.b64encode(data).decode()).json()
    assert told["info"].startswith("a red circle\nSteps: 1,")
    assert told["parameters"]["Seed"] == "7"
    assert "unfog" in told["items"]
    again = post(served, "txt2img", infotext=told["info"])  # fills in what the request does not say
    assert drawn(again) == [data]


def test_a_picture_is_made_larger(served):
    sent = {"image": base64.b64encode(encoded(pattern(20, 12))).decode()}
    for fields, size in (
        ({"upscaling_resize": 2}, (40, 24)),
        ({"upscaling_resize": 2, "upscaler_1": "unfog"}, (40, 24)),
        ({"resize_mode": 1, "upscaling_resize_w": 30, "upscaling_resize_h": 30, "upscaler_1": "unfog"}, (30, 30)),
    ):
        told = post(served, "extra-single-image", **sent, **fields)
        assert told.status_code == 200, told.text
        assert Image.open(io.BytesIO(base64.b64decode(told.json()["image"]))).size == size
        assert "x-unfog-ignored" not in told.headers
    other = post(served, "extra-single-image", **sent, upscaler_1="ESRGAN_4x")
    assert other.headers["x-unfog-ignored"] == "upscaler_1"


@pytest.mark.parametrize(
    ("what", "sent", "status"),
    [
        ("txt2img", {"sampler_name": "no"}, 400),
        ("txt2img", {"width": 3}, 422),
        ("txt2img", {"steps": 10**6}, 400),
        ("txt2img", {"script_name": "x"}, 422),
        ("img2img", {}, 404),
        ("img2img", {"init_images": ["http://127.0.0.1:1/a.png"]}, 400),
        ("img2img", {"init_images": ["AAAA"]}, 400),
        ("png-info", {}, 422),
        ("png-info", {"image": "AAAA"}, 400),
        ("extra-single-image", {"image": "AAAA"}, 400),
        ("server-kill", {}, 404),
        ("interrogate", {}, 404),
    ],
)
def test_errors_have_their_form(served, what, sent, status):
    said = post(served, what, **sent)
    assert said.status_code == status, said.text
    assert set(said.json()) == {"error", "detail", "body", "errors"}


def test_their_pages_progress(served):
    told = served.http.post("/internal/progress", json={"id_task": "task(x)", "id_live_preview": -1}).json()
    assert (told["active"], told["completed"]) == (False, False)
    sent = {"prompt": "a red circle", "steps": 1, "width": 16, "height": 16, "force_task_id": "task(mine)"}
    post(served, "txt2img", **sent)
    told = served.http.post("/internal/progress", json={"id_task": "task(mine)"}).json()
    assert (told["active"], told["completed"]) == (False, True)
    assert served.http.get("/internal/pending-tasks").json() == {"size": 0, "tasks": []}
