"""A model that makes pictures smaller, and one that draws what it makes of them: trained, used, refused."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.story.test_towers import SHORT, events
from tests.support.commands import PROMPT, tree
from tests.support.folders import SMALL_NET

from unfog.cli.main import run
from unfog.codec.vae import VAE
from unfog.jobs import vocabulary
from unfog.media.animation import beside
from unfog.media.image import decode, pixels_of
from unfog.model.store import load_any, load_model
from unfog.util.errors import Exit
from unfog.util.random import Draw, normal


def train(out: Path, *options: str, sets: tuple[str, ...] = ()) -> int:
    """A short training on scenes of 32 pixels."""
    settings = [part for text in (*SHORT, "train.validate_images=8", *sets) for part in ("--set", text)]
    command = ["train", "scenes", "--size", "32", "--images", "48", "--threads", "1", "--out", str(out)]
    return run([*command, *options, *settings])


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learned to make pictures smaller, for a moment."""
    out = tmp_path_factory.mktemp("latents") / "codec"
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert train(out, "--preset", "vae", sets=("model.width=16", "model.encoder=1", "model.decoder=1")) == Exit.OK
    assert f"use it: unfog train DATA --codec {out / 'model'} --out NEW" in told.getvalue()
    return out


@pytest.fixture(scope="module")
def latent(codec: Path) -> Path:
    """A run that learned to draw its latents, for a moment."""
    out = codec.parent / "latent"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary, "CAPTIONS", 200)
        net = (*SMALL_NET, "model.completes=true")
        assert train(out, "--preset", "tiny", "--codec", str(codec), sets=net) == Exit.OK
    return out


def test_a_model_learns_to_make_pictures_smaller(codec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (watched,) = events(codec, "validation")
    assert 3 < watched["noisy_psnr_db"] < watched["back_psnr_db"] + 3 < 50
    assert 0.3 < watched["latent_spread"] < 3
    assert tree(codec / "samples") == ["0000000048.png"]
    assert tree(codec / "model") == ["README.md", "model.safetensors", "unfog.json"]
    assert isinstance(load_any(codec / "model"), VAE)
    assert run(["generate", "a", "--model", str(codec), "-o", str(codec / "o")]) == Exit.MODEL
    assert "makes pictures smaller and draws none" in capsys.readouterr().err


def test_latents_are_drawn(codec: Path, latent: Path, tmp_path: Path) -> None:
    model, vae = load_model(latent / "model"), load_any(codec / "model")
    assert isinstance(vae, VAE)
    assert model.shape() == (8, 8, 8)
    x = normal([1] * 2, (3, 32, 32), draw=Draw.TEST, index=[0, 1]).clamp(-1, 1)
    assert torch.equal(model.encode(x), vae.encode(x))  # it is frozen
    for size, name in (("32x32", "whole"), ("50x32", "wide")):
        out = tmp_path / f"{name}.png"
        asked = ["generate", PROMPT, "--model", str(latent), "--steps", "2", "--canvas", size, "--native"]
        assert run([*asked, "--seed", "3", "-o", str(out)]) == Exit.OK
        assert run(["replay", str(out), "--check", "--model", str(latent)]) == Exit.OK


def test_known_pixels_are_told_in_latents(latent: Path) -> None:
    model = load_model(latent / "model")
    x = normal([1] * 2, (3, 32, 32), draw=Draw.TEST, index=[0, 1]).clamp(-1, 1)
    known = torch.zeros(2, 1, 32, 32)
    known[0, :, :, :18] = 1  # all of the first row of pictures' cells up to column 4, half of the next
    told = model.told(x, known)
    assert tuple(told.shape) == (2, 9, 8, 8)
    torch.testing.assert_close(told[0, 0, 0], torch.tensor([1.0] * 4 + [0.5] + [0.0] * 3))
    assert told[0, 1:, :, 5:].abs().max() == 0
    assert told[0, 1:, :, :5].abs().min() > 0
    assert told[1].abs().max() == 0
    torch.testing.assert_close(told[0, 1:, :, :5], model.encode(known * x)[0, :, :, :5])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--preset", "tiny", "--codec", "{latent}"), "holds a model that draws pictures: train one with --preset vae"),
        (("--preset", "contrast", "--codec", "{codec}"), "draws no latents: leave --codec out"),
        (("--start", "{latent}", "--codec", "{codec}"), "goes on in what it draws"),
        (("--preset", "vae", "--set", "model.patch=5"), "--size 32 is no multiple of 5"),
        (("--start", "{latent}", "--size", "30"), "--size 30 is no multiple of 4"),
        (("--set", "model.codec={{width=16}}"), "name a model with --codec"),
        (("--codec", "{codec}", "--size", "30"), "whose sides are multiples of 4"),
    ],
)
def test_what_does_not_go_together(codec: Path, latent: Path, tmp_path: Path, capsys, options, said) -> None:
    given = [text.format(codec=codec, latent=latent) for text in options]
    assert train(tmp_path / "run", *given) == Exit.USAGE
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run/run.json").exists()


def test_no_likelihood_of_latents(latent: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(latent), "--suite", "likelihood"]) == Exit.USAGE
    assert "draws latents, and no likelihood of pictures follows" in capsys.readouterr().err


def test_latents_have_no_range_to_keep(latent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["generate", PROMPT, "--model", str(latent), "-o", str(tmp_path / "o"), "--guide", "threshold:0.99"]
    assert run(asked) == Exit.USAGE
    assert "draws latents, which have none" in capsys.readouterr().err


def test_self_attention_guidance_and_the_way_there_on_latents(latent: Path, tmp_path: Path) -> None:
    """SAG blurs cells, so it moves the picture; frames have the size of the canvas, not of whole cells."""
    out = {}
    for sag in ("0", "0.9"):
        out[sag] = tmp_path / f"{sag}.png"
        asked = ["generate", PROMPT, "--model", str(latent), "--steps", "3", "--canvas", "30x32", "--native"]
        more = ["--sag", sag, "--seed", "3", "--trajectory", str(tmp_path / "way.gif"), "-o", str(out[sag])]
        assert run([*asked, *more]) == Exit.OK
    plain, guided = (pixels_of(decode(path.read_bytes(), name=path.name)) for path in out.values())  # uint8
    assert tuple(plain.shape) == (3, 32, 30)
    assert (plain.int() - guided.int()).abs().max() >= 2
    with Image.open(tmp_path / "way.gif") as film:
        assert film.size == (4 * beside(plain, plain).shape[2], 4 * 32)
