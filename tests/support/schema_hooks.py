"""Hooks for schemathesis: half of the cases are made to fit, so that work is done; every answer is written down.

What is made up at random is refused nearly always: ids that nobody has, pictures that are none. Every other case of an
operation stays as it was made up; the others get, where there is such a field, a picture, an id or a name that exists.
``SCHEMA_KNOWN`` names a JSON file with those, ``SCHEMA_ANSWERS`` the file that gets a line for each answer.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import schemathesis

KNOWN: dict[str, Any] = json.loads(Path(os.environ["SCHEMA_KNOWN"]).read_text())
ANSWERS = Path(os.environ["SCHEMA_ANSWERS"])
PICTURE = base64.b64decode(KNOWN["png"])
COUNTS: dict[str, Iterator[int]] = defaultdict(itertools.count)
LOCK = threading.Lock()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    number = next(COUNTS[case.operation.label])
    if number % 2:
        return
    path = case.operation.path
    for name in case.path_parameters or {}:
        choices = KNOWN["paths"].get(path.replace("{" + name + "}", f"<{name}>"), KNOWN["names"].get(place(path, name)))
        if choices:
            case.path_parameters[name] = choices[number // 2 % len(choices)]
    if isinstance(case.body, dict):
        fit(path, case.body, number // 2)


def place(path: str, name: str) -> str:
    """``jobs.id`` of ``/api/v1/jobs/{id}/events``."""
    return f"{path.partition('/{')[0].rpartition('/')[2]}.{name}"


def fit(path: str, body: dict[str, Any], number: int) -> None:
    """Put what exists where the document asks for something of its kind."""
    text = KNOWN["png"]
    match path:
        case "/api/v1/files" | "/api/v1/recall":
            body["file"] = PICTURE
        case "/api/v1/pictures/archive":
            body["ids"] = KNOWN["names"]["pictures.id"][:1]
        case "/api/v1/training/check":
            body["folder"] = KNOWN["folder"]
        case "/api/v1/jobs":
            asks = KNOWN["asks"]
            kept = {key: body[key] for key in ("prompt", "negative", "seed", "previews") if key in body}
            ask = asks[number % len(asks)]
            body.clear()
            body.update({key: value for key, value in kept.items() if key != "prompt" or "prompt" in ask} | ask)
        case "/sdapi/v1/txt2img":
            body.update(width=8 + number % 25, height=8)
            forget(body, "steps", "sampler_name", "sampler_index", "scheduler", "script_name", "alwayson_scripts")
            forget(body, "override_settings", "infotext", "enable_hr")
        case "/sdapi/v1/img2img":
            body.update(init_images=[text], width=8, height=8 + number % 25)
            forget(body, "steps", "sampler_name", "sampler_index", "scheduler", "script_name", "alwayson_scripts")
            forget(body, "override_settings", "infotext", "enable_hr", "mask")
        case "/sdapi/v1/png-info" | "/sdapi/v1/extra-single-image":
            body["image"] = text
        case "/sdapi/v1/options":
            body["sd_model_checkpoint"] = "tiny"
        case "/v1/images/generations" | "/v1/images/edits" | "/v1/images/variations":
            forget(body, "model", "unfog", "steps", "size", "guidance_scale", "mask", "background")
            body["n"] = 1 + number % 2
            if "image" in body:
                body["image"] = PICTURE
            elif not path.endswith("generations"):
                body["images"] = [{"image_url": f"data:image/png;base64,{text}"}]


def forget(body: dict[str, Any], *names: str) -> None:
    """Leave fields to their defaults."""
    for name in names:
        body.pop(name, None)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    with LOCK, ANSWERS.open("a") as file:
        file.write(f"{case.method} {case.operation.path} {response.status_code}\n")
