"""Recipes in picture files: exact, canonical, and read back as what a stranger wrote."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.recipes import SHA, itxt, png, recipe_of

from unfog.config.sample import SampleConfig
from unfog.media.png import read_text
from unfog.media.recipe import DEPTH_LIMIT, depth, parse_recipe, picture_file, read_recipe, recipe_text
from unfog.util.errors import DataError, RecipeError

PIXELS = torch.full((3, 8, 8), 7, dtype=torch.uint8)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(picture_file(PIXELS, recipe_of(prompt='größer\n"quoted" \\ 日本 🟢 \x1b[31m')))
    assert read_recipe(path) == recipe_of(prompt='größer\n"quoted" \\ 日本 🟢 \x1b[31m')


@settings(max_examples=60, deadline=None)
@given(
    prompt=st.text(max_size=60),
    seed=st.integers(0, 2**64 - 1),
    guidance=st.floats(0, 100),
    interval=st.none() | st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
)
def test_every_recipe_survives_exactly(prompt, seed, guidance, interval):
    sample = SampleConfig(guidance=guidance, interval=interval)
    recipe = recipe_of(prompt=prompt, seed=seed, sample=sample)
    text = recipe_text(recipe)
    assert parse_recipe(text, name="a") == recipe
    assert recipe_text(parse_recipe(text, name="a")) == text
    file = picture_file(PIXELS, recipe)
    assert read_text(file, name="a")["unfog"] == text


def test_a_recipe_holds_no_path_no_time_and_no_place_in_a_batch():
    names = set(json.loads(recipe_text(recipe_of())))
    assert not names & {"path", "file", "time", "date", "index", "n", "k"}
    assert json.loads(recipe_text(recipe_of()))["model"] == {"name": "scenes-32", "sha256": SHA}


def test_the_reasons_for_refusal(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(DataError, match=r"a\.png is not a file"):
        read_recipe(path)
    path.write_bytes(png())
    with pytest.raises(RecipeError, match="holds no recipe; only pictures that unfog wrote"):
        read_recipe(path)
    for key, whose in ((b"parameters", "a web UI's"), (b"workflow", "ComfyUI's"), (b"Comment", "NovelAI's")):
        path.write_bytes(png(itxt(key, b"Steps: 3, Sampler: DDIM, Seed: 1")))
        with pytest.raises(RecipeError, match=f"only {whose} description, which is not exact"):
            read_recipe(path)
    path.write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(RecipeError, match="not a PNG file"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("", 0),
        ("1", 0),
        ("[]", 1),
        ('{"a": [1, {"b": []}]}', 4),
        ('{"a": "[[[[", "b": "\\"{{{"}', 1),
        ('"[[[', 0),
        ("[[]]][[", 2),
    ],
)
def test_depth_counts_what_is_outside_strings(text, levels):
    assert depth(text) == levels


def test_depth_takes_linear_time():
    """A string of escaped quotes that never ends: with backtracking, minutes."""
    assert depth('"' + '\\"' * 100_000) == 0
    assert depth("[" * 100_000) == 100_000


HUNGER = """
import resource, sys
from unfog.media.recipe import depth

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

text = '["' + sys.argv[1] * (24 * 2**20 // len(sys.argv[1])) + '"]'
before = peak()
print(depth(text), peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no module resource")
@pytest.mark.parametrize("content", ["A", "\\n", "A\\n"])
def test_depth_of_a_long_string_takes_no_memory(content):
    """A picture in base64 has no escapes; whoever means harm sends nothing else. With backtracking: 1.4 to 3.8 GB."""
    said = subprocess.run([sys.executable, "-c", HUNGER, content], capture_output=True, text=True, check=True).stdout
    levels, more = map(int, said.split())
    assert levels == 1
    assert more < 50 * 2**20


def test_nesting_is_bounded():
    text = recipe_text(recipe_of()).replace('"negative":', f'"x":{"[" * DEPTH_LIMIT}{"]" * DEPTH_LIMIT},"negative":')
    with pytest.raises(RecipeError, match="nested more than 32 deep"):
        parse_recipe(text, name="a")
