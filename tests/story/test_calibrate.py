"""``unfog model calibrate`` and ``unfog model snapshot``: a model that knows where to be asked, and one on its way."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.folders import captioned_folder, settings
from tests.support.saved import save_tiny

from unfog.cli.main import run
from unfog.jobs.settings import Chosen, settle
from unfog.model.locate import inspect
from unfog.tasks import calibrate
from unfog.util.errors import Exit, UsageError

pytestmark = pytest.mark.slow  # trainings and measurements

FEW = ["--pictures", "2", "--tries", "10", "--device", "cpu"]


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> tuple[Path, Path]:
    """A model, and its calibrated copy."""
    folder = tmp_path_factory.mktemp("models")
    plain = save_tiny(folder / "plain")
    (folder / "prompts.txt").write_text("a red circle\n\ntwo green stars\n", encoding="utf-8")
    arguments = ["model", "calibrate", str(plain), "-o", str(folder / "fitted"), "--steps", "3,5", "--guidance", "1,4"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibrate, "EXACT_STEPS", 15)  # exact enough for a model that is nothing to look at
        assert run([*arguments, "--prompts", str(folder / "prompts.txt"), *FEW]) == Exit.OK
    return plain, folder / "fitted"


def test_the_copy_knows_nodes_and_is_the_same_model(models):
    plain, fitted = (inspect(folder) for folder in models)
    assert fitted.id == plain.id  # so pictures made before can be made again
    rows = fitted.manifest.calibrated
    assert [(row.guidance, row.steps) for row in rows] == [(1, 3), (1, 5), (4, 3), (4, 5)]
    for row in rows:
        assert 0 < row.error <= row.before
        assert row.n == 2
    assert fitted.manifest.sample.grid == "calibrated"
    assert fitted.manifest.sample.steps == plain.manifest.sample.steps == 3
    assert fitted.manifest.sample.nodes == rows[2].nodes  # guidance 3 is nearer to 4 than to 1
    assert plain.manifest.calibrated == ()


def test_steps_choose_their_nodes(models):
    manifest = inspect(models[1]).manifest
    five = {row.guidance: row.nodes for row in manifest.calibrated if row.steps == 5}
    assert settle(manifest, Chosen(steps=5)).nodes == five[4]
    assert settle(manifest, Chosen(steps=5, guidance=1.5)).nodes == five[1]
    ten = settle(manifest, Chosen(steps=10)).nodes  # read off between the five
    assert ten is not None
    assert ten[1::2] == pytest.approx(five[4])
    assert all(a < b for a, b in pairwise(ten))
    other = settle(manifest, Chosen(sampler="euler"))
    assert (other.grid, other.nodes) == ("rf_shift", None)  # nodes were fitted for another sampler
    assert settle(manifest, Chosen(grid="karras")).nodes is None


def test_pictures_of_calibrated_nodes_are_made_again(models, tmp_path, capsys):
    made = ["generate", "a red circle", "--model", str(models[1]), "--steps", "5", "--seed", "4", "-o", str(tmp_path)]
    assert run([*made, "--device", "cpu"]) == Exit.OK
    (picture,) = tmp_path.glob("*.png")
    capsys.readouterr()
    assert run(["replay", str(picture), "--model", str(models[0]), "--check", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["equal"] is True  # by the nodes in the recipe: this one knows none


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--steps", "1,4"], "between 2 and 100, got 1"),
        (["--steps", "4,x"], "is no list of numbers"),
        (["--pictures", "1"], "need 2 to 4096 pictures"),
        (["--prompts", "nowhere.txt"], "nowhere.txt cannot be read"),
    ],
)
def test_what_cannot_be_is_said(models, tmp_path, capsys, arguments, said):
    assert run(["model", "calibrate", str(models[0]), "-o", str(tmp_path / "x"), *arguments]) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_nodes_that_are_not_there(models, capsys):
    with pytest.raises(UsageError, match="no calibrated nodes for the sampler"):
        settle(inspect(models[0]).manifest, Chosen(grid="calibrated"))
    assert run(["model", "calibrate", str(models[0]), "-o", str(models[1])]) == Exit.USAGE
    assert "exists already" in capsys.readouterr().err


def test_a_snapshot_of_a_run_that_goes_on(tmp_path, capsys):
    data = captioned_folder(tmp_path / "data", 6)
    quick = settings("train.batch=12", "train.save_every_images=24", "train.preview_every_images=480")
    arguments = ["train", str(data), "--out", str(tmp_path / "run"), "--images", "48", "--device", "cpu", *quick]
    assert run(["model", "snapshot", str(tmp_path / "run"), "-o", str(tmp_path / "early")]) == Exit.DATA
    assert "has saved no checkpoint yet" in capsys.readouterr().err
    assert run(arguments) == Exit.OK
    assert run(["model", "snapshot", str(tmp_path / "run"), "-o", str(tmp_path / "now")]) == Exit.OK
    assert "48 images" in capsys.readouterr().out
    assert inspect(tmp_path / "now").id == inspect(tmp_path / "run" / "model").id
