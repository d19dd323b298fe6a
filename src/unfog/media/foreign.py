"""What pictures of other programs say about how they were made, as far as it means something here.

    web UI      ``parameters``: infotext (``infotext.py``)
    ComfyUI     ``prompt``: a graph {node: {class_type, inputs}}; an input is a value or [node, output]
    InvokeAI    ``invokeai_metadata``: one JSON object
    Fooocus     ``parameters``: one JSON object, or infotext
    NovelAI     ``Description`` is the prompt, ``Comment`` one JSON object

All of it is written by strangers. Nothing is evaluated, names are looked up and never imported, and every value that is
not what it should be is left out. Every function takes time linear in its text and raises nothing but ``RecipeError``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from unfog.media.infotext import Infotext, in_one_piece, read_infotext
from unfog.media.png import TEXT_LIMIT
from unfog.media.recipe import depth
from unfog.util.errors import RecipeError

Source = Literal["a1111", "comfyui", "invokeai", "fooocus", "novelai"]
DEPTH = 32  # links that are followed in a graph, and brackets of a JSON text
PROMPT = 4096
NUMBERS = 1e9
TEXT_INPUTS = ("text", "text_g", "string", "value", "prompt", "text_l", "t5xxl")
MODEL_INPUTS = ("ckpt_name", "unet_name", "model_name")
THROUGH = ("conditioning", "conditioning_1", "conditioning_to", "positive", "model", "samples")


@dataclass(frozen=True)
class Said:
    """What a picture says; ``None`` where it says nothing that is understood."""

    source: Source
    prompt: str = ""
    negative: str = ""
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    grid: str | None = None
    size: tuple[int, int] | None = None
    model: str | None = None
    model_hash: str | None = None
    rescale: float | None = None
    more: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further settings, which have no place here."""
    whole: bool = False
    """Ours, painted in one piece; only its infotext is left."""


def read_foreign(texts: Mapping[str, str]) -> Said | None:
    """The first description that is understood, of the texts of a file by their key.

    Raises:
        RecipeError: there is one, and it is too long, too deep or no JSON.
    """
    if "invokeai_metadata" in texts:
        return from_invokeai(parsed(texts["invokeai_metadata"]))
    if "prompt" in texts and texts["prompt"].lstrip().startswith("{"):
        return from_comfyui(parsed(texts["prompt"]))
    if texts.get("Software", "").startswith("NovelAI") and "Comment" in texts:
        return from_novelai(parsed(texts["Comment"]), texts.get("Description", ""))
    text = texts.get("parameters") or texts.get("comment")
    if text is None:
        return None
    if text.lstrip().startswith("{"):
        return from_fooocus(parsed(text))
    fooocus = "fooocus_scheme" in texts
    said = from_infotext(read_infotext(text))
    return replace(said, source="fooocus") if fooocus else said


def parsed(text: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        RecipeError: too long, too deep, or none.
    """
    if len(text) > 4 * TEXT_LIMIT or depth(text) > DEPTH:
        raise RecipeError("the description in this picture is longer or deeper than any program writes it")
    try:
        found: object = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise RecipeError("the description in this picture is damaged") from None
    if not isinstance(found, dict):
        raise RecipeError("the description in this picture is not understood")
    return cast(dict[str, Any], found)


def from_infotext(info: Infotext) -> Said:
    """Of the web UI family."""
    f = info.fields
    known = {"Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size-1", "Size-2", "Model", "Model hash"}
    return Said(
        "a1111",
        prompt=info.prompt[:PROMPT],
        negative=info.negative[:PROMPT],
        seed=seed(f.get("Seed")),
        steps=whole(f.get("Steps"), 1000),
        guidance=number(f.get("CFG scale")),
        sampler=name(f.get("Sampler")),
        grid=name(f.get("Schedule type")),
        size=size(f.get("Size-1"), f.get("Size-2")),
        model=name(f.get("Model")),
        model_hash=name(f.get("Model hash")),
        rescale=number(f.get("CFG rescale")),
        more={key: value[:200] for key, value in f.items() if key not in known},
        whole=in_one_piece(info),
    )


def from_invokeai(data: Mapping[str, Any]) -> Said:
    """Of InvokeAI."""
    model = data.get("model")
    inner = cast(dict[str, Any], model) if isinstance(model, dict) else {}
    return Said(
        "invokeai",
        prompt=text_of(data.get("positive_prompt")),
        negative=text_of(data.get("negative_prompt")),
        seed=seed(data.get("seed")),
        steps=whole(data.get("steps"), 1000),
        guidance=number(data.get("cfg_scale")),
        sampler=name(data.get("scheduler")),
        size=size(data.get("width"), data.get("height")),
        model=name(inner.get("name") or inner.get("model_name")),
        model_hash=name(inner.get("hash")),
        rescale=number(data.get("cfg_rescale_multiplier")),
        more=rest(data, ("strength", "loras", "controlnets", "vae", "clip_skip")),
    )


def from_fooocus(data: Mapping[str, Any]) -> Said:
    """Of Fooocus, whose resolution is the text ``(1152, 896)``; it is split, never evaluated."""
    sides = text_of(data.get("resolution")).strip("()[] ").split(",")
    return Said(
        "fooocus",
        prompt=text_of(data.get("prompt")),
        negative=text_of(data.get("negative_prompt")),
        seed=seed(data.get("seed")),
        steps=whole(data.get("steps"), 1000),
        guidance=number(data.get("guidance_scale")),
        sampler=name(data.get("sampler")),
        grid=name(data.get("scheduler")),
        size=size(*sides) if len(sides) == 2 else None,
        model=name(data.get("base_model")),
        model_hash=name(data.get("base_model_hash")),
        more=rest(data, ("styles", "performance", "sharpness", "refiner_model", "loras")),
    )


def from_novelai(data: Mapping[str, Any], prompt: str) -> Said:
    """Of NovelAI."""
    return Said(
        "novelai",
        prompt=text_of(data.get("prompt")) or prompt[:PROMPT],
        negative=text_of(data.get("uc")),
        seed=seed(data.get("seed")),
        steps=whole(data.get("steps"), 1000),
        guidance=number(data.get("scale")),
        sampler=name(data.get("sampler")),
        grid=name(data.get("noise_schedule")),
        size=size(data.get("width"), data.get("height")),
        rescale=number(data.get("cfg_rescale")),
        more=rest(data, ("strength", "noise")),
    )


# ---- ComfyUI's graph


def from_comfyui(graph: Mapping[str, Any]) -> Said:
    """Of ComfyUI: what the first node that samples is fed with."""
    nodes = {key: cast(dict[str, Any], node) for key, node in graph.items() if isinstance(node, dict)}
    for node in nodes.values():
        fed = inputs(node)
        if "latent_image" in fed and ("sampler_name" in fed or "noise_seed" in fed or "noise" in fed):
            return sampled(nodes, fed)
    raise RecipeError("no node of this ComfyUI graph samples in a way that is understood")


def sampled(nodes: Mapping[str, dict[str, Any]], fed: dict[str, Any]) -> Said:
    """What a node that samples says, with the small nodes that newer graphs put before it."""
    for part in ("noise", "guider", "sampler", "sigmas"):
        fed = {**inputs(linked(nodes, fed.get(part))), **fed}
    latent = inputs(reached(nodes, fed.get("latent_image"), "width"))
    loader = inputs(reached(nodes, fed.get("model"), *MODEL_INPUTS))
    positive = fed.get("positive", fed.get("conditioning"))
    return Said(
        "comfyui",
        prompt=words(nodes, positive),
        negative=words(nodes, fed.get("negative")),
        seed=seed(fed.get("seed", fed.get("noise_seed"))),
        steps=whole(fed.get("steps"), 1000),
        guidance=number(fed.get("cfg")),
        sampler=name(fed.get("sampler_name")),
        grid=name(fed.get("scheduler")),
        size=size(latent.get("width"), latent.get("height")),
        model=name(next((loader[key] for key in MODEL_INPUTS if key in loader), None)),
        more=rest(fed, ("denoise",)),
    )


def inputs(node: Mapping[str, Any] | None) -> dict[str, Any]:
    """The inputs of a node; none of what is no node."""
    found = None if node is None else node.get("inputs")
    return cast(dict[str, Any], found) if isinstance(found, dict) else {}


def linked(nodes: Mapping[str, dict[str, Any]], link: object) -> dict[str, Any] | None:
    """The node at the other end of a link."""
    if not isinstance(link, list) or not link or not isinstance(link[0], str | int):
        return None
    return nodes.get(str(link[0]))


def reached(nodes: Mapping[str, dict[str, Any]], link: object, *wanted: str) -> dict[str, Any] | None:
    """The first node on the way back from a link that has one of the wanted inputs."""
    for _ in range(DEPTH):
        node = linked(nodes, link)
        if node is None or any(key in inputs(node) for key in wanted):
            return node
        link = next((inputs(node)[key] for key in THROUGH if key in inputs(node)), None)
    return None


def words(nodes: Mapping[str, dict[str, Any]], link: object) -> str:
    """The text that a conditioning comes from."""
    for _ in range(DEPTH):
        fed = inputs(reached(nodes, link, *TEXT_INPUTS))
        link = next((fed[key] for key in TEXT_INPUTS if key in fed), None)
        if isinstance(link, str):
            return link[:PROMPT]
    return ""


# ---- single values


def text_of(value: object) -> str:
    """A text; "" if it is none."""
    return value[:PROMPT] if isinstance(value, str) else ""


def name(value: object) -> str | None:
    """A short text on one line."""
    return value.strip()[:120] if isinstance(value, str) and value.strip() and value.isprintable() else None


def number(value: object) -> float | None:
    """A finite number that is not huge, or its text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) <= NUMBERS else None


def whole(value: object, most: int) -> int | None:
    """A whole number from 1 to ``most``."""
    found = number(value)
    return int(found) if found is not None and found == int(found) and 1 <= found <= most else None


def seed(value: object) -> int | None:
    """A seed of at most 64 bits."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**64 else None


def size(width: object, height: object) -> tuple[int, int] | None:
    """Sides that a picture can have here."""
    across, down = whole(width, 4096), whole(height, 4096)
    return (across, down) if across is not None and down is not None and min(across, down) >= 8 else None


def rest(data: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, str]:
    """Settings that have no place here, shortly."""
    return {key: str(data[key])[:200] for key in keys if data.get(key) not in (None, [], "", 1)}
