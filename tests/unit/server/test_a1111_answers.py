"""What A1111 clients are told: pictures with their info, progress, lists and options."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime

import pytest
import torch
from PIL import Image
from tests.support.pictures import encoded, pattern
from tests.support.recipes import edit_recipe_of, recipe_of

from unfog.config.edit import Img2Img as Through
from unfog.media.infotext import write_infotext
from unfog.media.png import read_text
from unfog.media.recipe import picture_file
from unfog.server.a1111_answers import Asked, answer, interrupted, png_info
from unfog.server.a1111_asks import parse_img2img, parse_txt2img
from unfog.server.a1111_errors import Unable
from unfog.server.a1111_lists import Served, changed, model_named, models, options, samplers, schedulers
from unfog.server.a1111_tasks import Task, Tasks, internal_answer, new_id, progress_answer
from unfog.server.drawn import Drawn

BEGUN = datetime(2026, 11, 22, 13, 5, 9, tzinfo=UTC)
PIXELS = (torch.arange(3 * 32 * 48) % 251).to(torch.uint8).reshape(3, 32, 48)
RECIPE = recipe_of(seed=2**53 + 1)
DRAWN = Drawn(picture_file(PIXELS, RECIPE), 2**53 + 1)
SERVED = [Served("scenes-32", "ab" * 32), Served("other", "cd" * 32)]
INFO = {
    "prompt", "all_prompts", "negative_prompt", "all_negative_prompts", "seed", "all_seeds", "subseed",
    "all_subseeds", "subseed_strength", "width", "height", "sampler_name", "cfg_scale", "steps", "batch_size",
    "restore_faces", "face_restoration_model", "sd_model_name", "sd_model_hash", "sd_vae_name", "sd_vae_hash",
    "seed_resize_from_w", "seed_resize_from_h", "denoising_strength", "extra_generation_params",
    "index_of_first_image", "infotexts", "styles", "job_timestamp", "clip_skip", "is_using_inpainting_conditioning",
    "version",
}  # fmt: skip


def asked(**sent):
    return Asked(parse_txt2img(sent), sent, (48, 32), 2**53 + 1, ("scenes-32", "ab" * 32))


def test_an_answer_has_every_key():
    told = answer(asked(prompt="a cat", width=48, height=32), [DRAWN, DRAWN], ["AA", "BB"], BEGUN)
    assert list(told) == ["images", "parameters", "info"]
    assert told["images"] == ["AA", "BB"]
    info = json.loads(told["info"])
    assert set(info) == INFO
    assert info["all_prompts"] == ["a cat", "a cat"]
    assert info["all_seeds"] == [str(2**53 + 1)] * 2  # too large for a number of JavaScript
    assert (info["width"], info["height"]) == (48, 32)
    assert (info["sampler_name"], info["cfg_scale"], info["steps"]) == ("DPM++ 2M", 4.5, 20)
    assert (info["sd_model_name"], info["sd_model_hash"]) == ("scenes-32", "ababababab")
    assert info["job_timestamp"] == "20261122130509"
    assert info["infotexts"] == [write_infotext(RECIPE)] * 2
    assert info["denoising_strength"] is None


def test_the_request_is_echoed_with_its_defaults():
    told = answer(asked(prompt="a cat", width=48), [DRAWN], ["AA"], BEGUN)["parameters"]
    assert (told["prompt"], told["width"], told["height"], told["seed"]) == ("a cat", 48, 512, -1)
    assert (told["steps"], told["cfg_scale"], told["sampler_name"]) == (20, 4.5, "DPM++ 2M")  # as recommended
    assert told["hr_scale"] == 2.0


def test_pictures_that_were_sent_are_not_sent_back():
    picture = base64.b64encode(encoded(pattern(6, 4))).decode()
    sent = {"init_images": [picture], "mask": picture, "denoising_strength": 0.6}
    edited = Drawn(picture_file(PIXELS, edit_recipe_of(seed=5, way=Through(strength=0.6), size=(48, 32))), 5)
    for include in (False, True):
        sent["include_init_images"] = include
        fields = parse_img2img(sent)
        told = answer(Asked(fields, sent, (48, 32), 5, ("m", "ab" * 32)), [edited], ["AA"], BEGUN)
        assert told["parameters"]["init_images"] == ([picture] if include else None)
        assert told["parameters"]["mask"] == (picture if include else None)
        assert json.loads(told["info"])["denoising_strength"] == 0.6


def test_an_interrupted_picture_says_so_and_has_no_recipe():
    png = interrupted(asked(prompt="a cat"), encoded(pattern(6, 4)), 9)
    assert Image.open(io.BytesIO(png)).size == (48, 32)
    texts = read_text(png, name="x")
    assert list(texts) == ["parameters"]
    assert "Interrupted: True" in texts["parameters"]
    assert "Seed: 9" in texts["parameters"]
    told = json.loads(answer(asked(prompt="a cat"), [Drawn(png, 9)], ["AA"], BEGUN)["info"])
    assert told["all_seeds"] == [9]


def test_png_info_parses_what_we_write():
    told = png_info(read_text(DRAWN.png, name="x"))
    assert told["info"] == write_infotext(RECIPE)
    assert list(told["items"]) == ["unfog"]
    assert told["parameters"]["Sampler"] == "DPM++ 2M"
    assert told["parameters"]["Negative prompt"] == "blurry: yes, very"
    assert png_info({}) == {"info": "", "items": {}, "parameters": {}}


def task(**changes) -> Task:
    return Task(**({"id": "a", "owner": "me", "pictures": 2, "submitted_at": 0.0, "created": BEGUN} | changes))


def test_progress_by_the_formula():
    now = task(running=True, begun_at=10.0)
    assert progress_answer(None, 0.0, None)["progress"] == 0
    assert progress_answer(now, 10.0, None)["progress"] == 0.01
    now.advance(3, 12, "0 of 2 pictures")  # 6 steps of each
    assert progress_answer(now, 10.0, None)["progress"] == pytest.approx(0.01 + 3 / 6 / 2)
    now.advance(6, 12, "0 of 2 pictures")
    now.finish_picture()
    now.advance(8, 12, "1 of 2 pictures")
    told = progress_answer(now, 16.0, "AA")
    assert told["progress"] == pytest.approx(0.01 + 1 / 2 + 2 / 6 / 2)
    assert told["eta_relative"] == pytest.approx(6 / told["progress"] - 6)
    state = told["state"]
    assert (state["job_no"], state["job_count"], state["sampling_step"], state["sampling_steps"]) == (1, 2, 2, 6)
    assert state["job_timestamp"] == "20261122130509"
    assert (told["current_image"], told["current_task"]) == ("AA", "a")
    now.advance(12, 12, None)
    assert progress_answer(now, 16.0, None)["progress"] == 1.0


def test_progress_after_a_picture_was_skipped():
    now = task(pictures=3, running=True, begun_at=0.0)
    now.advance(2, 15, None)
    now.finish_picture()  # skipped
    now.advance(1, 10, None)  # a new job, of the two that are left
    assert (now.step, now.steps, now.done) == (1, 5, 1)


def test_who_waits_or_has_ended_is_not_active():
    waiting = task()
    assert progress_answer(waiting, 0.0, None)["current_task"] == "a"
    assert internal_answer(waiting, 0.0, -1, None)["queued"]
    waiting.ended = True
    told = internal_answer(waiting, 0.0, -1, None)
    assert (told["active"], told["queued"], told["completed"]) == (False, False, True)
    assert internal_answer(None, 0.0, -1, None)["completed"] is False


def test_a_preview_is_sent_once():
    now = task(running=True, begun_at=0.0)
    now.show(b"picture")
    told = internal_answer(now, 1.0, -1, "data:x")
    assert (told["live_preview"], told["id_live_preview"]) == ("data:x", 1)
    assert internal_answer(now, 1.0, 1, "data:x")["live_preview"] is None


def test_everyone_sees_their_own_tasks():
    tasks, mine, other = Tasks(), task(id="a"), task(id="b", owner="you")
    later = task(id="c", running=True)
    for each in (mine, other, later):
        tasks.add(each)
    assert tasks.current("me") is later  # it runs
    assert tasks.current("nobody") is None
    assert [each.id for each in tasks.of("me")] == ["a", "c"]
    tasks.end(later)
    assert tasks.current("me") is mine
    assert tasks.named("me", "c") is later
    assert tasks.named("you", "c") is None


def test_names_of_tasks_are_as_their_page_makes_them():
    name = new_id("txt2img")
    assert name.startswith("task(txt2img-")
    assert len(name) == len("task(txt2img-AB12C3D)")


def test_lists_have_their_shapes():
    row = next(row for row in samplers() if row["name"] == "DPM++ 2M")
    assert row["options"] == {}
    assert "k_dpmpp_2m" in row["aliases"]
    assert schedulers()[0]["name"] == "automatic"
    karras = next(row for row in schedulers() if row["label"] == "Karras")
    assert set(karras) == {"name", "label", "aliases", "default_rho", "need_inner_model"}
    assert models(SERVED)[1] == {
        "title": "other.safetensors [cdcdcdcdcd]",
        "model_name": "other",
        "hash": "cdcdcdcdcd",
        "sha256": "cd" * 32,
        "filename": "other.safetensors",
        "config": None,
    }


def test_options_are_everyones_own():
    own, ignored = changed({}, {"sd_model_checkpoint": "other", "samples_format": "WEBP"}, SERVED)
    assert (own, ignored) == ({"sd_model_checkpoint": "other", "samples_format": "webp"}, [])
    told = options(own, SERVED, "scenes-32")
    assert told["sd_model_checkpoint"] == "other.safetensors [cdcdcdcdcd]"
    assert told["sd_checkpoint_hash"] == "cd" * 32
    again, ignored = changed(own, told, SERVED)  # as clients that send all of them back
    assert (again, ignored) == (own | {"show_progress_every_n_steps": 1}, [])
    assert options({}, SERVED, "scenes-32")["sd_model_checkpoint"] == "scenes-32.safetensors [ababababab]"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"sd_model_checkpoint": "x"}, 404),
        ({"samples_format": "gif"}, 422),
        ({"show_progress_every_n_steps": "x"}, 422),
    ],
)
def test_options_out_of_bounds_are_refused(sent, status):
    with pytest.raises(Unable) as refused:
        changed({}, sent, SERVED)
    assert refused.value.status == status


def test_other_options_cannot_be_set():
    own, ignored = changed({}, {"outdir_samples": "/etc", "samples_save": False, "CLIP_stop_at_last_layers": 1}, SERVED)
    assert own == {}
    assert ignored == ["outdir_samples", "samples_save"]


def test_short_hashes_are_not_guessed():
    with pytest.raises(Unable, match="unknown model 'abab'"):
        model_named("abab", SERVED)
