"""What the A1111 web UI lists: samplers, schedulers, models, options. Nothing here names a place on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unfog.config.names import GRIDS, SAMPLERS
from unfog.media.formats import Format
from unfog.server.a1111_errors import Unable
from unfog.util.nearest import unknown

RHO_OF_KARRAS = 7.0
HASHED = re.compile(r"\s*\[[0-9a-f]{4,64}\]\s*$")
SUFFIX = ".safetensors"
UPSCALERS = ("None", "unfog")
SCRIPTS = ("self attention guidance",)
FORMATS: dict[str, Format] = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}


@dataclass(frozen=True)
class Served:
    """A model of this server."""

    name: str
    sha256: str

    @property
    def title(self) -> str:
        return f"{self.name}{SUFFIX} [{self.sha256[:10]}]"


def samplers() -> list[dict[str, Any]]:
    """Their labels; our names and the k-diffusion names are aliases."""
    return [
        {"name": known.label, "aliases": [name, f"k_{name}", *known.others], "options": {}}
        for name, known in SAMPLERS.items()
    ]


def schedulers() -> list[dict[str, Any]]:
    """Grids; "automatic" is what the model recommends."""
    rows = [{"name": "automatic", "label": "Automatic", "aliases": None, "default_rho": -1, "need_inner_model": False}]
    return rows + [
        {
            "name": name,
            "label": known.label,
            "aliases": list(known.others) or None,
            "default_rho": RHO_OF_KARRAS if name == "karras" else -1,
            "need_inner_model": False,
        }
        for name, known in GRIDS.items()
    ]


def models(served: Sequence[Served]) -> list[dict[str, Any]]:
    """What can be chosen with ``sd_model_checkpoint``."""
    return [
        {
            "title": one.title,
            "model_name": one.name,
            "hash": one.sha256[:10],
            "sha256": one.sha256,
            "filename": one.name + SUFFIX,
            "config": None,
        }
        for one in served
    ]


def model_named(text: str, served: Sequence[Served]) -> str:
    """The name of the model with a title, a file name, a name or the beginning of a hash.

    Raises:
        Unable: there is none; the nearest is suggested.
    """
    name = HASHED.sub("", text.strip())
    name = name.removesuffix(SUFFIX)
    for one in served:
        if name.lower() == one.name.lower() or (len(name) >= 8 and one.sha256.startswith(name.lower())):
            return one.name
    raise Unable(unknown("model", text[:120], [one.name for one in served]), 404)


def upscalers() -> list[dict[str, Any]]:
    """What makes pictures larger: what a model brings for its own pictures, or plain enlarging."""
    empty = {"model_name": None, "model_path": None, "model_url": None, "scale": 4.0}
    return [{"name": name} | empty for name in UPSCALERS]


def script_rows() -> list[dict[str, Any]]:
    """The arguments of the scripts."""
    empty = {"minimum": None, "maximum": None, "step": None, "choices": None}
    args = [
        {"label": "Enabled", "value": False, **empty},
        {"label": "Scale", "value": 0.75, **empty, "minimum": 0.0, "maximum": 10.0, "step": 0.01},
    ]
    return [{"name": name, "is_alwayson": True, "args": args} for name in SCRIPTS]


def options(own: Mapping[str, Any], served: Sequence[Served], default: str) -> dict[str, Any]:
    """All options, with what somebody has set for themselves."""
    name = str(own.get("sd_model_checkpoint", default))
    chosen = next((one for one in served if one.name == name), None)
    return {
        "sd_model_checkpoint": name if chosen is None else chosen.title,
        "sd_checkpoint_hash": "" if chosen is None else chosen.sha256,
        "sd_vae": "Automatic",
        "CLIP_stop_at_last_layers": 1,
        "samples_format": own.get("samples_format", "png"),
        "samples_save": True,
        "eta_noise_seed_delta": 0,
        "show_progress_every_n_steps": own.get("show_progress_every_n_steps", 1),
        "live_previews_enable": True,
        "randn_source": "CPU",
        "emphasis": "Original",
        "img2img_fix_steps": False,
        "enable_pnginfo": True,
        "sd_model_list": [one.title for one in served],
    }


def changed(
    own: Mapping[str, Any], sent: Mapping[str, Any], served: Sequence[Served]
) -> tuple[dict[str, Any], list[str]]:
    """Somebody's options with what they set, and what of it changes nothing.

    Only a few may be set; they hold for who set them, and nothing of the server changes.

    Raises:
        Unable: a value that is not allowed.
    """
    out, ignored, now = dict(own), list[str](), options(own, served, served[0].name if served else "")
    for name, value in sent.items():
        match name:
            case "sd_model_checkpoint":
                out[name] = model_named(str(value), served)
            case "samples_format":
                if str(value).lower() not in FORMATS:
                    raise Unable(f"samples_format {str(value)[:40]!r} is unknown; there are {', '.join(FORMATS)}", 422)
                out[name] = str(value).lower()
            case "show_progress_every_n_steps":
                if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value <= 1000:
                    raise Unable("show_progress_every_n_steps is a number of steps, -1 to 1000", 422)
                out[name] = value
            case _ if now.get(name) != value:
                ignored.append(name)
            case _:
                pass
    return out, ignored
