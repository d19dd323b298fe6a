"""What clients of the A1111 web UI send: the requests of txt2img and img2img with their defaults.

What a client does not send is the model's recommendation, not the default of Stable Diffusion: so ``steps``,
``cfg_scale`` and the sampler are unset here. The size is 512 x 512 unless it is said, as there.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from unfog.config.ask import AnySeed
from unfog.config.model import Fraction
from unfog.config.sample import Prompt, Side

Name = Annotated[str, Field(max_length=120)]
Count = Annotated[int, Field(ge=1, le=16)]
Carried = Annotated[str, Field(max_length=90_000_000)]  # base64 of the largest picture that is read (server/carried.py)


def _random(seed: Any) -> Any:
    """Below 0 is a random seed."""
    if isinstance(seed, float) and seed.is_integer():
        seed = int(seed)
    return None if seed in ("", "-1") or (isinstance(seed, int | float) and seed < 0) else seed


def _unset(value: Any) -> Any:
    """Empty texts say nothing."""
    return None if value == "" else value


Optional = BeforeValidator(_unset)
AnyInteger = Annotated[int, Field(lt=2**64)] | Annotated[str, Field(pattern="^(-1|[0-9]{1,20})?$")] | None
Seed = Annotated[AnySeed | None, BeforeValidator(_random, json_schema_input_type=AnyInteger)]


class Txt2Img(BaseModel):
    """``/sdapi/v1/txt2img``."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    prompt: Prompt = ""
    negative_prompt: Prompt = ""
    seed: Seed = None
    sampler_name: Annotated[Name | None, Optional] = None
    sampler_index: Annotated[Name | None, Optional] = None
    scheduler: Annotated[Name | None, Optional] = None
    batch_size: Count = 1
    n_iter: Count = 1
    steps: int | None = None
    cfg_scale: float | None = None
    width: Side = 512
    height: Side = 512
    tiling: bool | None = None
    whole: bool = False
    """Not theirs: paint in one piece what would be painted as layers."""
    eta: float | None = None
    override_settings: dict[str, Any] | None = None
    enable_hr: bool = False
    hr_scale: Annotated[float, Field(gt=0, le=16)] = 2.0
    hr_resize_x: Annotated[int, Field(ge=0, le=4096)] = 0
    hr_resize_y: Annotated[int, Field(ge=0, le=4096)] = 0
    force_task_id: Annotated[str, Field(max_length=120)] | None = None
    infotext: Annotated[str, Field(max_length=2**18)] | None = None
    script_name: Annotated[Name | None, Optional] = None
    alwayson_scripts: dict[str, Any] | None = None
    send_images: bool = True


class Img2Img(Txt2Img):
    """``/sdapi/v1/img2img``."""

    init_images: Annotated[list[Carried], Field(min_length=1, max_length=16)]
    resize_mode: Annotated[int, Field(ge=0, le=3)] = 0
    denoising_strength: Fraction | None = None
    mask: Annotated[Carried | None, Optional] = None
    mask_blur: Annotated[int, Field(ge=0, le=64)] | None = None
    mask_blur_x: Annotated[int, Field(ge=0, le=64)] = 4
    mask_blur_y: Annotated[int, Field(ge=0, le=64)] = 4
    mask_round: bool = True
    inpaint_full_res: bool = True
    inpainting_mask_invert: bool = False
    include_init_images: bool = False


DEFAULTS: dict[str, Any] = {
    "prompt": "", "negative_prompt": "", "styles": None, "seed": -1, "subseed": -1, "subseed_strength": 0,
    "seed_resize_from_h": -1, "seed_resize_from_w": -1, "sampler_name": None, "sampler_index": "Euler",
    "scheduler": None, "batch_size": 1, "n_iter": 1, "steps": 50, "cfg_scale": 7.0, "width": 512, "height": 512,
    "restore_faces": None, "tiling": None, "do_not_save_samples": False, "do_not_save_grid": False, "eta": None,
    "s_min_uncond": None, "s_churn": None, "s_tmax": None, "s_tmin": None, "s_noise": None, "override_settings": None,
    "override_settings_restore_afterwards": True, "refiner_checkpoint": None, "refiner_switch_at": None,
    "disable_extra_networks": False, "firstpass_image": None, "comments": None, "enable_hr": False,
    "denoising_strength": 0.75, "firstphase_width": 0, "firstphase_height": 0, "hr_scale": 2.0, "hr_upscaler": None,
    "hr_second_pass_steps": 0, "hr_resize_x": 0, "hr_resize_y": 0, "hr_checkpoint_name": None, "hr_sampler_name": None,
    "hr_scheduler": None, "hr_prompt": "", "hr_negative_prompt": "", "force_task_id": None, "infotext": None,
    "script_name": None, "script_args": [], "alwayson_scripts": {}, "send_images": True, "save_images": False,
}  # fmt: skip
"""Of txt2img there: what is echoed for fields that were not sent."""
OF_IMG2IMG: dict[str, Any] = {
    "init_images": None, "resize_mode": 0, "denoising_strength": 0.75, "image_cfg_scale": None, "mask": None,
    "mask_blur": None, "mask_blur_x": 4, "mask_blur_y": 4, "mask_round": True, "inpainting_fill": 0,
    "inpaint_full_res": True, "inpaint_full_res_padding": 0, "inpainting_mask_invert": 0,
    "initial_noise_multiplier": None, "latent_mask": None, "include_init_images": False,
}  # fmt: skip
NOTHING: dict[str, tuple[Any, ...]] = {
    "subseed": (0,),
    "seed_resize_from_h": (0,),
    "seed_resize_from_w": (0,),
    "s_churn": (0,),
    "s_tmax": (0,),
    "s_tmin": (0,),
    "s_noise": (1,),
    "initial_noise_multiplier": (1,),
    "image_cfg_scale": (1.5,),
    "restore_faces": (False,),
    "styles": ([],),
    "do_not_save_grid": (True,),
    "do_not_save_samples": (True,),
    "save_images": (True,),
    "override_settings_restore_afterwards": (False,),
    "hr_upscaler": ("Latent", "None"),
}
"""Values besides the default that ask for nothing, as common clients send them with every request."""
