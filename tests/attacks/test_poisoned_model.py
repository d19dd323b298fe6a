"""T23: a model that was changed on its way: what it is, is its sha256, never its name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from unfog.model.locate import inspect
from unfog.model.store import MANIFEST, WEIGHTS
from unfog.util.errors import Exit
from unfog.util.files import sha256_file

PROMPT = ("a red circle", "--native", "--seed", "1")


def poison(folder: Path, value: float = 0.5) -> None:
    """Another number in one place of the weights, as small as a backdoor may be."""
    tensors = load_file(folder / WEIGHTS)
    name = max(tensors, key=lambda one: tensors[one].numel())
    tensors[name].view(-1)[0] += value
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def resign(folder: Path, **fields: object) -> None:
    """Make the manifest say what there is now."""
    record = json.loads((folder / MANIFEST).read_text(encoding="utf-8")) | fields
    for name, entry in record["files"].items():
        entry |= {"bytes": (folder / name).stat().st_size, "sha256": sha256_file(folder / name)}
    (folder / MANIFEST).write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture
def picture(unfog, home, tmp_path) -> Path:
    """Made by the good model, whose sha256 is in its recipe."""
    assert unfog("generate", *PROMPT, "--model", "tiny", "-o", tmp_path / "good").code == 0
    (found,) = (tmp_path / "good").glob("*.png")
    return found


def test_weights_that_are_not_those_of_the_manifest_are_refused(unfog, home, tmp_path):
    size = (home / "tiny" / WEIGHTS).stat().st_size
    poison(home / "tiny")
    assert (home / "tiny" / WEIGHTS).stat().st_size == size  # nothing but the hash tells it
    for arguments in (
        ["generate", *PROMPT, "--model", "tiny", "-o", tmp_path / "no"],
        ["model", "show", "tiny"],
    ):
        said = unfog(*arguments)
        assert said.code == Exit.MODEL, said.err
        assert f"{WEIGHTS} is damaged (its sha256 differs from {MANIFEST})" in said.err.splitlines()[-1]
    report = unfog("doctor", "--json")
    (check,) = [one for one in json.loads(report.out)["checks"] if one["name"] == "model tiny"]
    assert check["state"] == "fail"
    assert report.code == Exit.USAGE


def test_a_manifest_that_was_changed_too_makes_it_another_model(unfog, home, picture):
    """Whoever signs anew what was changed gets another sha256, and a recipe asks for the first one."""
    good = inspect(home / "tiny").id
    assert unfog("replay", picture, "--check").code == 0
    poison(home / "tiny")
    resign(home / "tiny")
    assert inspect(home / "tiny").id != good
    code, line = unfog.error("replay", picture)
    assert code == Exit.MODEL
    assert good in line
    code, line = unfog.error("replay", picture, "--model", "tiny")
    assert code == Exit.MODEL
    assert good in line
    assert inspect(home / "tiny").id in line


def test_a_name_is_not_enough_to_take_another_s_place(unfog, home, picture):
    """One called like the model of a recipe, and like the default one, is neither."""
    shutil.rmtree(home / "tiny")
    resign(home / "unet", name="tiny")
    (home / "unet").rename(home / "tiny")
    code, line = unfog.error("replay", picture)
    assert code == Exit.MODEL
    assert "no installed model has the sha256" in line


def test_where_a_model_comes_from_is_said(unfog, home):
    """Those in the box are told apart from the user's, whatever these are called."""
    resign(home / "tiny", name="scenes-32")
    shutil.copytree(home / "tiny", home / "scenes-32")
    rows = unfog("model", "list", "--json").json["models"]
    origins = {(row["name"], row["origin"]) for row in rows}
    assert ("scenes-32", "yours") in origins
    assert ("scenes-32", "built in") in origins
    assert len({row["sha256"] for row in rows if row["name"] == "scenes-32"}) == 2


def test_every_recipe_names_the_model_by_its_sha256(home, picture):
    from unfog.media.recipe import read_recipe

    assert read_recipe(picture).model.sha256 == inspect(home / "tiny").id


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_draw_no_picture(unfog, home, tmp_path, value):
    """T22: signed well, and useless; it is said, instead of a picture of nothing."""
    poison(home / "tiny", value)
    assert not all(bool(torch.isfinite(one).all()) for one in load_file(home / "tiny" / WEIGHTS).values())
    resign(home / "tiny")
    code, line = unfog.error("generate", *PROMPT, "--model", "tiny", "-o", tmp_path / "out")
    assert code == Exit.MODEL, line
    assert "not finite" in line
    assert not list(tmp_path.glob("out/*.png"))
