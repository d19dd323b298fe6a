"""Without a name the words choose among the models in the box, until somebody says which to use."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.box import write_box

import unfog.model.locate as module
from unfog.config.ask import AnyAsk, PictureAsk, parse_ask
from unfog.server.catalogue import Catalogue


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return write_box(tmp_path_factory.mktemp("box"))


@pytest.fixture(autouse=True)
def where(home: Path, monkeypatch) -> None:
    monkeypatch.setenv("UNFOG_HOME", str(home / "mine"))
    monkeypatch.setattr(module, "builtin_root", lambda: home / "builtin")


def asked(**fields: object) -> PictureAsk:
    ask: AnyAsk = parse_ask({"task": "generate"} | fields)
    assert isinstance(ask, PictureAsk)
    return ask


def test_the_words_choose_among_the_models_in_the_box(tmp_path: Path) -> None:
    catalogue = Catalogue((), tmp_path)
    regions = [{"prompt": "a turtle", "box": [0, 0, 1, 1]}]
    edit = {"task": "edit", "inputs": {"picture": "0" * 32}, "prompt": "a turtle"}
    for ask, name in [
        (asked(prompt="a blue star"), "scenes-32"),
        (asked(prompt="a turtle"), "things"),
        (asked(prompt="a star", layout={"regions": regions}), "scenes-32"),  # each knows one of the two
        (asked(prompt="a circle", layout={"regions": regions}), "things"),
        (asked(prompt="a blue star", transparent=True), "things"),
        (asked(prompt="a turtle", model="scenes-32"), "scenes-32"),
        (asked(task="morph", prompts=["a circle", "a turtle"]), "things"),
        (asked(**edit, way={"kind": "img2img"}), "things"),
        (asked(**edit, way={"kind": "denoise"}), "scenes-32"),  # draws nothing
        (asked(**edit | {"prompt": " "}, way={"kind": "denoise"}), "wordless"),
        (asked(**edit | {"prompt": ""}, way={"kind": "upscale"}), "scenes-32"),
        (asked(task="explain", what="reverse", request={"prompt": "a turtle"}), "things"),
    ]:
        assert catalogue.of_ask(ask, "local").name == name, ask


def test_whoever_says_which_to_use_is_obeyed(tmp_path: Path) -> None:
    catalogue = Catalogue((), tmp_path)
    catalogue.use("scenes-32")
    assert catalogue.of_ask(asked(prompt="a turtle"), "local").name == "scenes-32"
    assert Catalogue(("own", "things"), tmp_path).of_ask(asked(prompt="a turtle"), "local").name == "own"


def test_what_was_said_can_be_taken_back(tmp_path: Path) -> None:
    catalogue = Catalogue((), tmp_path)
    catalogue.use("scenes-32")
    catalogue.unuse("things")  # it is not the default one
    assert catalogue.pinned
    catalogue.unuse("scenes-32")
    assert catalogue.of_ask(asked(prompt="a turtle"), "local").name == "things"
    wanted = Catalogue(("own", "things"), tmp_path)
    wanted.use("things")
    wanted.unuse("things")
    assert wanted.of_ask(asked(prompt="a turtle"), "local").name == "own"  # as the command says
