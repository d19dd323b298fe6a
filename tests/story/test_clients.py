"""Programs that nobody here wrote against ``unfog serve``: the openai SDK and webuiapi, each as its users write it.

They live in an environment of their own, which is made here unless ``UNFOG_CLIENTS`` names one (docs/clients.md). What
they ask for is asked for on the command line, from Python and natively, too: the same pixels, the same recipe.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import numpy as np
import pytest
from PIL import Image
from tests.support.pictures import encoded, pattern

from unfog.media.png import read_text

pytestmark = pytest.mark.slow
CLIENTS = Path(__file__).parents[1] / "clients"
HOME = Path(__file__).parents[2] / ".clients"
KEY = "only-for-the-tests-of-clients"
PROMPT = "two green stars above a red circle"
SIZE = (96, 64)


class Running(NamedTuple):
    """``unfog serve`` as a process."""

    url: str
    port: int
    log: Path


def environment() -> Path:
    """The Python of the clients' environment; made, if it is not there, and never left out."""
    if given := os.environ.get("UNFOG_CLIENTS"):
        python = Path(given) / "bin/python"
        assert python.exists(), f"UNFOG_CLIENTS={given} is no environment: there is no {python}"
        return python
    wanted = hashlib.sha256((CLIENTS / "requirements.txt").read_bytes()).hexdigest()
    python, stamp = HOME / "bin/python", HOME / "made-of"
    if not stamp.exists() or stamp.read_text() != wanted:
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(HOME)],
            [str(python), "-m", "pip", "install", "-q", "-r", str(CLIENTS / "requirements.txt")],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.fail(
                    f"the clients' environment {HOME} cannot be made, so nothing is known about them:"
                    f" {' '.join(command)}\n{done.stderr[-2000:]}\nSee docs/clients.md."
                )
        stamp.write_text(wanted)
    return python


def run(script: str, *arguments: object) -> dict[str, Any]:
    """What a client found."""
    command = [str(environment()), "-W", "error::UserWarning", str(CLIENTS / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("served")
    log = root / "out.txt"
    env = os.environ | {"UNFOG_API_KEY": KEY, "UNFOG_HOME": str(root / "home"), "OMP_NUM_THREADS": "1"}
    options = ["--port", "0", "--threads", "1", "--queue", "2", "--at-once", "1", "--data", str(root / "data")]
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "unfog", "serve", *options], env=env, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + 120
        while "serves at " not in (said := log.read_text()):
            assert process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.1)
        url = said.split("serves at ")[1].split(";")[0]
        while httpx2.get(f"{url}/readyz", trust_env=False).status_code != 200:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield Running(url, int(url.rpartition(":")[2]), log)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A picture; its left quarter is transparent in one mask and white in the other."""
    root = tmp_path_factory.mktemp("clients")
    picture = pattern(80, 48)
    left = np.where(np.arange(80) < 20, 255, 0).astype(np.uint8)[None].repeat(48, 0)
    mask = Image.fromarray(picture).convert("RGBA")
    mask.putalpha(Image.fromarray(255 - left))
    (root / "picture.png").write_bytes(encoded(picture))
    (root / "mask.png").write_bytes(encoded(mask))
    (root / "white.png").write_bytes(encoded(left))
    return root


@pytest.fixture(scope="module")
def openai(running, folder) -> dict[str, Any]:
    return run("use_openai.py", running.url, KEY, folder)


@pytest.fixture(scope="module")
def a1111(running, folder) -> dict[str, Any]:
    return run("use_a1111.py", "127.0.0.1", running.port, KEY, folder)


def values(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_the_sdk_generates(openai, folder):
    assert openai["generated"] == {"kind": "ImagesResponse", "size": "96x64", "format": "png"}
    assert openai["seeds"] == [7, 8]
    assert openai["ignored"] == "colour"
    pictures = [(folder / name).read_bytes() for name in openai["generate"]]
    assert [(folder / name).read_bytes() for name in openai["again"]] == pictures
    assert pictures[0] != pictures[1]
    assert openai["models"] == [["scenes-32", "unfog"], ["emoji-64", "unfog"], ["photo-64", "unfog"]]
    assert openai["model"] == "scenes-32"
    assert openai["url"] == "data:image/png;base64,"  # with keys a link would need one, too


def test_the_sdk_edits_where_the_mask_is_transparent_and_nowhere_else(openai, folder):
    before, after = values(folder / "picture.png"), values(folder / openai["edit"][0])
    assert np.array_equal(after[:, 20:], before[:, 20:])
    assert (after[:, :20] != before[:, :20]).mean() > 0.5
    whole = values(folder / openai["whole"][0])
    assert (whole[:, 20:] != before[:, 20:]).mean() > 0.5
    assert [values(folder / name).shape for name in openai["variations"]] == [(256, 256, 3)] * 2


def test_the_sdk_streams(openai, folder):
    kinds = [kind for _, kind, _ in openai["stream"]]
    assert kinds[-1] == "image_generation.completed"
    assert kinds[:-1] == ["image_generation.partial_image"] * 2
    assert [name for name, _, _ in openai["stream"]] == ["ImageGenPartialImageEvent"] * 2 + ["ImageGenCompletedEvent"]
    assert {size for _, _, size in openai["stream"]} == {"96x64"}
    first, second, whole = (values(folder / f"stream-{k}.png").astype(int) for k in range(3))
    assert abs(second - whole).mean() < abs(first - whole).mean()  # it comes nearer
    assert openai["edit_stream"][-1] == "image_edit.completed"
    assert openai["async_stream"][-1] == "image_generation.completed"
    assert openai["streamed_error"]["raised"] == "BadRequestError"


@pytest.mark.parametrize(
    ("what", "raised", "code", "param"),
    [
        ("size", "BadRequestError", "invalid_value", "size"),
        ("n", "BadRequestError", "invalid_value", "n"),
        ("model", "NotFoundError", "model_not_found", "model"),
        ("retrieve", "NotFoundError", "model_not_found", "model"),
        ("long", "BadRequestError", "string_above_max_length", "prompt"),
        ("unknown", "BadRequestError", "unknown_parameter", "unfog.stpes"),
        ("steps", "BadRequestError", "invalid_value", "steps"),
        ("picture", "BadRequestError", "invalid_image_file", "image"),
        ("mask", "BadRequestError", "invalid_image_file", "mask"),
        ("address", "BadRequestError", "invalid_image_url", "images[0].image_url"),
        ("key", "AuthenticationError", "invalid_api_key", None),
    ],
)
def test_the_sdk_raises_its_own_exceptions(openai, what, raised, code, param):
    error = openai["errors"][what]
    assert (error["raised"], error["code"], error["param"]) == (raised, code, param)
    assert error["type"] == "invalid_request_error"
    assert error["request_id"].startswith("req_")


def test_the_sdk_comes_again_when_the_queue_is_full(openai):
    assert openai["full"]["raised"] == "RateLimitError"
    assert (openai["full"]["code"], openai["full"]["type"]) == ("queue_full", "rate_limit_error")
    assert openai["retries"] >= 1
    assert openai["patient"] == 1


def test_webuiapi_makes_pictures(a1111, folder):
    assert a1111["info"]["all_seeds"] == [7, 8]
    assert a1111["info"]["sampler_name"] == "DPM++ 2M"
    assert a1111["parameters"]["n_iter"] == 2
    assert a1111["strength"] == 0.5
    assert values(folder / "changed.png").shape == (48, 80, 3)
    assert a1111["larger"] == [160, 96]
    assert a1111["png_info"].startswith(f"{PROMPT}\nNegative prompt: blue\nSteps: 5, Sampler: DPM++ 2M,")
    assert a1111["png_parameters"]["Seed"] == "7"


def test_webuiapi_inpaints_where_the_mask_is_white_and_nowhere_else(a1111, folder):
    before = values(folder / "picture.png")
    painted, turned = values(folder / "painted.png"), values(folder / "turned.png")
    assert np.array_equal(painted[:, 20:], before[:, 20:])
    assert (painted[:, :20] != before[:, :20]).mean() > 0.5
    assert np.array_equal(turned[:, :20], before[:, :20])
    assert (turned[:, 20:] != before[:, 20:]).mean() > 0.5


def test_webuiapi_sees_progress_and_stops_it(a1111):
    told = a1111["stopped"]
    assert told["progress"] == sorted(told["progress"])
    assert 0 < told["progress"][-1] < 1
    assert told["states"]["job_count"] == 12
    assert told["states"]["sampling_steps"] == 40
    assert told["previews"] >= 1
    assert told["idle"] == 0
    assert 2 <= told["interrupted"] < 12
    assert told["skip"] is None
    assert told["last"]  # the picture after the one that was skipped is the one of its seed
    assert all("Interrupted: True" in text for text in told["skipped"][:-1])
    assert "Interrupted" not in told["skipped"][-1]


def test_webuiapi_finds_what_it_looks_for(a1111):
    listed = a1111["listed"]
    titles = {title.split(".safetensors [")[0]: title for title in listed["models"]}
    assert titles.keys() == {"scenes-32", "emoji-64", "photo-64"}
    assert listed["model"] == titles["scenes-32"]
    assert {"DPM++ 2M", "Euler a", "DDIM", "UniPC"} <= set(listed["samplers"])
    assert {"automatic", "karras"} <= set(listed["schedulers"])
    assert a1111["errors"]["sampler"][0] == 400
    assert a1111["errors"]["sampler"][1].startswith("Sampler not found")
    assert a1111["errors"]["size"][0] == a1111["errors"]["script"][0] == 422


def test_five_ways_to_ask_and_one_picture(openai, a1111, running, folder, tmp_path):
    """Command line, Python, native API, OpenAI and A1111: the same file; Python: the same pixels and recipe."""
    chosen = {"steps": 5, "guidance": 2.5, "sampler": "DPM++ 2M"}
    options = ["-n", "2", "--seed", "7", "--negative", "blue", "--size", "96x64", "-o", str(tmp_path)]
    options += ["--steps", "5", "--guidance", "2.5", "--sampler", "DPM++ 2M"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "UNFOG_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "unfog", "generate", PROMPT, *options, "--json"]
    said = json.loads(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)
    typed = [Path(path).read_bytes() for path in said["files"]]

    ask = {"task": "generate", "prompt": PROMPT, "negative": "blue", "n": 2, "seed": 7, "size": SIZE, "chosen": chosen}
    with httpx2.Client(base_url=running.url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as http:
        job = http.post("/api/v1/jobs", json=ask).json()
        with http.stream("GET", job["events"], timeout=120) as events:
            assert list(events.iter_lines())
        names = http.get(f"/api/v1/jobs/{job['id']}").json()["pictures"]
        native = [http.get(f"/api/v1/pictures/{name}/file").content for name in names]

    sdk = [(folder / name).read_bytes() for name in openai["generate"]]
    webui = [base64.b64decode((folder / f"txt2img-{k}.b64").read_text()) for k in range(2)]
    assert native == typed
    assert sdk == typed
    assert webui == typed

    import unfog

    drawn = unfog.load().generate(PROMPT, n=2, seed=7, negative="blue", size=SIZE, **chosen)
    for image, data in zip(drawn, typed, strict=True):
        (tmp_path / "typed.png").write_bytes(data)
        assert np.array_equal(np.asarray(image), values(tmp_path / "typed.png"))
        assert image.info["unfog"] == read_text(data, name="typed")["unfog"]
