"""A folder of pictures with transparency becomes composed scenes, and those a model that paints stickers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.story.test_towers import SHORT, TEXT, TOWER
from tests.support.compose_sprites import make_sprites
from tests.support.folders import SMALL_NET

from unfog.cli.main import run
from unfog.jobs import vocabulary
from unfog.media.alpha import straight
from unfog.media.png import encode
from unfog.model.store import load_model
from unfog.util.errors import Exit

pytestmark = pytest.mark.slow  # trainings and measurements

NET = [text for text in SMALL_NET if text.startswith("model.net.")]


def sprite_folder(root: Path) -> Path:
    """The sprites of other tests as PNG files with a caption each, one subfolder per style."""
    sprites = make_sprites(("turtle", "apple", "top hat", "glasses", "mountain"), ("flat", "noto"))
    x = sprites.pixels.float() / 255
    pixels = (
        (straight(torch.cat([2 * x[:, :3] - x[:, 3:], 2 * x[:, 3:] - 1], 1)).add(1) * 127.5).round().to(torch.uint8)
    )
    for sprite, picture in zip(sprites.table, pixels, strict=True):
        (root / sprite.style).mkdir(parents=True, exist_ok=True)
        (root / sprite.style / f"{sprite.name}.png").write_bytes(encode(picture))
        (root / sprite.style / f"{sprite.name}.txt").write_text(sprite.name, encoding="utf-8")
    return root


def arguments(sprites: Path, out: Path, images: int, *settings: str, **options: str) -> list[str]:
    sets = [part for text in (*SHORT, "train.validate_images=24", *settings) for part in ("--set", text)]
    named = [part for name, value in options.items() for part in (f"--{name}", value)]
    command = ["train", "scenes", "--sprites", str(sprites), "--out", str(out), "--images", str(images), "--size", "32"]
    return [*command, "--threads", "1", *named, *sets]


def test_sprites_become_a_model_of_stickers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "CAPTIONS", 200)  # reading 20,000 takes two minutes with every annotation checked
    sprites, towers, out = sprite_folder(tmp_path / "sprites"), tmp_path / "towers", tmp_path / "run"
    assert run(arguments(sprites, towers, 48, *TEXT, *TOWER, preset="contrast")) == Exit.OK
    more = (*NET, "model.completes=true")
    assert run(arguments(sprites, out, 48, *more, preset="tiny", start=str(towers))) == Exit.OK
    model = load_model(out / "model")
    assert (model.config.picture.channels, model.config.completes) == (4, True)
    assert model.denoiser.net.get_submodule("image").weight.shape == (32, 32)
    assert (out / "samples/0000000048.png").is_file()
    capsys.readouterr()
    asked = [
        "generate",
        "a turtle",
        "--model",
        str(out),
        "--seed",
        "3",
        "--steps",
        "2",
        "--native",
        "-o",
        str(tmp_path / "o"),
    ]
    for more, mode in (([], "RGB"), (["--transparent"], "RGBA")):
        assert run([*asked, *more, "--json"]) == Exit.OK
        (file,) = json.loads(capsys.readouterr().out)["files"]
        with Image.open(file) as image:
            assert (image.mode, image.size) == (mode, (32, 32))
        assert run(["replay", file, "--check", "--model", str(out)]) == Exit.OK
        assert "bit-equal" in capsys.readouterr().out


def test_sprites_belong_to_scenes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sprites = sprite_folder(tmp_path / "sprites")
    assert run(["train", "emoji", "--sprites", str(sprites), "--out", str(tmp_path / "run")]) == Exit.USAGE
    assert "unfog train scenes --sprites DIR" in capsys.readouterr().err
    assert run(["train", "scenes", "--sprites", str(tmp_path / "gone"), "--out", str(tmp_path / "run")]) == Exit.DATA
    assert not (tmp_path / "run").exists()
