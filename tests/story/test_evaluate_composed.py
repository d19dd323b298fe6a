"""``unfog evaluate`` on an untrained model of composed scenes: every suite, from folders to numbers, and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.support.compose_sprites import THINGS, make_sprites
from tests.support.models import tiny_config, tiny_tokenizer
from tests.support.saved import manifest_of, save_tiny

from unfog.cli.main import run
from unfog.config.manifest import Metric, Training
from unfog.config.model import ContrastConfig, EncoderConfig
from unfog.config.sample import SampleConfig
from unfog.data.compose.sprites import Sprites
from unfog.evaluate.classifier import Classifier, save_classifier
from unfog.evaluate.lessons import labels_of
from unfog.jobs import evaluate, evaluate_scenes
from unfog.media.alpha import straight
from unfog.media.png import encode
from unfog.model.build import build_contrast
from unfog.model.locate import locate
from unfog.model.store import save_model
from unfog.nets.layers import initialise
from unfog.util.errors import Exit

pytestmark = pytest.mark.slow  # trainings and measurements

ONE_STEP = SampleConfig(sampler="ddim", grid="uniform", steps=1, guidance=1.0)


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> Path:
    """A model, sprites, a classifier of them and a text-image model, all untrained, in one folder."""
    root = tmp_path_factory.mktemp("tools")
    save_tiny(root / "painter", tiny_config(size=64, channels=4), name="painter", sample=ONE_STEP)
    sprites = make_sprites()
    write_sprites(sprites, root / "sprites")
    classifier = Classifier(labels_of(sprites))
    initialise(classifier, 0)
    save_classifier(classifier, root / "judge", {})
    text = tiny_config().text
    config = ContrastConfig(
        text=text,
        picture=tiny_config(size=64, channels=4).picture,
        encoder=EncoderConfig(patch=4, stem=16, width=32, depth=1, heads=2),
        dim=16,
    )
    words = build_contrast(config, tiny_tokenizer(), seed=0).eval()
    manifest = manifest_of(tiny_config(), name="words").model_copy(update={"model": config})
    save_model(words, root / "words", manifest, "# words\n")
    return root


def write_sprites(sprites: Sprites, root: Path) -> None:
    """Sprites as a folder that ``load_sprites`` reads back, identities included."""
    x = sprites.pixels.float() / 255
    files = straight(torch.cat([2 * x[:, :3] - x[:, 3:], 2 * x[:, 3:] - 1], 1)).add(1).mul(127.5).round()
    lines = []
    for k, (sprite, picture) in enumerate(zip(sprites.table, files.to(torch.uint8), strict=True)):
        (root / sprite.style).mkdir(parents=True, exist_ok=True)
        (root / sprite.style / f"{k}.png").write_bytes(encode(picture))
        row = {"file_name": f"{sprite.style}/{k}.png", "text": sprite.name, "concept": sprite.concept}
        row |= {"family": sprite.family, "style": sprite.style, "name": sprite.name}
        row |= {"names": {code: list(names) for code, names in sprite.names.items()}}
        lines.append(json.dumps(row))
    (root / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(evaluate_scenes, "CHECKED", (6, 6))


def measure(tools: Path, capsys, *arguments: str) -> dict:
    asked = ["evaluate", str(tools / "painter"), "--device", "cpu", "--json", *arguments]
    assert run(asked) == Exit.OK, capsys.readouterr().err
    payload = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert all(Metric.model_validate(m) for m in payload["metrics"])
    return payload | {"by_name": {m["name"]: m for m in payload["metrics"]}}


def aids(tools: Path, *names: str) -> list[str]:
    return [part for name in names for part in (f"--{name}", str(tools / {"classifier": "judge"}.get(name, name)))]


def test_named_things_are_judged_beside_their_ceiling_and_chance(tools, capsys):
    found = measure(tools, capsys, "--suite", "concepts", "-n", "7", *aids(tools, "sprites", "classifier", "words"))
    every = found["by_name"]
    changed = every["typos_top1"]["n"]  # "ox" is too short for a mistake
    assert 6 <= changed <= 7
    for k in (1, 5):
        assert every[f"concept_top{k}"]["note"] == f"chance {k / len(THINGS):.2%}"
        assert every[f"concept_top{k}"]["n"] == every[f"concept_top{k}_ceiling"]["n"] == 7
        assert every[f"english_top{k}"]["n"] == 7
        loss = every[f"typos_minus_english_top{k}"]
        assert (loss["unit"], loss["n"]) == ("points", changed)
        if changed == 7:
            assert loss["value"] == pytest.approx(every[f"typos_top{k}"]["value"] - every[f"english_top{k}"]["value"])
    assert every["recall_at_1_words"]["note"].startswith("chance 14.29%")  # seven different prompts
    assert every["recall_at_10_words"]["value"] == 1.0  # among seven
    assert every["style_top1"]["note"] == "chance 33%"
    assert found["concepts"]["concepts"] == len(THINGS) - 1
    assert found["nfe"] == 1


def test_held_out_stands_beside_seen(quick, tools, capsys):
    found = measure(tools, capsys, "--suite", "heldout", "-n", "2", *aids(tools, "sprites", "classifier"))
    for name in ("colour_shape", "count_shape", "concept_style", "pair"):
        seen, held, gap = (found["by_name"][f"{what}_{name}"] for what in ("seen", "held", "held_minus_seen"))
        assert seen["n"] == held["n"] == gap["n"] == 2
        assert gap["value"] == held["value"] - seen["value"]
    assert found["by_name"]["held_pair_ceiling"]["note"] == "real renders"


def test_distances_name_their_features_and_their_floor(tools, capsys):
    found = measure(tools, capsys, "--suite", "distribution", "-n", "5", *aids(tools, "sprites", "words"))
    one, other = found["distribution"]["distances"]
    assert (one["name"], other["name"]) == ("frechet_words", "kernel_words")
    assert one["n"] == 5
    assert one["value"] > one["floor"] > 0  # noise is no scene
    assert found["by_name"]["frechet_words"]["note"] == f"real against real {one['floor']:.4g}"
    again = measure(tools, capsys, "--suite", "distribution", "-n", "4", *aids(tools, "sprites", "words"))
    assert again["distribution"]["distances"][0]["reference"] != one["reference"]


def test_copies_are_looked_for(tools, capsys):
    asked = ["--suite", "memorisation", "-n", "4", "--pool", "12", *aids(tools, "sprites", "words")]
    found = measure(tools, capsys, *asked)
    assert found["by_name"]["copied_pixels"]["value"] == 0.0
    assert found["by_name"]["authentic_words"]["n"] == 4
    assert found["memorisation"] == {"pool": 12, "training_seed": 0}


def test_a_sweep_measures_every_number_of_evaluations(quick, tools, capsys):
    asked = ["-n", "2", *aids(tools, "sprites", "words"), "--suite", "scenes,distribution", "--evaluations", "1,3"]
    found = measure(tools, capsys, *asked)
    rows = found["sweep"]["rows"]
    assert [(row["evaluations"], row["sample"]["steps"]) for row in rows] == [(1, 1), (3, 3)]
    for row in rows:
        for m in row["metrics"]:
            assert found["by_name"][f"{m['name']}_at_{row['evaluations']}"]["value"] == m["value"]
    assert rows[0]["distances"][0]["reference"] == rows[1]["distances"][0]["reference"]
    assert rows[0]["distances"][0]["floor"] == rows[1]["distances"][0]["floor"]
    assert run(["evaluate", str(tools / "painter"), "--device", "cpu", *asked]) == Exit.OK
    head, first, second, *_ = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "evaluations"
    assert "one_object" in head
    assert "frechet_words" in head
    assert (first.split()[0], second.split()[0]) == ("1", "3")


def test_your_own_prompts_look_for_their_pictures(tools, tmp_path, capsys):
    file = tmp_path / "prompts.txt"
    file.write_text("# mine\na red turtle\n\ntwo blue cats\na hat\n", encoding="utf-8")
    found = measure(tools, capsys, "--suite", "prompts", "--prompts", str(file), *aids(tools, "words"))
    assert found["by_name"]["recall_at_1_words"]["n"] == 3
    assert run(["evaluate", str(tools / "painter"), "--prompts", str(file), "-n", "1"]) == Exit.USAGE
    assert "the suite prompts needs --words" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--suite", "concepts"], "the suite concepts needs --sprites"),
        (["--suite", "scenes,concpets"], "unknown suite 'concpets'; did you mean 'concepts'?"),
        (["--suite", "heldout", "--evaluations", "4"], "--evaluations goes with the suites scenes and distribution"),
        (["--evaluations", "4,four"], "--evaluations '4,four' is no list of numbers"),
        (["--evaluations", "4,4"], "names a number twice"),
        (["--evaluations", "4", "--steps", "5"], "leave one out"),
        (["--evaluations", "1", "--sampler", "plms"], "plms needs more than 1 evaluations"),
        (["--evaluations", "8", "--sampler", "restart"], "restart takes as many evaluations as it needs"),
    ],
)
def test_what_cannot_be_measured_is_refused(tools, capsys, arguments, says):
    assert run(["evaluate", str(tools / "painter"), "--device", "cpu", *arguments]) == Exit.USAGE
    assert says in capsys.readouterr().err


def test_a_model_without_transparency_has_no_composed_suites(tools, tmp_path, capsys):
    folder = save_tiny(tmp_path / "plain", tiny_config(size=32), name="plain")
    assert run(["evaluate", str(folder), "--suite", "memorisation", *aids(tools, "sprites")]) == Exit.USAGE
    assert "paint transparency; plain paints 3 channels: use --suite scenes" in capsys.readouterr().err


def test_a_classifier_of_other_things_is_refused(tools, tmp_path, capsys):
    classifier = Classifier(labels_of(make_sprites(("cat", "dog"))))
    initialise(classifier, 0)
    save_classifier(classifier, tmp_path / "judge", {})
    asked = ["--suite", "concepts", *aids(tools, "sprites"), "--classifier", str(tmp_path / "judge")]
    assert run(["evaluate", str(tools / "painter"), *asked]) == Exit.USAGE
    assert "has not seen" in capsys.readouterr().err


def test_sprites_of_the_training_are_found_again(tools, tmp_path):
    found = locate(tools / "painter")
    was = str(tools / "sprites")
    facts = {
        "command": "",
        "seed": 0,
        "images": 1,
        "seconds": 1.0,
        "images_per_second": 1.0,
        "code": "",
        "hardware": "",
    }
    facts |= {"data": "", "data_fingerprint": "", "data_licences": {}}

    def sprites(config: dict, suites: tuple[str, ...], given: str | None = None) -> str | None:
        training = Training.model_validate(facts | {"config": config})
        known = replace(found, manifest=found.manifest.model_copy(update={"training": training}))
        return evaluate.completed(known, evaluate.Aids(sprites=given), suites).sprites

    assert sprites({"data": {"sprites": was}}, ("concepts",)) == was
    assert sprites({"data": {"sprites": was}}, ("concepts",), "others") == "others"
    assert sprites({"data": {"sprites": str(tmp_path / "gone")}}, ("concepts",)) is None
    assert sprites({"data": {"sprites": was}}, ("scenes",)) is None  # shapes need none
    assert sprites({}, ("concepts",)) is None
