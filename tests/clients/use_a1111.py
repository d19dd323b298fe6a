"""Runs in the clients' own environment: webuiapi against a server, as its users write it.

    python use_a1111.py HOST PORT KEY FOLDER       facts as JSON on standard output, pictures into FOLDER

FOLDER holds ``picture.png`` and ``white.png`` already. Nothing of unfog is imported here.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

webuiapi: Any = importlib.import_module("webuiapi")
image: Any = importlib.import_module("PIL.Image")
PROMPT = "two green stars above a red circle"
SAME = {"prompt": PROMPT, "negative_prompt": "blue", "seed": 7, "steps": 5, "cfg_scale": 2.5}


def pictures(api: Any, folder: Path) -> dict[str, Any]:
    """txt2img, img2img, inpainting, and what a file says."""
    made = api.txt2img(**SAME, sampler_name="DPM++ 2M", width=96, height=64, n_iter=2)
    picture, white = image.open(folder / "picture.png"), image.open(folder / "white.png")
    size = {"width": picture.width, "height": picture.height}
    changed = api.img2img(images=[picture], prompt="a red circle", seed=3, steps=4, denoising_strength=0.5, **size)
    inpaint = {"prompt": "a red circle", "seed": 3, "steps": 4, "mask_blur": 0, "inpaint_full_res": False, **size}
    painted = api.img2img(images=[picture], mask_image=white, **inpaint)
    turned = api.img2img(images=[picture], mask_image=white, inpainting_mask_invert=1, **inpaint)
    larger = api.extra_single_image(picture, upscaler_1="unfog", upscaling_resize=2)
    for name, answer in (("changed", changed), ("painted", painted), ("turned", turned), ("larger", larger)):
        answer.image.save(folder / f"{name}.png")
    for k, raw in enumerate(made.json["images"]):
        (folder / f"txt2img-{k}.b64").write_text(raw)
    read = api.png_info(made.image)
    return {
        "info": made.info,
        "parameters": made.parameters,
        "strength": changed.info["denoising_strength"],
        "larger": larger.image.size,
        "png_info": read.info,
        "png_parameters": read.parameters,
    }


def listed(api: Any) -> dict[str, Any]:
    """What is listed, and set."""
    with contextlib.redirect_stdout(sys.stderr):
        api.util_set_model("scenes-32")
        api.util_wait_for_ready(0.1)
    options = api.get_options()
    api.set_options(options)
    return {
        "models": api.util_get_model_names(),
        "model": api.util_get_current_model(),
        "samplers": api.util_get_sampler_names(),
        "schedulers": api.util_get_scheduler_names(),
        "rest": [
            api.get_upscalers(), api.get_latent_upscale_modes(), api.get_sd_vae(), api.get_hypernetworks(),
            api.get_face_restorers(), api.get_prompt_styles(), api.get_embeddings(), api.get_scripts(),
            api.get_cmd_flags(), api.get_memory(), api.refresh_checkpoints(),
        ],
    }  # fmt: skip


def stopped(api: Any) -> dict[str, Any]:
    """Progress while it is made; ended half-way; one picture skipped."""
    answers, seen = list[Any](), list[dict[str, Any]]()
    many = SAME | {"sampler_name": "Euler", "steps": 40, "width": 64, "height": 64, "n_iter": 12}
    asking = threading.Thread(target=lambda: answers.append(api.txt2img(**many)))
    asking.start()
    while not seen or seen[-1]["state"]["job_no"] < 2:
        seen.append(api.get_progress())
        time.sleep(0.05)
    api.interrupt()
    asking.join(60)
    few = many | {"n_iter": 2, "steps": 80}
    asking = threading.Thread(target=lambda: answers.append(api.txt2img(**few)))
    asking.start()
    while not api.get_progress()["state"]["sampling_step"]:
        time.sleep(0.05)
    skipped = api.skip()
    asking.join(60)
    alone = api.txt2img(**few | {"n_iter": 1, "seed": 8})
    return {
        "progress": [told["progress"] for told in seen],
        "states": [told["state"] for told in seen][-1],
        "previews": sum(told["current_image"] is not None for told in seen),
        "idle": api.get_progress()["progress"],
        "interrupted": len(answers[0].images),
        "skip": skipped,
        "skipped": [one.info.get("parameters", "") for one in answers[1].images],
        "last": answers[1].images[-1].tobytes() == alone.image.tobytes(),
    }


def errors(api: Any) -> dict[str, Any]:
    """What it raises: the status and the text."""
    out = dict[str, Any]()
    for name, fields in {
        "sampler": {"sampler_name": "no such"},
        "size": {"width": 3},
        "script": {"script_name": "x/y/z plot"},
    }.items():
        try:
            api.txt2img(prompt="x", **fields)
        except RuntimeError as error:
            out[name] = [error.args[0], json.loads(error.args[1])["detail"]]
    return out


def main() -> None:
    host, port, key, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    api = webuiapi.WebUIApi(host=host, port=port, username="anybody", password=key, steps=5)
    facts = pictures(api, folder) | {"listed": listed(api)} | {"stopped": stopped(api)} | {"errors": errors(api)}
    print(json.dumps(facts))  # noqa: T201


if __name__ == "__main__":
    main()
