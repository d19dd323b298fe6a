"""What a model was never shown is said, to people, programs and Python; and what its words lie near."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.support.commands import PROMPT
from tests.support.models import tiny_tokenizer
from tests.support.saved import manifest_of

import unfog as package
from unfog.config.model import ContrastConfig, EncoderConfig, PictureConfig, TextConfig
from unfog.model.build import build_contrast
from unfog.model.locate import inspect
from unfog.model.store import MANIFEST, NOTICE, save_model
from unfog.util.errors import Exit

KNOWS = {
    "concepts": ["circle", "violin|fiddle", "saxophone"],
    "names": {"de": "Kreis|Geige"},
    "words": "red blue two",
    "styles": ["neon"],
}
STRANGE = "a red accordion"
SAID = "'accordion' is not something I know; nearest: 'saxophone'"
TOWERS = ContrastConfig(
    text=TextConfig(vocabulary=300, width=32, depth=1, heads=2, max_tokens=16),
    picture=PictureConfig(size=16, channels=3),
    encoder=EncoderConfig(patch=2, stem=16, width=32, depth=1, heads=2),
    dim=8,
)


def told(folder: Path, **changes: object) -> Path:
    """Change a manifest, which has no hash of its own."""
    record = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(record | changes), encoding="utf-8")
    return folder


@pytest.fixture
def honest(home: Path) -> Path:
    return told(home / "tiny", knows=KNOWS)


@pytest.fixture
def towers(home: Path) -> Path:
    """A model that compares texts with pictures, trained on nothing."""
    model = build_contrast(TOWERS, tiny_tokenizer(), seed=3).eval().requires_grad_(False)
    manifest = manifest_of(TOWERS, name="towers")
    save_model(model, home / "towers", manifest, "# towers\n", notice="cat: 3 pictures, somebody, MIT\n")
    return home / "towers"


def test_a_word_that_it_was_never_shown_is_named(unfog, honest, tmp_path):
    said = unfog("generate", STRANGE, "--model", "tiny", "--native", "--negative", "a harp", "-o", tmp_path, "--json")
    harp = "'harp' is not something I know; nearest: 'violin'"
    assert said.json["notes"] == [SAID, harp]
    assert said.err == f"unfog: note: {SAID}\nunfog: note: {harp}\n"
    plain = unfog("generate", PROMPT, "--model", "tiny", "--native", "-o", tmp_path, "--json")
    assert (plain.json["notes"], plain.err) == ([], "")


def test_many_of_them_do_not_fill_the_screen(unfog, honest, tmp_path):
    words = [f"w{a}{b}zq" for a in "aeiou" for b in "aeiou"]
    notes = unfog("generate", " ".join(words), "--model", "tiny", "--native", "-o", tmp_path, "--json").json["notes"]
    assert notes[0].startswith("the prompt is longer than this model reads")
    assert notes[1:7] == [f"'{word}' is not something I know" for word in words[:6]]
    assert notes[7].startswith(f"nor are 19 more: '{words[6]}, {words[7]}, ")
    assert len(notes) == 8


def test_python_warns(honest):
    model = package.load("tiny")
    with pytest.warns(UserWarning, match="'accordion' is not something I know; nearest: 'saxophone'") as found:
        model.generate(STRANGE)
    assert len(found) == 1
    model.generate(PROMPT)  # no warning: warnings are errors here


def test_the_pictures_do_not_depend_on_what_is_known(unfog, home, tmp_path):
    def picture(name: str) -> bytes:
        path = tmp_path / f"{name}.png"
        unfog("generate", STRANGE, "--model", "tiny", "--native", "--seed", 1, "-o", path)
        return path.read_bytes()

    before, name = picture("a"), inspect(home / "tiny").id
    told(home / "tiny", knows=KNOWS)
    assert inspect(home / "tiny").id == name
    assert picture("b") == before


def test_show_says_what_it_can_do(unfog, honest):
    text = unfog("model", "show", "tiny").out
    for line in (
        "- It knows 3 things by name: circle, violin, saxophone.",
        "- Styles: neon.",
        "- Languages: English, German.",
        "- It was trained at 16 x 16 pixels; other sizes are possible and were not trained.",
        "- Nothing was measured: `unfog evaluate` says how often its pictures show what was asked for.",
    ):
        assert line in text.splitlines()
    found = unfog("model", "show", "tiny", "--json").json["abilities"]
    assert (found["names"], found["languages"]) == (["circle", "violin", "saxophone"], ["en", "de"])


def test_a_notice_goes_with_the_weights_and_decides_no_picture(unfog, towers):
    shown = unfog("model", "show", "towers")
    assert shown.out.endswith("\nPictures it was trained on:\n\ncat: 3 pictures, somebody, MIT\n")
    name = inspect(towers).id
    record = json.loads((towers / MANIFEST).read_text(encoding="utf-8"))
    del record["files"][NOTICE]
    (towers / NOTICE).unlink()
    (towers / MANIFEST).write_text(json.dumps(record), encoding="utf-8")
    assert inspect(towers).id == name


def test_words_are_compared_and_drawn(unfog, towers, tmp_path):
    told(towers, knows=KNOWS)
    said = unfog("explain", "words", "red", "blue", "king", "-o", tmp_path / "map.svg", "--json").json
    assert said["model"]["name"] == "towers"  # found by itself: it compares
    assert [round(said["cosines"][k][k], 4) for k in range(3)] == [1, 1, 1]
    assert said["cosines"][0][1] == pytest.approx(said["cosines"][1][0])
    assert len(said["places"]) == 3
    assert (tmp_path / "map.svg").read_text(encoding="utf-8").startswith("<svg ")
    plain = unfog("explain", "words", "red", "blue", "king", "--model", "tiny")
    assert "unfog: note: tiny draws; its words were not trained to be compared" in plain.err
    assert "·king" in plain.out
    again = unfog("explain", "words", "red", "blue", "king")
    assert "towers was never shown 'king': that is spelling, not meaning" in again.err


def test_triples_are_counted(unfog, towers, tmp_path):
    file = tmp_path / "triples.txt"
    file.write_text("red: red, blue\nblue: red, blue\n")
    said = unfog("explain", "words", "--triples", file, "--json").json
    assert [one["right"] for one in said["triples"]] == [True, False]
    assert (said["share"]["value"], said["share"]["n"]) == (0.5, 2)
    lines = unfog("explain", "words", "--triples", "default").out.splitlines()
    assert lines[0][3:].startswith("king: man ")
    assert lines[-1].startswith("towers: ")


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ((), Exit.USAGE, "give words"),
        (("king", "--triples", "default"), Exit.USAGE, "not both"),
        (("king",), Exit.USAGE, "2 to 64 words"),
        (("king", "man", "-o", "map.png"), Exit.USAGE, r"use -o map\.svg"),
        (("--triples", "no/such/file"), Exit.DATA, "no file of triples"),
        (("king", "man", "--model", "tinny"), Exit.MODEL, "did you mean 'tiny'"),
    ],
    ids=str,
)
def test_what_cannot_be_explained(unfog, options, code, says):
    found, line = unfog.error("explain", "words", *options)
    assert found == code
    assert re.search(says, line)
