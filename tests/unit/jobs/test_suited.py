"""Among the models in the box, the one that knows most of the words draws; the user's are used by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.box import SHAPES, knowing, write_box

import unfog.model.locate as module
from unfog.jobs.suited import suited


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return write_box(tmp_path_factory.mktemp("suited"))


@pytest.fixture(autouse=True)
def where(home: Path, monkeypatch) -> None:
    monkeypatch.setenv("UNFOG_HOME", str(home / "mine"))
    monkeypatch.setattr(module, "builtin_root", lambda: home / "builtin")


@pytest.mark.parametrize(
    ("prompts", "name"),
    [
        (["a red circle"], "scenes-32"),  # both know it
        (["a blue star left of a red circle"], "scenes-32"),
        (["a red turtle"], "things"),
        (["a red turtel"], "things"),
        (["Schildkröte"], "things"),
        (["a sphere"], "scenes-32"),  # no "Schere"
        (["a circle", "a turtle"], "things"),
        (["a circle AND a turtle :1.2"], "things"),
        (["a zeppelin"], "scenes-32"),  # known to the user's model only
        (["🐢"], "things"),
        (["😍"], "scenes-32"),  # known to none, and not to one that reads no words
        ([""], "scenes-32"),
    ],
)
def test_the_model_that_knows_the_words_draws_them(prompts: list[str], name: str) -> None:
    assert suited(None, prompts).name == name


def test_whoever_names_a_model_gets_it() -> None:
    assert suited("scenes-32", ["a turtle"]).name == "scenes-32"
    assert suited("own", ["a turtle"]).name == "own"


def test_transparency_comes_first() -> None:
    assert suited(None, ["a blue star"], transparent=True).name == "things"


def test_a_default_of_the_users_own_is_no_choice(home: Path, monkeypatch, tmp_path: Path) -> None:
    knowing(home / "plain", tmp_path / "models/scenes-32", SHAPES)
    monkeypatch.setenv("UNFOG_HOME", str(tmp_path))
    assert suited(None, ["a turtle"]).origin == "yours"


def test_a_picture_of_which_nothing_is_said_is_cleaned_by_the_model_without_words() -> None:
    assert suited(None, [], cleaned=True).name == "wordless"
    assert suited(None, []).name == "scenes-32"
    assert suited("things", [], cleaned=True).name == "things"
