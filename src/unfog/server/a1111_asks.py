"""Requests of the A1111 web UI as asks of ours, and nothing else: sizes are those of the finished picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from unfog.config.ask import Chosen, EditAsk, GenerateAsk, Given
from unfog.config.edit import Img2Img as Through
from unfog.config.edit import Inpaint, Way
from unfog.config.names import AUTOMATIC, grid_named, plain, sampler_and_grid
from unfog.config.sample import Layout
from unfog.media.infotext import in_one_piece, read_infotext
from unfog.server.a1111_errors import Unable, unable_fields
from unfog.server.a1111_fields import DEFAULTS, NOTHING, OF_IMG2IMG, Img2Img, Txt2Img
from unfog.server.fitting import How
from unfog.util.errors import UsageError

RESIZE: dict[int, How] = {0: "stretch", 1: "cover", 2: "contain", 3: "stretch"}
STRENGTH = 0.75
KERNEL = 2.5  # their Gaussian of mask_blur reaches int(2.5 blur + 0.5) pixels; so does our feather
SAG = "self attention guidance"
ETA_OF = "ddim"
USED_OPTIONS = ("sd_model_checkpoint", "sd_checkpoint_hash", "samples_format")
INFOTEXT = {
    "Steps": "steps",
    "Sampler": "sampler_name",
    "Schedule type": "scheduler",
    "CFG scale": "cfg_scale",
    "Seed": "seed",
    "Size-1": "width",
    "Size-2": "height",
    "Denoising strength": "denoising_strength",
    "Hires resize-1": "hr_resize_x",
    "Hires resize-2": "hr_resize_y",
    "Eta": "eta",
}
"""What a line of parameters says, as fields."""
Find = Callable[[str], str]
"""The name of a model from its title, name or hash; raises ``Unable`` if there is none."""


def parse_txt2img(data: Mapping[str, Any]) -> Txt2Img:
    """The fields of a request, those it leaves out from its ``infotext``.

    Raises:
        Unable: a field that is not allowed (422).
    """
    sent = filled(data)
    try:
        return Txt2Img.model_validate(sent)
    except ValidationError as error:
        raise unable_fields(error, sent) from None


def parse_img2img(data: Mapping[str, Any]) -> Img2Img:
    """As ``parse_txt2img``; and a picture.

    Raises:
        Unable: there is none (404), or a field that is not allowed (422).
    """
    if not data.get("init_images"):
        raise Unable("Init image not found", 404)
    sent = filled(data)
    try:
        return Img2Img.model_validate(sent)
    except ValidationError as error:
        raise unable_fields(error, sent) from None


def filled(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, with what its infotext says of fields that were not sent."""
    sent = {key: value for key, value in data.items() if value is not None}
    text = sent.get("infotext")
    if not isinstance(text, str) or not text.strip():
        return sent
    info = read_infotext(text)
    told: dict[str, Any] = {"prompt": info.prompt, "negative_prompt": info.negative}
    told |= {INFOTEXT[key]: value for key, value in info.fields.items() if key in INFOTEXT}
    if in_one_piece(info):
        told["whole"] = True
    if "hr_resize_x" in told and "enable_hr" not in sent:
        told["enable_hr"] = True
    return told | sent


def generate_ask(fields: Txt2Img, find: Find, default: str | None) -> GenerateAsk:
    """Pictures of a prompt; ``default`` is the model where the request names none.

    Raises:
        Unable: an unknown sampler, scheduler, script or model. UsageError: too many pictures.
    """
    return GenerateAsk.parse(
        drawing(fields, find, default)
        | {"task": "generate", "size": size_of(fields), "whole": fields.whole}
        | {"layout": Layout(tile=True) if fields.tiling else None}
    )


def edit_ask(fields: Img2Img, given: Given, find: Find, default: str | None) -> EditAsk:
    """A picture changed; ``given`` has the size that is asked for already.

    Raises:
        Unable: as ``generate_ask``. UsageError: too many pictures.
    """
    return EditAsk.parse(drawing(fields, find, default) | {"task": "edit", "inputs": given, "way": way_of(fields)})


def way_of(fields: Img2Img) -> Way:
    """Inpainting with a mask, img2img without one."""
    if fields.mask is None:
        return Through(strength=STRENGTH if fields.denoising_strength is None else fields.denoising_strength)
    blur = max(fields.mask_blur_x, fields.mask_blur_y) if fields.mask_blur is None else fields.mask_blur
    return Inpaint(feather=int(KERNEL * blur + 0.5) if blur else 0, crop=fields.inpaint_full_res)


def size_of(fields: Txt2Img) -> tuple[int, int]:
    """Width and height of the finished picture; a second pass is only a larger picture here."""
    width, height = fields.width, fields.height
    if not fields.enable_hr:
        return width, height
    x, y = fields.hr_resize_x, fields.hr_resize_y
    if not x and not y:
        return round(width * fields.hr_scale), round(height * fields.hr_scale)
    return x or round(width * y / height), y or round(height * x / width)


def drawing(fields: Txt2Img, find: Find, default: str | None) -> dict[str, Any]:
    """What generating and editing have in common."""
    if fields.script_name is not None and fields.script_name.lower() != "none":
        raise Unable(f"Script not found: {fields.script_name[:80]}", 422)
    sampler, grid = method_of(fields)
    chosen = Chosen(
        sampler=sampler,
        grid=grid,
        steps=fields.steps,
        guidance=fields.cfg_scale,
        sag=sag_of(fields.alwayson_scripts or {}),
        eta=fields.eta if sampler == ETA_OF else None,
    )
    options = fields.override_settings or {}
    named = options.get("sd_model_checkpoint") or options.get("sd_checkpoint_hash")
    return {
        "model": find(str(named)) if named else default,
        "prompt": fields.prompt,
        "negative": fields.negative_prompt,
        "n": fields.batch_size * fields.n_iter,
        "seed": fields.seed,
        "chosen": chosen,
        "previews": True,
    }


def method_of(fields: Txt2Img) -> tuple[str | None, str | None]:
    """Our names of sampler and grid; "Automatic" is what the name of the sampler says, or the model recommends.

    Raises:
        Unable: a name that nobody knows (400).
    """
    sampler, grid = fields.sampler_name or fields.sampler_index, fields.scheduler
    if sampler is not None and plain(sampler) == AUTOMATIC:
        sampler = None
    if grid is not None and plain(grid) == AUTOMATIC:
        grid = None
    try:
        name, joined = (None, None) if sampler is None else sampler_and_grid(sampler)
    except UsageError as error:
        raise Unable(f"Sampler not found: {error}", 400) from None
    try:
        return name, joined if grid is None else grid_named(grid)
    except UsageError as error:
        raise Unable(f"Scheduler not found: {error}", 400) from None


def sag_of(scripts: Mapping[str, Any]) -> float | None:
    """The one script of theirs that is ours, too; those that are switched off do not matter.

    Raises:
        Unable: any other (422).
    """
    sag = None
    for name, script in scripts.items():
        args = script.get("args") if isinstance(script, Mapping) else None
        if not isinstance(args, list) or not args or args[0] is False:
            continue
        if name.strip().lower() != SAG:
            raise Unable(f"always on script {name[:80]} not found", 422)
        if len(args) > 1 and args[0] is True and isinstance(args[1], int | float):
            sag = float(args[1])
    return sag


@dataclass(frozen=True)
class Fit:
    """How the pictures of a request are brought to its size."""

    size: tuple[int, int]
    how: How


def fit_of(fields: Img2Img) -> Fit:
    """What ``resize_mode`` says."""
    return Fit((fields.width, fields.height), RESIZE[fields.resize_mode])


def ignored_by(data: Mapping[str, Any], fields: Txt2Img) -> tuple[str, ...]:
    """Which of the fields that were sent change nothing here, though they ask for something."""
    edits = isinstance(fields, Img2Img)
    defaults = DEFAULTS | OF_IMG2IMG if edits else DEFAULTS
    used = set(type(fields).model_fields) | {"script_args"}
    out = [name for name in data if name not in used and not asks_nothing(name, data[name], defaults)]
    if isinstance(fields, Img2Img):
        out += [] if fields.mask is None or fields.denoising_strength in (None, 1) else ["denoising_strength"]
        out += ["init_images[1:]"] if len(fields.init_images) > 1 else []
        out += [name for name in ("tiling", "whole") if data.get(name)]
        out += ["enable_hr"] if fields.enable_hr else []
    elif "denoising_strength" in out and not fields.enable_hr:
        out.remove("denoising_strength")
    sampler, _ = method_of(fields)
    if sampler != ETA_OF and fields.eta not in (None, 0, 1):
        out.append("eta")
    options = fields.override_settings or {}
    out += [f"override_settings.{name}" for name in options if name not in USED_OPTIONS and options[name] is not None]
    return tuple(sorted(out))


def asks_nothing(name: str, value: Any, defaults: Mapping[str, Any]) -> bool:
    """Whether a value is the default, or one that common clients send with every request."""
    return value is None or value == "" or value in (defaults.get(name), *NOTHING.get(name, ()))
