"""Requests of the OpenAI Images API as asks of ours, and nothing else: sizes are those of the finished picture."""

from __future__ import annotations

import re
from typing import Any

from unfog.config.ask import EditAsk, GenerateAsk, Given
from unfog.config.edit import Img2Img, Inpaint, Way
from unfog.server.openai_errors import Refused
from unfog.server.openai_fields import Fields

THEIRS = re.compile(r"(dall-e|gpt-image|chatgpt-image)[\w.\-]*", re.ASCII)
"""Models of theirs, which clients name because they must name one: our default is meant."""


def generate_ask(fields: Fields) -> GenerateAsk:
    """Pictures of a prompt.

    Raises:
        Refused: what belongs to edits.
    """
    extra = fields.unfog
    if extra.way is not None or extra.strength is not None:
        what = "way" if extra.way is not None else "strength"
        raise Refused(f"{what} belongs to edits of a picture", 400, "invalid_value", f"unfog.{what}")
    return GenerateAsk.parse(
        drawing(fields)
        | {
            "task": "generate",
            "size": fields.size,
            "canvas": extra.canvas,
            "native": extra.native,
            "layout": extra.layout,
            "whole": extra.whole,
            "transparent": fields.background == "transparent",
        }
    )


def edit_ask(fields: Fields, given: Given) -> EditAsk:
    """A picture changed, where the mask is white if there is one."""
    return EditAsk.parse(drawing(fields) | {"task": "edit", "inputs": given, "way": way_of(fields, masked=given.mask)})


def way_of(fields: Fields, *, masked: object) -> Way:
    """How a picture is changed: as ``unfog`` says; with a mask inpainting, without one img2img.

    Raises:
        Refused: settings that do not go together.
    """
    extra = fields.unfog
    if extra.way is not None:
        if extra.strength is not None:
            raise Refused("say the strength inside the way", 400, "invalid_value", "unfog.strength")
        return extra.way
    if masked is not None:
        if extra.strength is not None:
            raise Refused(
                "what a mask shows is painted anew; leave strength out", 400, "invalid_value", "unfog.strength"
            )
        return Inpaint(feather=extra.feather)
    return Img2Img() if extra.strength is None else Img2Img(strength=extra.strength)


def drawing(fields: Fields) -> dict[str, Any]:
    """What generating and editing have in common; what ``unfog`` says counts more than plain fields."""
    extra = fields.unfog
    negative = fields.negative_prompt if extra.negative is None else extra.negative
    return {
        "model": model_of(fields.model),
        "prompt": fields.prompt,
        "negative": negative or "",
        "n": fields.n,
        "seed": fields.seed if extra.seed is None else extra.seed,
        "chosen": {
            "sampler": extra.sampler,
            "grid": extra.grid,
            "steps": fields.steps if extra.steps is None else extra.steps,
            "guidance": fields.guidance_scale if extra.guidance is None else extra.guidance,
            "interval": extra.interval,
            "rescale": extra.rescale,
            "sag": extra.sag,
            "eta": extra.eta,
            "guide": extra.guide,
        },
        "previews": fields.stream and fields.partial_images > 0,
    }


def model_of(name: str | None) -> str | None:
    """Which of our models is meant; ``None`` is the default one."""
    return None if name is None or not name or THEIRS.fullmatch(name) else name
