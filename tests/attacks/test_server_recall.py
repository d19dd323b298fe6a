"""T3, T14: pictures whose descriptions are hostile. They fill a form at most; nothing runs, nothing is loaded."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.support.pictures import pattern
from tests.support.recipes import chunk, edit_recipe_of, itxt, png, recipe_of

from unfog.media.recipe import picture_file, recipe_text
from unfog.server.recall import recall
from unfog.util.errors import DataError, RecipeError

REFUSALS = (DataError, RecipeError)
CODE = "__import__('os').system('touch pwned')"
INFOTEXT = (
    "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 64x64, Model hash: 0123456789"
)


def text_png(**texts: str) -> bytes:
    return png(*(chunk(b"iTXt", itxt_body(key, value)) for key, value in texts.items()))


def itxt_body(key: str, value: str) -> bytes:
    return key.encode("latin-1") + b"\0\0\0\0\0" + value.encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def happened():
    """What Python is told to do meanwhile; the hook cannot be taken away again."""
    seen, on = list[str](), [True]

    def hook(event, _):
        if on[0] and event in ("exec", "compile", "import", "os.system", "subprocess.Popen", "socket.connect"):
            seen.append(event)

    sys.addaudithook(hook)
    yield seen
    on[0] = False


@pytest.mark.parametrize(
    "field", ["prompt", "seed", "resolution", "sampler", "base_model", "styles", "steps", "guidance_scale"]
)
def test_code_in_a_description_is_text(happened, field, tmp_path):
    known = {"prompt": "x", "seed": "1", "resolution": "(64, 64)", "sampler": "euler", "steps": 3, "guidance_scale": 4}
    data = text_png(parameters=json.dumps(known | {field: CODE}), fooocus_scheme="fooocus")
    with contextlib.chdir(tmp_path):
        recall(data, {})  # everything that is imported late is imported now
        happened.clear()
        said = recall(data, {})
    assert happened == []
    assert said["source"] == "fooocus"
    assert not (tmp_path / "pwned").exists()
    if field != "prompt":
        assert CODE not in json.dumps(said["ask"])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("unfog", "{}"),
        ("unfog", "[" * 200_000),
        ("unfog", recipe_text(recipe_of()).replace('"seed":18446744073709551615', '"seed":1e400')),
        ("unfog", recipe_text(recipe_of())[:-1] + ',"_target_":"os.system"}'),
        ("prompt", '{"1":' * 5000),
        ("prompt", json.dumps({"1": {"inputs": {"latent_image": ["1", 0], "sampler_name": "x" * 10**5}}})),
        ("invokeai_metadata", '{"seed": ' + "9" * 5000 + "}"),
        ("parameters", "x" * 300_000),
        ("parameters", "a: b, " * 40_000),
        ("parameters", 'Steps: "' + "\\\\" * 100_000),
        ("parameters", "{" + '"a":1,' * 20_000 + '"b":2}'),
        ("Comment", "{}"),
        ("Author", "nobody"),
    ],
)
def test_hostile_texts_take_no_time_and_raise_nothing_else(key, text):
    begin = time.process_time()
    with contextlib.suppress(*REFUSALS):
        said = recall(text_png(**{key: text}), {})
        assert said["recipe"] is None
        assert len(json.dumps(said)) < 100_000
    assert time.process_time() - begin < 1.0


def test_two_recipes_in_one_picture_are_none():
    recipe = recipe_text(recipe_of())
    body = itxt_body("unfog", recipe)
    with pytest.raises(RecipeError, match="two texts"):
        recall(png(chunk(b"iTXt", body), chunk(b"iTXt", body)), {})


def test_an_unknown_model_is_said_and_not_fetched():
    data = picture_file(_pixels(), recipe_of())
    said = recall(data, {})
    assert said["source"] == "unfog"
    assert said["ask"]["model"] is None
    assert said["warnings"] == [
        f"made with the model scenes-32 (sha256 {recipe_of().model.sha256[:16]}...), which is not here"
    ]
    assert said["ask"]["seed"] == str(2**64 - 1)
    edited = recall(picture_file(_pixels(), edit_recipe_of()), {})
    assert edited["ask"]["way"]["kind"] == "img2img"
    assert any("choose them again" in text for text in edited["warnings"])


def _pixels():
    from unfog.media.image import pixels_of

    return pixels_of(Image.fromarray(pattern(8, 8)))


def webui_jpeg() -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + INFOTEXT.encode("utf-16-be")
    Image.fromarray(pattern(8, 8)).save(out, "JPEG", exif=exif)
    return out.getvalue()


SOURCES = {
    "ours": picture_file(_pixels(), recipe_of()),
    "web ui": text_png(parameters=INFOTEXT),
    "jpeg": webui_jpeg(),
}


def test_pictures_of_the_web_ui_fill_the_form():
    for name in ("web ui", "jpeg"):
        said = recall(SOURCES[name], {})
        assert said["source"] == "a1111"
        assert said["ask"] == {
            "task": "generate", "prompt": "a cat", "negative": "dog", "seed": 1, "size": (64, 64),
            "chosen": {"sampler": "euler", "steps": 20, "guidance": 7.0},
        }  # fmt: skip
        assert any("0123456789" in text for text in said["warnings"])


@given(
    st.sampled_from(sorted(SOURCES)),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
@settings(max_examples=40, deadline=None)
def test_damage_anywhere_is_survived(name, changes, cut):
    data = bytearray(SOURCES[name])
    for at, value in changes:
        data[at % len(data)] = value
    try:
        said = recall(bytes(data[: len(data) - cut]), {})
    except REFUSALS:
        return
    assert said["ask"]["task"] in ("generate", "edit")


def test_itxt_helper_and_compressed_texts_agree():
    recipe = recipe_text(recipe_of()).encode()
    assert recall(png(itxt(b"unfog", recipe, compressed=True)), {}) == recall(png(itxt(b"unfog", recipe)), {})
