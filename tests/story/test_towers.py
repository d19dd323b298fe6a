"""Text and pictures in one space, and a model that draws with the words of such a model; then trained on for longer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.support.folders import SMALL_NET, captioned_folder

from unfog.cli.main import run
from unfog.model.model import Model
from unfog.model.store import load_contrast, load_model
from unfog.util.errors import Exit

TEXT = [f"model.text.{name}" for name in ("vocabulary=300", "width=32", "depth=1", "heads=2", "buckets=64")]
TOWER = [f"model.encoder.{name}" for name in ("patch=2", "stem=16", "width=32", "depth=1", "heads=2")]
SHORT = ["train.batch=12", "train.save_every_images=48", "train.validate_every_images=48"]


def arguments(data: Path, out: Path, images: int, *settings: str, **options: str) -> list[str]:
    sets = [part for text in (*SHORT, *settings) for part in ("--set", text)]
    named = [part for name, value in options.items() for part in (f"--{name}", value)]
    return ["train", str(data), "--out", str(out), "--images", str(images), "--threads", "1", *named, *sets]


def events(root: Path, kind: str) -> list[dict[str, Any]]:
    lines = (root / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if event["kind"] == kind]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data`` and the run ``towers``."""
    root = tmp_path_factory.mktemp("towers")
    data = captioned_folder(root / "data", 40)
    assert run(arguments(data, root / "towers", 144, *TEXT, *TOWER, preset="contrast")) == Exit.OK
    return root


def test_two_towers_are_trained_watched_and_loaded(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watched = events(made / "towers", "validation")
    assert len(watched) == 3
    assert all(0 <= event["recall_at_1"] <= event["recall_at_10"] <= 1 for event in watched)
    assert all(0 < event["sketch_error"] < 2 for event in watched)
    assert (made / "towers/samples/0000000144.png").is_file()
    assert (made / "towers/samples/0000000144-sketch.png").is_file()
    towers = load_contrast(made / "towers/model")
    u = towers.read(towers.tokenizer.encode(["a red circle", "two green stars"]))
    torch.testing.assert_close(u.norm(dim=1), torch.ones(2))
    assert run(["generate", "a red circle", "--model", str(made / "towers"), "-o", str(made / "o")]) == Exit.MODEL
    assert "draws none" in capsys.readouterr().err


@pytest.mark.slow
def test_a_model_that_draws_starts_with_their_words_and_is_trained_on(made: Path) -> None:
    net = [text for text in SMALL_NET if text.startswith("model.net.")]
    first = arguments(made / "data", made / "first", 48, *net, preset="tiny", start=str(made / "towers/model"))
    assert run([*first, "--set", "train.optimiser.lr=1e-9"]) == Exit.OK
    lent, drawn = load_contrast(made / "towers/model"), load_model(made / "first/model")
    assert drawn.config.text.buckets == 64
    assert drawn.tokenizer.sha256() == lent.tokenizer.sha256()
    torch.testing.assert_close(drawn.text.token.weight, lent.text.token.weight, atol=1e-2, rtol=0)
    assert drawn.style is not None
    assert torch.equal(drawn.style.stem.weight, lent.picture.stem.weight)
    assert lent.sketch is not None
    sketch = drawn.denoiser.net.get_submodule("sketch.out").weight
    torch.testing.assert_close(sketch, lent.sketch.out.weight, atol=1e-2, rtol=0)
    again = arguments(made / "data", made / "again", 48, start=str(made / "first"), size="24")
    assert run([*again, "--set", "train.optimiser.lr=1e-9"]) == Exit.OK
    later = load_model(made / "again/model")
    assert (later.config.picture.size, later.config.net) == (24, drawn.config.net)
    assert later.config.picture.sigma_data == drawn.config.picture.sigma_data
    for name, tensor in weights(drawn).items():
        torch.testing.assert_close(weights(later)[name], tensor, atol=1e-2, rtol=0)


def test_what_does_not_go_together_is_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, towers = made / "none", str(made / "towers/model")
    net = ["--set", "model.net.blocks=2"]
    for more, says in (
        ([*arguments(made / "data", out, 24, preset="contrast", start=str(made / "gone"))], "no model folder"),
        ([*arguments(made / "data", out, 24, preset="contrast", start=towers), *net], "model.net"),
        (
            [*arguments(made / "data", out, 24, "model.text.depth=2", preset="contrast", start=towers)],
            "leave out --set",
        ),
    ):
        assert run(more) in (Exit.USAGE, Exit.MODEL)
        error = capsys.readouterr().err
        assert says in error
        assert error.count("\n") == 1
        assert not out.exists()


def weights(model: Model) -> dict[str, torch.Tensor]:
    return dict(model.state_dict())
