"""What A1111 clients send, as asks: golden pairs, names, pictures and the polarity of masks."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.pictures import encoded, pattern
from tests.support.recipes import recipe_of

from unfog.config.ask import Given
from unfog.config.edit import Img2Img, Inpaint
from unfog.config.names import GRIDS, SAMPLERS
from unfog.config.sample import Layer, Layout
from unfog.media.image import Limits
from unfog.media.infotext import write_infotext
from unfog.server.a1111_asks import edit_ask, generate_ask, ignored_by, parse_img2img, parse_txt2img
from unfog.server.a1111_errors import Unable
from unfog.server.a1111_inputs import prepared
from unfog.server.a1111_lists import Served, model_named
from unfog.server.carried import text_of
from unfog.server.masks import mask_from_white
from unfog.util.errors import UsageError

CASES = json.loads((Path(__file__).parents[2] / "golden/a1111_asks.json").read_text(encoding="utf-8"))
SERVED = [Served("scenes-32", "ab" * 32), Served("other", "0123abcdef" + "c" * 54)]
GIVEN = Given(picture="a" * 32)
PICTURE = text_of(encoded(pattern(6, 4)))
CAPS = Limits()


def find(name: str) -> str:
    return model_named(name, SERVED)


def asked(**sent):
    return generate_ask(parse_txt2img(sent), find, None)


@pytest.mark.parametrize("case", CASES, ids=[case["client"][:40] for case in CASES])
def test_what_clients_send_is_the_ask_it_was(case):
    fields = parse_txt2img(case["sent"])
    assert generate_ask(fields, find, None).model_dump(mode="json") == case["ask"]
    assert list(ignored_by(case["sent"], fields)) == case["ignored"]


def test_what_was_painted_in_one_piece_stays_so():
    layers = Layout(layers=(Layer(prompt="a cat"), Layer(prompt="a dog", to=0)))
    for layout, whole in ((None, True), (layers, False)):
        assert asked(infotext=write_infotext(recipe_of(layout=layout))).whole is whole
    assert asked(infotext=write_infotext(recipe_of(layout=layers)), whole=True).whole
    assert not asked(prompt="a cat and a dog").whole
    sent = {"prompt": "a cat", "whole": True, "init_images": [PICTURE]}
    assert ignored_by(sent, parse_img2img(sent)) == ("whole",)


@pytest.mark.parametrize("label", [known.label for known in SAMPLERS.values()])
def test_every_listed_sampler_can_be_asked_for(label):
    name = next(name for name, known in SAMPLERS.items() if known.label == label)
    assert asked(sampler_name=label).chosen.sampler == name
    assert asked(sampler_index=label).chosen.sampler == name
    assert asked(sampler_name=f"k_{name}", sampler_index="Euler").chosen.sampler == name


@pytest.mark.parametrize(("name", "label"), [(name, known.label) for name, known in GRIDS.items()])
def test_every_listed_scheduler_can_be_asked_for(name, label):
    assert asked(scheduler=label).chosen.grid == asked(scheduler=name).chosen.grid == name


@pytest.mark.parametrize(
    ("sampler", "scheduler", "chosen"),
    [
        ("DPM++ 2M Karras", None, ("dpmpp_2m", "karras")),
        ("DPM++ 2M Karras", "automatic", ("dpmpp_2m", "karras")),
        ("DPM++ 2M Karras", "Exponential", ("dpmpp_2m", "log_snr")),
        ("DPM++ 2M SDE", "SGM Uniform", ("dpmpp_2m_sde", "uniform")),
        ("Automatic", "Karras", (None, "karras")),
        (None, "Automatic", (None, None)),
        ("", "", (None, None)),
        ("euler_ancestral", "", ("euler_ancestral", None)),
        ("EulerAncestralDiscreteScheduler", None, ("euler_ancestral", None)),
    ],
)
def test_names_of_all_kinds_mean_the_same(sampler, scheduler, chosen):
    ask = asked(sampler_name=sampler, scheduler=scheduler)
    assert (ask.chosen.sampler, ask.chosen.grid) == chosen


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"sampler_name": "DPM fast"}, 400, "Sampler not found"),
        ({"scheduler": "KL Optimal"}, 400, "Scheduler not found"),
        ({"script_name": "prompt matrix"}, 422, "Script not found"),
        ({"alwayson_scripts": {"ControlNet": {"args": [{}]}}}, 422, "always on script ControlNet not found"),
        ({"override_settings": {"sd_model_checkpoint": "sd15"}}, 404, "unknown model 'sd15'"),
    ],
)
def test_unknown_names_are_refused(sent, status, said):
    with pytest.raises(Unable) as refused:
        asked(**sent)
    assert refused.value.status == status
    assert str(refused.value).startswith(said)
    assert set(refused.value.body) == {"error", "detail", "body", "errors"}


@pytest.mark.parametrize(
    ("sent", "field", "says"),
    [
        ({"width": 4}, "width", "it must be at least 8"),
        ({"height": 5000}, "height", "it must be at most 4096"),
        ({"steps": "many"}, "steps", "it must be a whole number"),
        ({"cfg_scale": float("inf")}, "cfg_scale", "it must be a finite number"),
        ({"batch_size": 0}, "batch_size", "it must be at least 1"),
        ({"seed": 2**64}, "seed", f"it must be a whole number from 0 to {2**64 - 1} (2^64 - 1)"),
        ({"prompt": "x" * 4097}, "prompt", "it must have at most 4096 characters"),
    ],
)
def test_fields_out_of_bounds_are_422(sent, field, says):
    with pytest.raises(Unable) as refused:
        parse_txt2img(sent)
    assert refused.value.status == 422
    assert refused.value.detail[0]["loc"] == ["body", field]
    assert refused.value.detail[0]["msg"] == says


def test_too_many_pictures_are_refused():
    with pytest.raises(UsageError, match="n = 32"):
        asked(batch_size=4, n_iter=8)


@pytest.mark.parametrize("seed", [-1, "-1", -1.0, "", None])
def test_below_zero_is_a_random_seed(seed):
    assert asked(seed=seed).seed is None


def test_seeds_of_64_bits_come_as_texts():
    assert asked(seed=str(2**64 - 1)).seed == 2**64 - 1
    assert asked(seed=7.0).seed == 7  # as programs without integers write it


@pytest.mark.parametrize(
    ("sent", "size"),
    [
        ({"width": 96, "height": 64}, (96, 64)),
        ({"width": 96, "height": 64, "enable_hr": True}, (192, 128)),
        ({"width": 96, "height": 64, "enable_hr": True, "hr_scale": 1.25}, (120, 80)),
        ({"width": 96, "height": 64, "enable_hr": True, "hr_resize_x": 300, "hr_resize_y": 200}, (300, 200)),
        ({"width": 96, "height": 64, "enable_hr": True, "hr_resize_x": 300}, (300, 200)),
        ({"width": 96, "height": 64, "hr_resize_x": 300}, (96, 64)),
    ],
)
def test_sizes_are_of_the_finished_picture(sent, size):
    assert asked(**sent).size == size


@pytest.mark.parametrize(
    "name", ["other", "Other", "other.safetensors", "other.safetensors [0123abcdef]", "0123abcdef", SERVED[1].sha256]
)
def test_a_model_has_many_names(name):
    assert asked(override_settings={"sd_model_checkpoint": name}).model == "other"
    assert generate_ask(parse_txt2img({}), find, "other").model == "other"


def test_img2img_without_a_picture_is_404():
    for sent in ({}, {"init_images": []}):
        with pytest.raises(Unable, match="Init image not found") as refused:
            parse_img2img(sent)
        assert refused.value.status == 404


def test_img2img_and_inpainting():
    sent: dict[str, Any] = {"init_images": [PICTURE]}
    assert edit_ask(parse_img2img(sent), GIVEN, find, None).way == Img2Img(strength=0.75)
    sent["denoising_strength"] = 0.3
    assert edit_ask(parse_img2img(sent), GIVEN, find, None).way == Img2Img(strength=0.3)
    sent["mask"] = PICTURE
    assert edit_ask(parse_img2img(sent), GIVEN, find, None).way == Inpaint(feather=10, crop=True)  # blur 4 reaches 10
    assert ignored_by(sent, parse_img2img(sent)) == ("denoising_strength",)
    sent |= {"mask_blur": 0, "inpaint_full_res": 0, "inpainting_fill": 1}
    assert edit_ask(parse_img2img(sent), GIVEN, find, None).way == Inpaint(feather=0, crop=False)
    assert ignored_by(sent, parse_img2img(sent)) == ("denoising_strength", "inpainting_fill")


def greys(*rows: list[int]) -> bytes:
    return encoded(np.array(rows, dtype=np.uint8))


def test_the_golden_mask_what_is_white_is_painted():
    """A1111: white = repaint, unless inverted; above 128 counts as white, unless grey is kept."""
    mask = greys([0, 1, 127, 128, 129, 255])
    assert np.asarray(mask_from_white(mask, inverted=False)).tolist() == [[0, 0, 0, 0, 255, 255]]
    assert np.asarray(mask_from_white(mask, inverted=True)).tolist() == [[255, 255, 255, 255, 0, 0]]
    kept = mask_from_white(mask, inverted=False, rounded=False)
    assert np.asarray(kept).tolist() == [[0, 1, 127, 128, 129, 255]]
    clear = Image.new("RGBA", (3, 1), "white")
    clear.putalpha(Image.fromarray(np.array([[0, 200, 255]], dtype=np.uint8)))
    assert np.asarray(mask_from_white(encoded(clear), inverted=False)).tolist() == [[0, 255, 255]]
    opaque = Image.new("RGBA", (3, 1), "black")
    assert np.asarray(mask_from_white(encoded(opaque), inverted=False)).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_pictures_and_masks_are_brought_to_the_size_together(mode):
    mask = greys(*[[0, 0, 0, 255, 255, 255]] * 4)
    sent = {"init_images": [PICTURE], "mask": text_of(mask), "resize_mode": mode, "width": 12, "height": 12}
    picture, painted = prepared(parse_img2img(sent), CAPS)
    assert painted is not None
    shown, area = Image.open(io.BytesIO(picture)), Image.open(io.BytesIO(painted))
    assert shown.size == area.size == (12, 12)
    values, red = np.asarray(area), np.asarray(shown)[..., 0]
    assert values[:, 0].max() == 0  # nothing is painted where nothing was to be
    assert values[:, -1].min() == 255
    assert (red[:, 0].min() > 10) == (mode == 1)  # the middle of it: neither edge of the picture is there


def test_a_picture_that_fits_is_left_as_it_was_sent():
    sent = {"init_images": ["data:image/png;base64," + PICTURE], "width": 8, "height": 8}
    changed, _ = prepared(parse_img2img(sent), CAPS)
    assert Image.open(io.BytesIO(changed)).size == (8, 8)
    data = encoded(pattern(16, 8))
    kept, mask = prepared(parse_img2img({"init_images": [text_of(data)], "width": 16, "height": 8}), CAPS)
    assert kept == data
    assert mask is None
    with pytest.raises(UsageError, match="nothing is fetched"):
        prepared(parse_img2img({"init_images": ["http://127.0.0.1/a.png"]}), CAPS)
