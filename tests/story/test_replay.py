"""``unfog replay``: a picture remade from the recipe inside it, bit for bit, or an honest no."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.support.commands import PROMPT, tree
from tests.support.models import tiny_config
from tests.support.recipes import itxt, png
from tests.support.saved import save_tiny

from unfog.config.recipe import NUMERICS
from unfog.media.image import pixels_of
from unfog.media.png import read_text
from unfog.media.recipe import picture_file, read_recipe
from unfog.model.locate import inspect
from unfog.util.errors import Exit


@pytest.fixture
def picture(unfog, tmp_path) -> Path:
    options = (
        "--seed",
        7,
        "--steps",
        2,
        "--sampler",
        "ddpm",
        "--negative",
        "a low tone",
        "--native",
        "-o",
        tmp_path / "a.png",
    )
    assert unfog("generate", PROMPT, "--model", "tiny", *options).code == 0
    return tmp_path / "a.png"


def pixels(path: Path) -> torch.Tensor:
    with Image.open(path) as image:
        return pixels_of(image.convert("RGB"))


def test_check_reports_equal_bits(unfog, picture, tmp_path):
    before = tree(tmp_path)
    said = unfog("replay", picture, "--check")
    assert (said.code, said.out, said.err) == (0, f"bit-equal: {picture}\n", "")
    found = unfog("replay", picture, "--check", "--json").json
    assert found | {"seconds": 0} == {
        "file": str(picture),
        "files": [],
        "seed": 7,
        "model": {"name": "tiny", "sha256": read_recipe(picture).model.sha256},
        "nfe": read_recipe(picture).nfe,
        "equal": True,
        "max_difference": 0,
        "differing_values": 0,
        "of_values": 3 * 16 * 16,
        "seconds": 0,
    }
    assert tree(tmp_path) == before


def test_remade_it_is_the_same_file(unfog, picture, tmp_path):
    said = unfog("replay", picture, "-o", tmp_path / "again")
    (file,) = (tmp_path / "again").iterdir()
    assert said.out == f"{file}  (seed 7)\n"
    assert file.name == "a-red-circle-7.png"
    assert file.read_bytes() == picture.read_bytes()
    assert unfog("replay", picture, "-o", tmp_path / "b.png", "--json").json["files"] == [str(tmp_path / "b.png")]
    assert (tmp_path / "b.png").read_bytes() == picture.read_bytes()


def test_the_threads_of_the_recipe_are_used_and_given_back(unfog, picture, tmp_path):
    recipe = read_recipe(picture)
    sample = recipe.sample.model_copy(update={"steps": 1, "guidance": 1.0})
    few = recipe.model_copy(update={"threads": 2, "sample": sample, "negative": ""})
    picture.write_bytes(picture_file(pixels(picture), few))
    unfog("replay", picture, "-o", tmp_path / "b.png")
    assert read_recipe(tmp_path / "b.png").threads == 2
    assert torch.get_num_threads() == 1


def test_an_edited_picture_is_found(unfog, picture):
    changed = pixels(picture)
    changed[1, 2, 3] ^= 4
    picture.write_bytes(picture_file(changed, read_recipe(picture)))
    said = unfog("replay", picture, "--check")
    assert (said.code, said.out) == (Exit.RECIPE, "")
    wanted = rf"unfog: .*a\.png differs from what its recipe makes: by up to 4 of 255, in 1 of {3 * 16 * 16} values\n"
    assert re.fullmatch(wanted, said.err)
    said = unfog("replay", picture, "--check", "--json")
    found = json.loads(said.out)
    assert (said.code, found["equal"], found["max_difference"]) == (Exit.RECIPE, False, 4)


def test_an_edited_recipe_is_found(unfog, picture):
    for change in ({"seed": 8}, {"prompt": "a blue square"}, {"size": (16, 24), "canvas": None}):
        picture.write_bytes(picture_file(pixels(picture), read_recipe(picture).model_copy(update=change)))
        said = unfog("replay", picture, "--check")
        assert (said.code, said.out) == (Exit.RECIPE, "")
    assert "another size" in said.err


def test_the_model_is_found_by_its_sha256_under_any_name(unfog, home, picture, tmp_path):
    (home / "tiny").rename(home / "renamed")
    assert unfog("replay", picture, "--check").code == 0
    shutil.move(home / "renamed", tmp_path / "elsewhere")
    code, line = unfog.error("replay", picture, "--check")
    sha256 = read_recipe(picture).model.sha256
    assert (code, line) == (
        Exit.MODEL,
        f"no installed model has the sha256 {sha256} (tiny); give its folder with --model DIR",
    )
    assert unfog("replay", picture, "--check", "--model", tmp_path / "elsewhere").code == 0
    other = save_tiny(tmp_path / "other", seed=9)
    code, line = unfog.error("replay", picture, "--check", "--model", other)
    assert code == Exit.MODEL
    assert line.endswith(f"is the model with sha256 {inspect(other).id}; the recipe needs tiny, {sha256}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"numerics": NUMERICS + 1}, f"made with numerics version {NUMERICS + 1}, this is {NUMERICS}"),
        ({"device": "cuda", "promise": "L1", "threads": None}, "made on cuda, where equal bits are not promised"),
        ({"threads": 4096}, "made with 4096 threads, too many for this machine"),
    ],
)
def test_why_it_may_differ_is_told(unfog, picture, change, said):
    picture.write_bytes(picture_file(pixels(picture), read_recipe(picture).model_copy(update=change)))
    answer = unfog("replay", picture, "--check")
    assert answer.code == 0  # it happens not to differ here
    (note,) = answer.err.splitlines()
    assert note.startswith(f"unfog: note: {said}")
    assert torch.get_num_threads() == 1


def test_a_grey_picture(unfog, home, tmp_path):
    save_tiny(home / "grey", tiny_config(channels=1), name="grey")
    unfog("generate", PROMPT, "--model", "grey", "--native", "-o", tmp_path / "g.png")
    with Image.open(tmp_path / "g.png") as image:
        assert image.mode == "L"
    assert unfog("replay", tmp_path / "g.png", "--check").code == 0


def test_what_cannot_be_replayed(unfog, home, picture, tmp_path):
    other = tmp_path / "other.png"
    code, line = unfog.error("replay", tmp_path / "none.png")
    assert (code, "none.png is not a file; give a picture" in line) == (Exit.DATA, True)
    other.write_bytes(png(itxt(b"parameters", b"a\nSteps: 3, Seed: 1, Sampler: DDIM")))
    code, line = unfog.error("replay", other)
    assert (code, "only a web UI's description, which is not exact" in line) == (Exit.RECIPE, True)
    other.write_bytes(b"GIF89a")
    assert unfog.error("replay", other)[0] == Exit.RECIPE
    other.write_bytes(picture.read_bytes()[:-20])
    assert unfog.error("replay", other, "--check")[0] == Exit.RECIPE
    (home / "tiny/tokenizer.json").write_bytes(b"")
    assert unfog.error("replay", picture, "--check")[0] == Exit.MODEL
    assert not (tmp_path / "out").exists()


def test_an_intact_recipe_in_a_picture_that_cannot_be_decoded(unfog, picture):
    recipe = itxt(b"unfog", read_text(picture.read_bytes(), name="a")["unfog"].encode())
    picture.write_bytes(png(recipe, data=b"no deflate"))
    code, line = unfog.error("replay", picture, "--check")
    assert (code, f"{picture} is damaged" in line) == (Exit.DATA, True)
    assert unfog("replay", picture, "-o", picture.parent / "b.png").code == 0  # the recipe is whole
