"""T14: crafted recipes of edited pictures: bounded like all others; they reach no file but those a person names."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.cases import first
from tests.support.commands import tree
from tests.support.pictures import encoded, pattern, write
from tests.support.recipes import SHA, edit_recipe_of, itxt, png

from unfog.media.original import read_original
from unfog.media.recipe import parse_recipe, recipe_text
from unfog.model.locate import inspect
from unfog.util.errors import Exit

GOOD: dict[str, Any] = json.loads(recipe_text(edit_recipe_of()))
SECONDS = 30  # measured: milliseconds
PAINT = {"kind": "inpaint", "method": "kept"}
MASKED = {"picture": SHA, "mask": SHA}


def changed(**values: object) -> str:
    """The text of a good recipe with values replaced."""
    return json.dumps(GOOD | values)


CRAFTED = {
    "strength": changed(way={"kind": "img2img", "strength": 1.5}),
    "negative strength": changed(way={"kind": "img2img", "strength": -0.1}),
    "strength NaN": changed(way={"kind": "img2img", "strength": float("nan")}),
    "strength as text": changed(way={"kind": "img2img", "strength": "0.5"}),
    "a way of another kind": changed(way={"kind": "exec"}),
    "a way without a kind": changed(way={"strength": 0.5}),
    "a way as text": changed(way="img2img"),
    "no way": json.dumps({key: value for key, value in GOOD.items() if key != "way"}),
    "a key of another way": changed(way={"kind": "img2img", "keep": 0.5}),
    "a path in a way": changed(way={**PAINT, "mask": "/etc/passwd"}, inputs=MASKED),
    "feather": changed(way={**PAINT, "feather": 10**6}, inputs=MASKED),
    "negative feather": changed(way={**PAINT, "feather": -1}, inputs=MASKED),
    "margins": changed(way={**PAINT, "margins": [10**6, 0, 0, 0]}),
    "negative margins": changed(way={**PAINT, "margins": [-5, 0, 0, 0]}),
    "three margins": changed(way={**PAINT, "margins": [1, 2, 3]}),
    "box": changed(way={**PAINT, "box": [0, 0, 10**9, 1]}),
    "flat box": changed(way={**PAINT, "box": [0, 0, 0, 1]}),
    "long words": changed(way={**PAINT, "words": "a" * 4097}),
    "an unsettled noise level": changed(way={"kind": "denoise"}),
    "an endless noise level": changed(way={"kind": "denoise", "sigma": 1e300}),
    "an unsettled way of restoring": changed(way={"kind": "restore", "degradation": "grey"}),
    "a blur without an amount": changed(way={"kind": "restore", "degradation": "blur", "method": "mmps"}),
    "a huge factor": changed(way={"kind": "upscale", "factor": 10**6}),
    "an unsettled method": changed(way={"kind": "inpaint", "method": "auto"}, inputs=MASKED),
    "an unsaid method": changed(way={"kind": "inpaint"}, inputs=MASKED),
    "an unknown method": changed(way={"kind": "inpaint", "method": "os.system"}, inputs=MASKED),
    "shares": changed(way={"kind": "inversion", "words": 2}),
    "colours": changed(way={"kind": "restyle", "colours": 9}),
    "no inputs": changed(inputs={}),
    "no picture": changed(inputs={"mask": SHA}),
    "a path as input": changed(inputs={"picture": "/etc/passwd"}),
    "an input of another role": changed(inputs={"picture": SHA, "weights": SHA}),
    "inputs as a list": changed(inputs=[SHA]),
    "size": changed(size=[10**9, 10]),
    "no size": changed(size=[0, 10]),
    "canvas": changed(canvas=[10**9, 10**9]),
    "steps": changed(steps=10**9),
    "negative steps": changed(steps=-1),
    "nfe": changed(nfe=10**9),
    "another task": changed(task="train"),
    "no task": json.dumps({key: value for key, value in GOOD.items() if key != "task"}),
    "generated": changed(task="generate"),
    "unknown key": changed(input="/etc/passwd"),
    "dunder key": changed(__class__="x"),
}


@pytest.fixture
def evil(tmp_path) -> Path:
    return tmp_path / "evil.png"


@pytest.mark.parametrize("name", first(12, CRAFTED))
def test_a_crafted_recipe(unfog, evil, tmp_path, name):
    evil.write_bytes(png(itxt(b"unfog", CRAFTED[name].encode())))
    before, begin = tree(tmp_path), time.perf_counter()
    code, line = unfog.error("replay", evil, "-o", tmp_path / "out", "--input", evil)
    assert code == Exit.RECIPE
    assert line.startswith(f"{evil}: the recipe is refused")
    assert len(line) < len(str(evil)) + 400
    assert time.perf_counter() - begin < SECONDS
    assert tree(tmp_path) == before


def test_recipes_are_read_as_they_were_written():
    for way in (
        {"kind": "inversion", "was": "a cat", "words": 1.0, "layout": 0.0},
        {**PAINT, "box": [1, 2, 3, 4], "crop": True, "feather": 256},
        {**PAINT, "words": "the hat"},
        {**PAINT, "margins": [0, 8192, 0, 3]},
        {"kind": "restyle", "keep": 0.1},
    ):
        recipe = parse_recipe(changed(way=way), name="a")
        assert parse_recipe(recipe_text(recipe), name="a") == recipe
        assert json.loads(recipe_text(recipe))["way"] == json.loads(recipe_text(recipe))["way"] | way


REFUSED = {
    "a mask for a way without": ({"way": {"kind": "img2img"}}, "mask", "a mask belongs to `unfog inpaint`"),
    "a style for a way without": ({"way": PAINT}, "style", "a style picture belongs to `unfog restyle`"),
    "nowhere to paint": ({"way": PAINT}, None, "say once where to paint"),
    "two places": ({"way": {**PAINT, "box": [0, 0, 9, 9], "words": "x"}}, None, "say once where to paint"),
    "told": ({"way": {**PAINT, "method": "told", "box": [0, 0, 9, 9]}}, None, "was not trained to complete pictures"),
    "too large": ({"way": {**PAINT, "margins": [8192, 8192, 8192, 8192]}}, None, "16424x16414 are more than"),
    "a box outside": ({"way": {**PAINT, "box": [99, 0, 9, 9]}}, None, "lies outside a picture of 40x30"),
    "no style": ({"way": {"kind": "restyle"}, "prompt": ""}, None, "restyle needs a style"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_schema_allows_and_no_command_makes(unfog, home, evil, tmp_path, name):
    """One clear line, whatever it asks of the pictures that a person gives."""
    changes, role, said = REFUSED[name]
    given = write(tmp_path / "a.png", encoded(pattern(40, 30)))
    named = {"picture": read_original(given).sha256}
    if role == "mask":
        from unfog.media.mask import mask_of, sha256_of

        named["mask"] = sha256_of(mask_of(read_original(given)))
    elif role is not None:
        named[role] = named["picture"]
    model = {"name": "tiny", "sha256": inspect(home / "tiny").id}
    data = GOOD | {"inputs": named, "model": model, "threads": 1} | changes
    evil.write_bytes(png(itxt(b"unfog", json.dumps(data).encode())))
    begin = time.perf_counter()
    code, line = unfog.error("replay", evil, "--check", "--input", given)
    assert (code, said in line) == (Exit.USAGE, True), line
    assert time.perf_counter() - begin < SECONDS


def test_a_mask_of_another_size_than_the_picture(unfog, home, evil, tmp_path):
    from unfog.media.mask import mask_of, sha256_of

    picture, mask = (write(tmp_path / f"{h}.png", encoded(pattern(40, h))) for h in (30, 31))
    named = {"picture": read_original(picture).sha256, "mask": sha256_of(mask_of(read_original(mask)))}
    model = {"name": "tiny", "sha256": inspect(home / "tiny").id}
    data = GOOD | {"inputs": named, "model": model, "threads": 1, "way": PAINT}
    evil.write_bytes(png(itxt(b"unfog", json.dumps(data).encode())))
    code, line = unfog.error("replay", evil, "--check", "--input", picture, "--input", mask)
    assert (code, line) == (Exit.USAGE, "the mask is 40x31 and the picture 40x30; make the mask as large")


def test_a_black_mask(unfog, home, evil, tmp_path):
    from unfog.media.mask import mask_of, sha256_of

    picture = write(tmp_path / "a.png", encoded(pattern(8, 8)))
    black = write(tmp_path / "b.png", encoded(0 * pattern(8, 8)))
    named = {"picture": read_original(picture).sha256, "mask": sha256_of(mask_of(read_original(black)))}
    model = {"name": "tiny", "sha256": inspect(home / "tiny").id}
    data = GOOD | {"inputs": named, "model": model, "threads": 1, "way": PAINT}
    evil.write_bytes(png(itxt(b"unfog", json.dumps(data).encode())))
    code, line = unfog.error("replay", evil, "--check", "--input", picture, "--input", black)
    assert (code, "black everywhere" in line) == (Exit.USAGE, True), line
