"""T31: what a model tells of the pictures it was trained on: no caption, and no copy that goes unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tests.support.compose_sprites import make_sprites
from tests.support.folders import captioned_folder, settings

from unfog.cli.main import run
from unfog.data.compose.dataset import Compositions
from unfog.data.compose.render import render
from unfog.evaluate.memorisation import cells, leak, nearest, shifted
from unfog.jobs.evaluate_memorisation import composed

SECRETS = ["Zebedee Quillfeather, patient 4711, left knee", "Zebedee Quillfeather at Marrowby clinic"]
PRIVATE = ("patient 4711", "left knee", "marrowby", "knee", "clinic", "4711")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """``trained(*settings)``: the model folder of a run on pictures with private captions."""

    def train(*more: str) -> Path:
        root = tmp_path_factory.mktemp("private")
        data = captioned_folder(root / "data", 8)
        for k, secret in enumerate(SECRETS):
            (data / f"000{k}.txt").write_text(secret + "\n", encoding="utf-8")
        out = root / "run"
        every = settings("train.batch=12", "train.preview_every_images=960", *more)
        assert run(["train", str(data), "--out", str(out), "--images", "12", "--threads", "1", *every]) == 0
        return out / "model"

    return train


def told(folder: Path) -> str:
    """All that a model folder says in words."""
    texts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(texts).decode("utf-8", "replace").lower()


def test_a_model_tells_no_caption(trained):
    folder = trained()
    text, record = told(folder), json.loads((folder / "unfog.json").read_text(encoding="utf-8"))
    for secret in (*SECRETS, *PRIVATE):
        assert secret.lower() not in text, secret
    assert record["examples"] == []
    words = record["knows"]["words"].split()
    assert words == sorted(words)  # in the order of captions they could be read off
    assert "blue" in words  # what it knows by name is still told


def test_unless_somebody_says_so(trained):
    text = told(trained("data.tell_captions=true"))
    assert SECRETS[0].lower() in text
    assert "marrowby" in text


def test_a_picture_made_by_such_a_model_tells_none_either(trained, tmp_path):
    folder = trained()
    arguments = ["generate", "a red circle", "--model", str(folder), "--native", "--steps", "1", "-o", str(tmp_path)]
    assert run(arguments) == 0
    (picture,) = tmp_path.glob("*.png")
    assert not any(word in picture.read_bytes().decode("latin-1").lower() for word in ("zebedee", *PRIVATE))


def test_one_copied_picture_among_new_ones_is_found():
    """The distance to the nearest training picture gives it away, also moved by a pixel and with other brightness."""
    data = Compositions(make_sprites(), 32)

    def pictures(n: int, *, seed: int, split) -> torch.Tensor:
        return render([scene for scene, _ in composed(data, seed, split, n)], data.sprites, data.size)

    shown, held, drawn = (
        pictures(120, seed=0, split="train"),
        pictures(30, seed=0, split="valid"),
        pictures(30, seed=5, split="valid"),
    )
    pool = cells(shown)
    honest = leak(nearest(shifted(drawn), pool), nearest(shifted(held), pool), pool)
    drawn[17] = 0.97 * shown[41].roll((1, -1), dims=(1, 2))
    found = nearest(shifted(drawn), pool)
    assert int(found.d1.argmin()) == 17
    assert int(found.at[17]) == 41
    caught = leak(found, nearest(shifted(held), pool), pool)
    assert caught.copied.value >= honest.copied.value + 1 / 30 - 1e-9
