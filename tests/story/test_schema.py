"""Requests made up from the OpenAPI document: nothing fails inside, and every answer is one that the document allows.

A share of it belongs to `make check`: the same cases each time, however fast the machine is. The whole of it, others
each time:

    UNFOG_SCHEMA_S=600 UNFOG_SCHEMA_CASES=5000 python -m pytest -m slow -s tests/story/test_schema.py
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.support.folders import SMALL_NET
from tests.support.models import tiny_config
from tests.support.pictures import pattern, write
from tests.support.saved import save_tiny
from tests.support.serving import Serving, wait_for

from unfog.config.sample import SampleConfig
from unfog.server.routes_studio import STATIC

pytestmark = pytest.mark.slow
KEY = "a key that is long enough for it"
SECONDS = os.environ.get("UNFOG_SCHEMA_S")
SHARE = ["--phases", "fuzzing,stateful", "--max-examples", "20", "--seed", "1"]
AMOUNT = SHARE if SECONDS is None else ["--max-time", SECONDS]
LEAST = int(os.environ.get("UNFOG_SCHEMA_CASES", "500"))
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    root = tmp_path_factory.mktemp("schema")
    for k in range(4):
        write(root / "sets/dots" / f"{k}.png", pattern(16 + k, 16), f"a dot of kind {k}")
    tiny = save_tiny(root / "tiny", tiny_config(size=8), sample=SampleConfig(steps=1))
    limits = {"steps": 1, "side": 512, "frames": 2}
    settings: dict[str, Any] = {"models": (str(tiny),), "roots": [str(root / "sets")], "limits": limits}
    serving = Serving(root / "data", keys=(KEY,), **settings).until_ready()
    serving.http.headers["authorization"] = f"Bearer {KEY}"
    yield serving
    serving.stop()


def known_to(served: Serving) -> dict[str, Any]:
    """What exists on the server, for the hooks."""
    drawn, training = served.make(n=2, seed=1), {"task": "train", "folder": "scenes", "size": 16, "images": 640}
    morph: dict[str, Any] = {"task": "morph", "prompts": ["a", "b"], "frames": 2, "size": [8, 8], "seeds": [1, 2]}
    moved = served.make(**morph)
    trained = served.ask(**training, name="mine", set=[*SMALL_NET, "train.batch=8"])["id"]
    served.http.post(f"/api/v1/jobs/{trained}/pause")
    wait_for(lambda: served.job(trained)["state"] == "paused")
    picture, png = drawn["pictures"][0], served.file(drawn["pictures"][0])
    edit = {"task": "edit", "inputs": {"picture": picture}, "way": {"kind": "img2img", "strength": 0.5}}
    forward = {"task": "explain", "what": "forward", "picture": picture, "request": {"steps": 2, "size": 16}}
    return {
        "png": base64.b64encode(png).decode(),
        "folder": "sets/dots",
        "asks": [{"task": "generate", "prompt": "a red circle", "native": True}, edit, morph, forward],
        "paths": {
            "/api/v1/jobs/<id>/files/{name}": [moved["id"]],
            "/api/v1/jobs/{id}/files/<name>": ["morph.gif"],
            "/api/v1/jobs/<id>/pause": [trained],
            "/api/v1/jobs/<id>/resume": [trained],
        },
        "names": {
            "jobs.id": [drawn["id"], moved["id"]],
            "pictures.id": drawn["pictures"],
            "files.id": [served.upload(png)["id"]],
            "models.id": ["tiny"],
            "models.name": ["tiny"],
            "assets.name": sorted(path.name for path in (STATIC / "assets").glob("*.js"))[:1],
        },
    }


def test_every_answer_is_one_that_the_document_allows(served, tmp_path, repo):
    known, answers = tmp_path / "known.json", tmp_path / "answers.txt"
    known.write_text(json.dumps(known_to(served)))
    answers.touch()
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{served.url}/api/v1/openapi.json"]
    options = ["--checks", ",".join(CHECKS), "--header", f"Authorization: Bearer {KEY}", *AMOUNT]
    options += ["--continue-on-failure", "--no-shrink", "--request-timeout", 60]
    options += ["--workers", 1]  # threads that parse Python at once break CPython before 3.11.8
    hooks = "tests.support.schema_hooks"
    env = os.environ | {"SCHEMATHESIS_HOOKS": hooks, "SCHEMA_KNOWN": str(known), "SCHEMA_ANSWERS": str(answers)}
    env["PYTHONPATH"] = os.pathsep.join([str(repo), env.get("PYTHONPATH", "")])
    done = subprocess.run([*map(str, [*command, *options])], cwd=tmp_path, env=env, check=False)
    assert done.returncode == 0  # what it found is printed above
    said = [line.rsplit(" ", 1) for line in answers.read_text().splitlines()]
    assert len(said) >= LEAST
    worked = Counter(operation for operation, status in said if int(status) < 400)
    paths = served.http.get("/api/v1/openapi.json").json()["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert operations - worked.keys() == set()  # otherwise nothing was learned about what they answer
