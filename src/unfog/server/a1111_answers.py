"""Finished pictures as clients of the A1111 web UI read them.

{"images": [base64, ...], "parameters": the request, "info": a JSON text}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import Image

from unfog import __version__
from unfog.config.ask import spoken
from unfog.config.names import SAMPLERS
from unfog.media.image import decode_any, pixels_of
from unfog.media.infotext import Infotext, compose, read_infotext
from unfog.media.png import PARAMETERS, encode
from unfog.server.a1111_fields import DEFAULTS, OF_IMG2IMG, Img2Img, Txt2Img
from unfog.server.drawn import Drawn

TIMESTAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True)
class Asked:
    """What a request came to: what the answer says besides the pictures."""

    fields: Txt2Img
    data: Mapping[str, Any]
    """As it was sent."""
    size: tuple[int, int]
    seed: int
    """The first one."""
    model: tuple[str, str]
    """Name and sha256."""


def answer(asked: Asked, drawn: Sequence[Drawn], images: Sequence[str], begun: datetime) -> dict[str, Any]:
    """The answer of txt2img and img2img; ``images`` are the files in base64."""
    return {"images": list(images), "parameters": echo(asked, drawn), "info": json.dumps(info(asked, drawn, begun))}


def echo(asked: Asked, drawn: Sequence[Drawn]) -> dict[str, Any]:
    """The request with its defaults; where nothing was said, the model's recommendation."""
    edits = isinstance(asked.fields, Img2Img)
    told = DEFAULTS | (OF_IMG2IMG if edits else {}) | method(drawn)
    told |= {key: value for key, value in asked.data.items() if key in told and value is not None}
    if isinstance(asked.fields, Img2Img) and not asked.fields.include_init_images:
        told |= {"init_images": None, "mask": None}
    return told


def method(drawn: Sequence[Drawn]) -> dict[str, Any]:
    """How the first picture was sampled, in their words."""
    recipe = next((one.recipe for one in drawn if one.recipe is not None), None)
    if recipe is None:
        return {}
    sample = recipe["sample"]
    label = SAMPLERS[sample["sampler"]].label
    return {"steps": sample["steps"], "cfg_scale": sample["guidance"], "sampler_name": label}


def info(asked: Asked, drawn: Sequence[Drawn], begun: datetime) -> dict[str, Any]:
    """What the JSON text ``info`` says, with every key that there is."""
    fields, count = asked.fields, len(drawn)
    seeds = [spoken(one.seed) for one in drawn]
    sampled = {"steps": fields.steps, "cfg_scale": fields.cfg_scale, "sampler_name": fields.sampler_name}
    sampled |= method(drawn)
    strength = None
    if isinstance(fields, Img2Img):
        way = next((one.recipe["way"] for one in drawn if one.recipe is not None), {})
        strength = way.get("strength", 1.0)
    return {
        "prompt": fields.prompt,
        "all_prompts": [fields.prompt] * count,
        "negative_prompt": fields.negative_prompt,
        "all_negative_prompts": [fields.negative_prompt] * count,
        "seed": spoken(asked.seed),
        "all_seeds": seeds,
        "subseed": spoken(asked.seed),
        "all_subseeds": seeds,
        "subseed_strength": 0,
        "width": asked.size[0],
        "height": asked.size[1],
        **sampled,
        "batch_size": fields.batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": asked.model[0],
        "sd_model_hash": asked.model[1][:10],
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "seed_resize_from_w": -1,
        "seed_resize_from_h": -1,
        "denoising_strength": strength,
        "extra_generation_params": {},
        "index_of_first_image": 0,
        "infotexts": [one.infotext for one in drawn],
        "styles": [],
        "job_timestamp": begun.strftime(TIMESTAMP),
        "clip_skip": 1,
        "is_using_inpainting_conditioning": False,
        "version": f"unfog-{__version__}",
    }


def interrupted(asked: Asked, preview: bytes, seed: int) -> bytes:
    """What there was of a picture when it was interrupted, at its size; it says so, and has no recipe."""
    picture, _ = decode_any(preview, name="the preview")
    large = picture.resize(asked.size, Image.Resampling.BICUBIC)
    fields = {"Seed": str(seed), "Size": "{}x{}".format(*asked.size), "Model hash": asked.model[1][:10]}
    fields |= {"Model": asked.model[0], "Interrupted": "True", "Version": f"unfog-{__version__}"}
    text = compose(Infotext(asked.fields.prompt, asked.fields.negative_prompt, fields))
    return encode(pixels_of(large), {PARAMETERS: text})


def png_info(texts: Mapping[str, str]) -> dict[str, Any]:
    """The answer of png-info: the infotext, the other texts of the file, and the infotext parsed."""
    text = texts.get(PARAMETERS, "")
    items = {key: value for key, value in texts.items() if key != PARAMETERS}
    if not text:
        return {"info": "", "items": items, "parameters": {}}
    read = read_infotext(text)
    parsed = {"Prompt": read.prompt, "Negative prompt": read.negative, **read.fields}
    return {"info": text, "items": items, "parameters": parsed}
