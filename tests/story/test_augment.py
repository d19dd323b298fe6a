"""``unfog augment`` as a person uses it: copies in the layout of their originals, each replayed to the bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support.commands import tree
from tests.support.folders import captioned_folder, load_folder
from tests.support.pictures import animated, encoded, pattern, write

from unfog.cli.augment import say
from unfog.config.edit import Img2Img
from unfog.config.recipe import EditRecipe
from unfog.media.image import pixels_of
from unfog.media.original import read_original
from unfog.media.recipe import read_recipe
from unfog.util.errors import Exit
from unfog.util.files import verify_directory

TINY = ("--model", "tiny", "--seed", 7, "--strength", "0.4..0.9")


def class_folders(root: Path, n: int = 4) -> Path:
    """Noise that is lighter at the top or at the bottom: ``n`` pictures of each for training, 2 for validation."""
    for k in range(2 * (n + 2)):
        name, split = ("top", "low")[k % 2], "train" if k < 2 * n else "validation"
        values = np.roll(pattern(20, 14), 3 * k, axis=1) // 2
        values[7 * (k % 2) :][:7] += 100
        write(root / split / name / f"{k}.png", values)
    (root / "LICENSE").write_text("CC0 1.0 Universal: Creative Commons Zero\n", encoding="utf-8")
    return root


def rows(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}


@pytest.mark.slow
def test_class_folders_are_copied_in_their_layout(unfog, tmp_path):
    data, out = class_folders(tmp_path / "d"), tmp_path / "o"
    said = unfog("augment", data, "--out", out, "--per-image", 2, *TINY)
    assert said.out == f"16 synthetic pictures of 8 in {out}  (seed 7)\n"
    pictures = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    wanted = [f"train/{('top', 'low')[k % 2]}/{k}-synthetic-{copy}.png" for k in range(8) for copy in (1, 2)]
    assert pictures == sorted(wanted)
    verify_directory(out)
    table = rows(out)
    assert [(row["text"], row["licence"]) for row in table[:3]] == [("low", "CC0-1.0")] * 3
    strengths = [float(str(row["strength"])) for row in table]
    assert all(0.4 <= strength <= 0.9 for strength in strengths)
    assert len(set(strengths)) == 16
    for row in table[::5]:
        file, source = out / str(row["file_name"]), data / str(row["source"])
        recipe = read_recipe(file)
        assert isinstance(recipe, EditRecipe)
        assert recipe.way == Img2Img(strength=float(str(row["strength"])))
        assert (recipe.seed, recipe.prompt, recipe.size) == (row["seed"], row["text"], (20, 14))
        assert recipe.inputs == {"picture": read_original(source).sha256}
        again = unfog("replay", file, "--input", source, "--check", "--json").json
        assert (again["equal"], again["max_difference"]) == (True, 0)
    made = load_folder(out, 14)
    assert {entry.captions for entry in made.entries} == {("top",), ("low",)}
    assert made.licences() == {"CC0-1.0": 16}


@pytest.mark.slow
def test_copies_depend_on_nothing_but_the_request_and_their_picture(unfog, tmp_path):
    data = class_folders(tmp_path / "d")
    first = unfog("augment", data, "--out", tmp_path / "a", "--per-image", 1, *TINY, "--json").json
    write(data / "train/low/a-new-one.png", pattern(17, 23))
    unfog("augment", data, "--out", tmp_path / "b", "--per-image", 2, *TINY)
    one, two = bytes_of(tmp_path / "a"), bytes_of(tmp_path / "b")
    assert len(one) == first["count"] == 8
    assert len(two) == 18
    assert one.items() <= two.items()
    unfog("augment", data, "--out", tmp_path / "c", "--per-image", 1, *TINY, "--seed", 8)
    assert not set(bytes_of(tmp_path / "c").values()) & set(two.values())


def test_sidecars_stay_sidecars_and_credits_are_carried(unfog, tmp_path):
    data = captioned_folder(tmp_path / "d", 3)
    (data / "0001.txt").write_text("a red circle\na round thing AND more\n", encoding="utf-8")
    write(data / "sub/x.png", pattern(16, 16))
    write(data / "sub/x.jpg", encoded(255 - pattern(16, 16), "JPEG"))
    table = [
        {"file_name": f"x.{end}", "text": end, "attribution": "Ada", "licence": "CC-BY-4.0"} for end in ("png", "jpg")
    ]
    (data / "sub/metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table), encoding="utf-8")
    out = tmp_path / "o"
    found = unfog("augment", data, "--out", out, "--per-image", 2, *TINY, "--json").json
    assert (found["count"], found["sources"], found["left_out"]) == (10, 5, 0)
    assert found["licences"] == {"CC-BY-4.0": 4, "unknown": 6}
    assert (out / "0001-synthetic-1.txt").read_text(encoding="utf-8") == "a red circle\n"
    assert (out / "0001-synthetic-2.txt").read_text(encoding="utf-8") == "a round thing AND more\n"
    assert read_recipe(out / "0001-synthetic-2.png").prompt == "a round thing and more"
    assert [(row["file_name"], row["text"], row["attribution"]) for row in rows(out)] == [
        ("sub/x-synthetic-1.png", "jpg", "Ada"),
        ("sub/x-synthetic-2.png", "jpg", "Ada"),
        ("sub/x-png-synthetic-1.png", "png", "Ada"),
        ("sub/x-png-synthetic-2.png", "png", "Ada"),
    ]
    assert len(load_folder(out, 16).entries) == 10


@pytest.mark.slow
def test_near_copies_are_drawn_again_and_then_left_out(unfog, tmp_path):
    data, out = class_folders(tmp_path / "d"), tmp_path / "o"
    code, line = unfog.error("augment", data, "--out", out, "--per-image", 1, *TINY, "--near", 1)
    assert code == Exit.USAGE
    assert "no copy passed: 32 draws were near-copies" in line
    assert not [name for name in tree(tmp_path) if name.startswith(("o", ".tmp-"))]
    apart = unfog("augment", data, "--out", out, "--per-image", 1, *TINY, "--near", 0, "--json").json
    assert apart["redrawn"] == {"near_copy": 0, "other_class": 0}
    small = ("--model", "tiny", "--seed", 7, "--strength", "0.001")
    same = captioned_folder(tmp_path / "e", 3)  # as large as the model paints, so nothing is lost on the way
    said = unfog("augment", same, "--out", tmp_path / "p", "--per-image", 1, *small)
    assert said.code == Exit.USAGE
    assert "no copy passed: 12 draws were near-copies, 0 of another class" in said.err


@pytest.mark.slow
def test_only_copies_that_keep_their_class_stay_and_a_proof_says_what_they_are_worth(unfog, capsys, tmp_path):
    data = class_folders(tmp_path / "d")
    shutil.copy(data / "train/top/0.png", tmp_path / "known.png")
    test = tmp_path / "t"
    for name in ("top", "low"):
        shutil.copytree(data / "validation" / name, test / name)
    shutil.copy(tmp_path / "known.png", test / "top/known.png")
    options = ("--label-preserving", "--prove", "--test", test, "--trials", 2, "--batches", 3)
    said = unfog("augment", data, "--out", tmp_path / "o", "--per-image", 2, *TINY, *options, "--json")
    found = said.json
    assert "1 pictures of" in said.err
    assert found["count"] + found["left_out"] == 16
    assert sum(found["redrawn"].values()) >= 4 * found["left_out"]
    proof = found["proof"]
    assert (proof["originals"], proof["copies"], proof["tested"], proof["trials"]) == (8, found["count"], 4, 2)
    means = {arm: row["mean"] for arm, row in proof["accuracies"].items()}
    for row in proof["differences"]:
        assert row["value"] == pytest.approx(means[row["of"]] - means[row["over"]], abs=2e-4)
        assert row["low"] <= row["value"] <= row["high"]
    say(found)
    page = capsys.readouterr().out
    assert "tested on 4 pictures, 2 seeds" in page
    assert "synthetic over classical" in page


def test_transparency_and_shape_are_kept(unfog, tmp_path):
    rgba = torch.cat(
        [torch.from_numpy(pattern(23, 11)).permute(2, 0, 1), torch.full((1, 11, 23), 99, dtype=torch.uint8)]
    )
    write(tmp_path / "d/a.png", Image.fromarray(rgba.permute(1, 2, 0).numpy(), "RGBA"), "a red circle")
    unfog("augment", tmp_path / "d", "--out", tmp_path / "o", "--per-image", 1, *TINY)
    with Image.open(tmp_path / "o/a-synthetic-1.png") as image:
        made = pixels_of(image)
    assert made.shape == (4, 11, 23)
    assert torch.equal(made[3], rgba[3])


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--strength", "0.9..0.2"), Exit.USAGE, "the strength goes from 0.9 down to 0.2"),
        (("--strength", "much"), Exit.USAGE, "--strength 'much' is no range; write LOW..HIGH"),
        (("--strength", "0..0.5"), Exit.USAGE, "strength.0 = 0.0 is not allowed"),
        (("--per-image", 0), Exit.USAGE, "per_image = 0 is not allowed"),
        (("--test", "t"), Exit.USAGE, "--test says what to prove it on"),
        (("--set", "train.batch=3"), Exit.USAGE, "--set train.batch=3 is no setting of augment"),
        (("--label", "kind", "--prove"), Exit.DATA, "has no entry in the column 'kind'"),
        (("--guidance", 2, "--sampler", "nonsense"), Exit.USAGE, "nonsense"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(unfog, tmp_path, options, code, said):
    data = class_folders(tmp_path / "d")
    found, line = unfog.error("augment", data, "--out", tmp_path / "o", "--per-image", 1, "--model", "tiny", *options)
    assert (found, said in line) == (code, True), line
    assert not (tmp_path / "o").exists()


def test_damaged_and_animated_files_are_handled_as_in_training(unfog, tmp_path):
    data = class_folders(tmp_path / "d")
    (data / "train/top/broken.png").write_bytes(b"nothing")
    (data / "train/top/moving.webp").write_bytes(animated("WEBP"))
    command = ("augment", data, "--out", tmp_path / "o", "--per-image", 1, *TINY)
    code, line = unfog.error(*command)
    assert code == Exit.DATA
    assert "train/top/broken.png" in line
    assert "--set data.broken_files=drop" in line
    assert unfog(*command, "--set", "data.broken_files=drop", "--json").json["count"] == 8
    assert unfog.error(*command)[1].endswith("exists already; choose another folder or remove it")
    write(data / "train/top/narrow.png", pattern(100, 9))
    code, line = unfog.error(*command, "--set", "data.broken_files=drop", "--out", tmp_path / "p")
    assert (code, "train/top/narrow.png: 100x9 pixels are too long and narrow" in line) == (Exit.DATA, True)
    code, line = unfog.error("augment", "scenes", "--out", tmp_path / "p", "--per-image", 1)
    assert (code, "unfog data scenes --out DIR" in line) == (Exit.USAGE, True)


def test_it_can_be_done_from_python(home, tmp_path):
    import unfog

    data = class_folders(tmp_path / "d")
    made = unfog.load("tiny").augment(data, tmp_path / "o", per_image=1, strength=(0.5, 0.5), seed=7)
    assert (made["count"], made["strength"]) == (8, [0.5, 0.5])
    assert {row["strength"] for row in rows(tmp_path / "o")} == {0.5}
