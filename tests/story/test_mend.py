"""``unfog denoise``, ``restore``, ``upscale`` and ``compose``, tiles and windows, as people use them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.commands import PROMPT

from unfog.config.edit import Restore
from unfog.config.recipe import EditRecipe, Recipe
from unfog.media.image import pixels_of
from unfog.media.recipe import read_recipe
from unfog.util.random import Draw, normal


@pytest.fixture
def noisy(tmp_path) -> Path:
    values = 128 + 20 * normal([5], (21, 37, 3), draw=Draw.TEST)[0].numpy()
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(tmp_path / "noisy.png")
    return tmp_path / "noisy.png"


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_a_noisy_picture_keeps_its_size_and_is_remade(unfog, noisy, tmp_path):
    made = unfog("denoise", noisy, "--model", "tiny", "-o", tmp_path / "a.png", "--json").json
    assert size(tmp_path / "a.png") == (37, 21)
    recipe = read_recipe(tmp_path / "a.png")
    assert isinstance(recipe, EditRecipe)
    assert recipe.way.kind == "denoise"
    assert recipe.way.sigma is not None
    assert 15 < recipe.way.sigma < 25  # measured, and written down
    assert made["steps"] == 1
    assert unfog("replay", tmp_path / "a.png", "--input", noisy, "--check").code == 0


def test_samples_differ_and_their_spread_is_drawn(unfog, noisy, tmp_path):
    options = ("--samples", 2, "--sigma", 20, "--steps", 2, "--uncertainty", tmp_path / "map.png", "--seed", 1)
    assert unfog("denoise", noisy, "--model", "tiny", *options, "-o", tmp_path / "some").code == 0
    one, other = (np.asarray(Image.open(path).convert("RGB")) for path in sorted((tmp_path / "some").iterdir()))
    assert (one != other).any()
    spread = np.asarray(Image.open(tmp_path / "map.png"))
    assert spread.shape == (21, 37)
    assert spread.max() == 255
    code, line = unfog.error("denoise", noisy, "--uncertainty", tmp_path / "map2.png", "--model", "tiny")
    assert (code, line) == (2, "uncertainty is the spread of samples; ask for 2 or more with --samples")


@pytest.mark.parametrize(
    ("degradation", "more", "wanted"),
    [
        ("downsample:2", (), (74, 42)),
        ("blur:1", ("--sigma", 2), (37, 21)),
        ("grey", (), (37, 21)),
        ("mask", ("--mask", "mask.png"), (37, 21)),
        ("jpeg:20", (), (37, 21)),
        ("kernel.png", ("--sigma", 1), (37, 21)),
    ],
)
def test_what_happened_to_a_picture_is_undone_at_its_size(unfog, noisy, tmp_path, degradation, more, wanted):
    Image.fromarray(np.uint8(255) * np.eye(21, 37, dtype=np.uint8)).save(tmp_path / "mask.png")
    kernel = np.array([[0, 40, 90], [0, 200, 0], [60, 20, 0]], dtype=np.uint8)
    Image.fromarray(kernel).save(tmp_path / "kernel.png")
    degradation, *more = (tmp_path / item if str(item).endswith(".png") else item for item in (degradation, *more))
    options = ("--degradation", degradation, *more, "--model", "tiny", "--steps", 2, "--seed", 3)
    assert unfog("restore", noisy, *options, "-o", tmp_path / "a.png").code == 0
    assert size(tmp_path / "a.png") == wanted
    files = (noisy, tmp_path / "mask.png", tmp_path / "kernel.png")
    inputs = [part for path in files for part in ("--input", path)]
    assert unfog("replay", tmp_path / "a.png", *inputs, "--check").code == 0


def test_known_pixels_without_noise_come_back(unfog, noisy, tmp_path):
    mask = np.zeros((21, 37), np.uint8)
    mask[5:9, 7:20] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    options = ("--degradation", "mask", "--mask", tmp_path / "mask.png", "--model", "tiny", "--steps", 3)
    assert unfog("restore", noisy, *options, "-o", tmp_path / "a.png").code == 0
    before, after = (np.asarray(Image.open(path).convert("RGB")) for path in (noisy, tmp_path / "a.png"))
    assert (before[mask == 0] == after[mask == 0]).all()
    assert (before[mask > 0] != after[mask > 0]).any()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("restore", "--degradation", "mask"), "a mask (--mask FILE, white is missing) belongs to --degradation mask"),
        (("restore", "--degradation", "downsample:1.5"), "made smaller by a whole number from 2 on, got 1.5"),
        (("restore", "--degradation", "grey:3"), "--degradation grey has no amount"),
        (("restore", "--degradation", "dust"), "degradation"),
        (("restore", "--degradation", "jpeg"), "is read from JPEG files only; say it: --degradation jpeg:30"),
        (("restore", "--degradation", "jpeg:20", "--sigma", "1"), "knows how far rounding errs; leave --sigma out"),
        (("restore", "--degradation", "jpeg:101"), "amount"),
        (("restore", "--degradation", "blur:65"), "a deviation of at most 64 pixels, got 65"),
        (("restore", "--degradation", "kernel"), "--degradation FILE"),
        (("denoise", "--sigma", "much"), "--sigma 'much' is no list of numbers"),
        (("denoise", "--samples", "2", "--views", "8"), "leave --views 8 or --samples out"),
        (("denoise", "--sigma", "1,2"), "--sigma '1,2' is not one number"),
        (("upscale", "--factor", "17"), "factor"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(unfog, noisy, tmp_path, arguments, line):
    verb, *options = arguments
    code, said = unfog.error(verb, noisy, *options, "--model", "tiny", "-o", tmp_path / "a.png")
    assert code == 2
    assert line in said
    assert not (tmp_path / "a.png").exists()


def test_a_larger_picture_is_the_same_picture(unfog, noisy, tmp_path):
    assert unfog("upscale", noisy, "--factor", 2, "--model", "tiny", "-o", tmp_path / "a.png").code == 0
    assert size(tmp_path / "a.png") == (74, 42)
    with Image.open(tmp_path / "a.png") as image, Image.open(noisy) as before:
        small = np.asarray(image.convert("RGB").resize((37, 21), Image.Resampling.BOX), float)
        assert np.abs(small - np.asarray(before, float)).mean() < 12


def test_regions_windows_and_tiles_are_remade_from_their_recipes(unfog, tmp_path):
    region = ("--region", "0,0,0.5,1:a blue square", "--region", "0.5,0,1,1:a low tone")
    drawn = ("--model", "tiny", "--seed", 2, "--steps", 2, "-o")
    assert unfog("compose", PROMPT, *region, "--canvas", "32x16", *drawn, tmp_path / "r.png").code == 0
    assert unfog("generate", PROMPT, "--windows", "--canvas", "40x16", *drawn, tmp_path / "w.png").code == 0
    assert unfog("generate", PROMPT, "--tile", *drawn, tmp_path / "t.png").code == 0
    assert unfog("generate", PROMPT, *drawn, tmp_path / "plain.png").code == 0
    for name in "rwt":
        assert unfog("replay", tmp_path / f"{name}.png", "--check").code == 0
    recipe = read_recipe(tmp_path / "r.png")
    assert isinstance(recipe, Recipe)
    assert recipe.layout is not None
    assert [part.prompt for part in recipe.layout.regions] == ["a blue square", "a low tone"]
    plain, tile = (pixels_of(Image.open(tmp_path / name)) for name in ("plain.png", "t.png"))
    assert not torch.equal(plain, tile)


def test_layouts_that_make_no_sense_are_refused(unfog):
    code, line = unfog.error("compose", PROMPT, "--region", "0,0,2,1:x", "--model", "tiny")
    assert code == 2
    assert "box" in line
    code, line = unfog.error("compose", PROMPT, "--region", "left:x", "--model", "tiny")
    assert "write LEFT,TOP,RIGHT,BOTTOM" in line
    code, line = unfog.error("generate", PROMPT, "--windows", "--model", "tiny")
    assert "is one window" in line


def test_a_jpeg_file_says_its_quality_and_every_step_of_it_is_kept(unfog, noisy, tmp_path):
    Image.open(noisy).save(tmp_path / "poor.jpg", quality=12)
    options = ("--model", "tiny", "--steps", 3, "--seed", 3)
    assert (
        unfog("restore", tmp_path / "poor.jpg", "--degradation", "jpeg", *options, "-o", tmp_path / "a.png").code == 0
    )
    recipe = read_recipe(tmp_path / "a.png")
    assert isinstance(recipe, EditRecipe)
    assert isinstance(recipe.way, Restore)
    assert (recipe.way.amount, recipe.way.method) == (12, "mmps")
