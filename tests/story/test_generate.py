"""``unfog generate`` as a person uses it: a sentence in, pictures out; the same again; and everything that can fail."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.support.commands import PROMPT, tree
from tests.support.disk import small_files

from unfog.config.model import FlowConfig
from unfog.jobs import generate as job
from unfog.media.image import pixels_of
from unfog.media.infotext import read_infotext
from unfog.media.recipe import read_recipe
from unfog.model.locate import inspect
from unfog.model.store import MANIFEST, WEIGHTS, load_model
from unfog.util.errors import Exit

NAME = "a-red-circle"
TINY = ("generate", PROMPT, "--model", "tiny", "--native")


def test_four_pictures_and_again(unfog, home, tmp_path):
    out = tmp_path / "out"
    said = unfog(*TINY, "-n", 4, "--seed", 7, "-o", out, "--json")
    assert said.err == ""
    assert said.out.count("\n") == 1
    assert set(said.json) == {"files", "seeds", "model", "nfe", "notes", "seconds"}
    assert said.json["notes"] == []
    assert said.json["files"] == [str(out / f"{NAME}-{seed}.png") for seed in (7, 8, 9, 10)]
    assert said.json["seeds"] == [7, 8, 9, 10]
    assert said.json["nfe"] == 2 * 3
    assert said.json["model"] == {"name": "tiny", "sha256": inspect(home / "tiny").id}
    assert said.json["seconds"] > 0
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert len(set(first.values())) == 4
    unfog(*TINY, "-n", 4, "--seed", 7, "-o", out)  # the same place: nothing new
    unfog(*TINY, "-n", 4, "--seed", 7, "-o", tmp_path / "other")
    for folder in (out, tmp_path / "other"):
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


@pytest.mark.parametrize(
    "options",
    [
        (),
        pytest.param(("--guidance", 1, "--sampler", "ddpm"), marks=pytest.mark.slow),
        pytest.param(("--model", "unet", "--sag", 0.75, "--canvas", "19x13"), marks=pytest.mark.slow),
        pytest.param(
            (
                "--negative",
                "a blue square",
                "--rescale",
                0.5,
                "--interval",
                -2,
                3,
                "--sampler",
                "heun",
                "--times",
                "karras",
            ),
            marks=pytest.mark.slow,
        ),
    ],
    ids=str,
)
def test_picture_k_is_the_picture_of_its_seed_alone(unfog, tmp_path, options):
    last = 2**64 - 2  # seeds go on after the largest
    together = unfog(*TINY, *options, "-n", 4, "--seed", last, "-o", tmp_path / "a", "--json").json
    assert together["seeds"] == [last, last + 1, 0, 1]
    for k in (1, 3):
        seed = together["seeds"][k]
        alone = unfog(*TINY, *options, "--seed", seed, "-n", 1, "-o", tmp_path / f"{k}.png", "--json").json
        assert Path(alone["files"][0]).read_bytes() == Path(together["files"][k]).read_bytes()
        assert alone["nfe"] == together["nfe"]


def test_the_recipe_in_the_picture(unfog, home, tmp_path):
    unfog(
        *TINY,
        "--seed",
        3,
        "--steps",
        2,
        "--canvas",
        "24x16",
        "--sampler",
        "ddim",
        "--eta",
        0.5,
        "-o",
        tmp_path / "a.png",
    )
    recipe = read_recipe(tmp_path / "a.png")
    assert (recipe.prompt, recipe.seed, recipe.nfe) == (PROMPT, 3, 4)
    assert recipe.size == recipe.canvas == (24, 16)
    assert (recipe.sample.sampler, recipe.sample.steps, recipe.sample.eta) == ("ddim", 2, 0.5)
    assert recipe.model.sha256 == inspect(home / "tiny").id
    assert (recipe.device, recipe.threads, recipe.promise) == ("cpu", 1, "L3")
    data = (tmp_path / "a.png").read_bytes()
    assert str(tmp_path).encode() not in data
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (24, 16)
        info = read_infotext(image.info["parameters"])
    assert (info.prompt, info.fields["Sampler"], info.fields["Size-1"]) == (PROMPT, "DDIM", "24")


def test_a_random_seed_is_told(unfog, tmp_path):
    said = unfog(*TINY, "-n", 2, "-o", tmp_path / "out")
    found = re.findall(rf"{NAME}-(\d+)\.png  \(seed (\d+)\)\n", said.out)
    assert len(found) == 2
    assert all(a == b for a, b in found)
    assert int(found[1][0]) == int(found[0][0]) + 1
    assert re.fullmatch(r"tiny, 6 network evaluations per picture, \d+\.\d s\n", said.err)
    assert unfog(*TINY, "-o", tmp_path / "out", "--json").json["seeds"] != [int(found[0][0])]


def test_an_empty_prompt_is_unconditional(unfog, tmp_path):
    said = unfog("generate", "", "--model", "tiny", "--native", "--seed", 1, "-o", tmp_path, "--json").json
    assert Path(said["files"][0]).name == "untitled-1.png"
    assert said["nfe"] == 3  # nothing to guide towards


def test_shown_in_the_terminal(unfog, tmp_path):
    plain = unfog(*TINY, "-n", 2, "--seed", 1, "-o", tmp_path, "--show").out.splitlines()
    assert len(plain) == 2 + 8 + 1  # files, 16 rows of pixels, an empty line
    assert max(len(line) for line in plain[2:]) > 20
    said = unfog(*TINY, "--seed", 1, "-o", tmp_path, "--show", "--json")
    assert len(said.json["files"]) == 1
    assert len(said.err.splitlines()) == 9


def test_the_way_out_of_the_noise(unfog, home, tmp_path):
    gif = tmp_path / "way.gif"
    said = unfog(*TINY, "-n", 2, "--seed", 5, "--steps", 4, "-o", tmp_path, "--trajectory", gif, "--json").json
    assert said["trajectory"] == str(gif)
    with Image.open(gif) as image:
        assert (image.n_frames, image.size) == (5, (8 * (16 + 2 + 16), 8 * 16))  # pyright: ignore[reportAttributeAccessIssue]
        assert json.loads(image.info["comment"])["seed"] == 5
        frames = []
        for k in range(5):
            image.seek(k)
            frames.append(pixels_of(image.convert("RGB"))[:, ::8, ::8].int())
    final = pixels_of(Image.open(said["files"][0])).int()
    assert load_model(home / "tiny").config.schedule == FlowConfig()  # at t = 1 pure noise on the left
    for side in (frames[4][..., :16], frames[4][..., 18:]):
        assert (side - final).abs().float().mean() < 4  # 256 colours for both
    left = [frame[..., :16] for frame in frames]
    distances = [(frame - final).abs().float().mean().item() for frame in left]
    assert distances[0] > 30
    assert distances[4] < distances[3] < distances[0]
    # the estimate on the right is that of the state on the left: the last step lands on it
    assert (frames[3][..., 18:] - final).abs().float().mean() < 12


def test_a_long_way_is_thinned_out(unfog, tmp_path, monkeypatch):
    monkeypatch.setattr(job, "MOST_FRAMES", 5)
    for steps in (5, 6, 13):
        unfog(*TINY, "--steps", steps, "-o", tmp_path, "--trajectory", tmp_path / "a.gif")
        with Image.open(tmp_path / "a.gif") as image:
            assert image.n_frames == 5 + 1  # pyright: ignore[reportAttributeAccessIssue]


def test_what_the_model_does_not_read_is_told(unfog, tmp_path):
    said = unfog("generate", "a red circle " * 99, "--model", "tiny", "--native", "-o", tmp_path)
    (note, _) = said.err.splitlines()
    assert note.startswith("unfog: note: the prompt is longer than this model reads; ignored from ")
    assert said.code == 0


BAD = {
    "sampler": (["--sampler", "unipcc"], Exit.USAGE, "unknown sampler 'unipcc'; did you mean 'unipc'?"),
    "times": (["--times", "kkaras"], Exit.USAGE, "did you mean 'karras'?"),
    "steps": (["--steps", "1000000000"], Exit.USAGE, "steps = 1000000000 is not allowed: .* 1000"),
    "no number": (["--steps", "many"], Exit.USAGE, r"'--steps'.*See `unfog generate --help`"),
    "option": (["--smapler", "ddim"], Exit.USAGE, "--smapler.*--sampler"),
    "size": (["--size", "32by32"], Exit.USAGE, "'32by32' is not a size; write WIDTHxHEIGHT"),
    "large": (["--canvas", "129x16"], Exit.USAGE, "a side is at most 128"),
    "native": (["--size", "64"], Exit.USAGE, "say --canvas instead of --size"),
    "sheet": (["--grid", "--guidance", "2"], Exit.USAGE, "leave --guidance out"),
    "sheet's way": (["--grid", "--trajectory", "a.gif"], Exit.USAGE, "leave --trajectory out"),
    "n": (["-n", "0"], Exit.USAGE, "n = 0 is not allowed"),
    "seed": (["--seed", "-1"], Exit.USAGE, "seed = -1 is not allowed"),
    "negative": (["--negative", "x", "--guidance", "1"], Exit.USAGE, "no effect at guidance 1"),
    "device": (["--device", "tpu"], Exit.USAGE, "unknown device 'tpu'; allowed: cpu, cuda"),
    "format": (["-o", "a.jpg"], Exit.USAGE, "written as PNG, not .jpg: use -o a.png"),
    "one file": (["-n", "2", "-o", "a.png"], Exit.USAGE, "one file for 2 pictures"),
    "animation": (["--trajectory", "a.mp4"], Exit.USAGE, r"use --trajectory a\.gif"),
    "model": (["--model", "tinny"], Exit.MODEL, "unknown model 'tinny'; did you mean 'tiny'"),
    "folder": (["--model", "./no/such"], Exit.MODEL, "no model folder ./no/such"),
    "prompt": (["a", "b"], Exit.USAGE, "unexpected extra argument"),
    "surrogate": (["--negative", "\udcff"], Exit.USAGE, "negative = "),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_with_the_fix(unfog, tmp_path, name):
    options, code, said = BAD[name]
    before = tree(tmp_path)
    with contextlib.chdir(tmp_path):  # so that what is written beside the options shows, too
        found, line = unfog.error(*TINY, "-o", tmp_path / "out", *options)
    assert found == code
    assert re.search(said, line)
    assert tree(tmp_path) == before


def test_a_flipped_byte(unfog, home, tmp_path):
    path = home / "tiny" / WEIGHTS
    data = bytearray(path.read_bytes())
    data[1000] ^= 0x10
    path.write_bytes(data)
    code, line = unfog.error(*TINY, "-o", tmp_path / "out")
    assert code == Exit.MODEL
    assert re.search(rf"{WEIGHTS} is damaged \(its sha256 differs from {MANIFEST}\); restore it", line)
    assert not (tmp_path / "out").exists()


def test_a_pickle(unfog, tmp_path):
    (tmp_path / "weights.pt").write_bytes(b"\x80\x04cos\nsystem\n(S'exit 1'\ntR.")
    code, line = unfog.error("generate", "a", "--model", tmp_path / "weights.pt", "-o", tmp_path / "out")
    assert code == Exit.MODEL
    assert "never unpickles .pt/.ckpt files; convert the weights to safetensors" in line


def test_a_file_where_the_folder_should_be(unfog, tmp_path):
    (tmp_path / "out").touch()
    code, line = unfog.error(*TINY, "-o", tmp_path / "out")
    assert (code, "is a file, so nothing can be written into it" in line.replace(str(tmp_path / "out"), "it")) == (
        2,
        True,
    )


def test_numbers_that_are_not_finite(unfog, home, tmp_path):
    from tests.support.models import awake_model
    from tests.support.saved import manifest_of

    from unfog.model.store import save_model

    model = awake_model()
    model.denoiser.net.get_parameter("norm.weight").data[3] = float("nan")
    save_model(model, home / "nan", manifest_of(model.config, name="nan"), "")
    code, line = unfog.error(
        "generate", "a", "--model", "nan", "-o", tmp_path / "out", "--trajectory", tmp_path / "a.gif"
    )
    assert (code, "the model nan gave numbers that are not finite" in line) == (Exit.MODEL, True)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "a.gif").exists()


def test_stopped(unfog, tmp_path, monkeypatch):
    """What was finished before Ctrl-C stays, complete."""
    real, calls = job.save, []

    def save(*arguments, **keywords):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)

    monkeypatch.setattr(job, "save", save)
    said = unfog(*TINY, "-n", 4, "--seed", 1, "-o", tmp_path / "out")
    assert (said.code, said.err) == (Exit.CTRL_C, "unfog: stopped\n")
    assert tree(tmp_path / "out") == [f"{NAME}-1.png", f"{NAME}-2.png"]
    assert read_recipe(tmp_path / "out" / f"{NAME}-2.png").seed == 2


def test_a_full_disk_leaves_nothing(unfog, tmp_path):
    """Files may have 1000 bytes; a picture needs more."""
    with small_files(1000):
        code, line = unfog.error(*TINY, "--canvas", "32x32", "-o", tmp_path / "out")
    assert code == Exit.DISK
    assert re.fullmatch(r"cannot write .*\.png: the file is larger than this system allows; raise .*", line)
    assert tree(tmp_path / "out") == []


def test_in_a_terminal(unfog, home, tmp_path):
    """Its own process, under a terminal: the same bytes, the pictures painted, the bar taken away."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "unfog", *TINY, "--seed", "7", "-n", "2", "--show", "-o", str(tmp_path / "out")]
    environment = os.environ | {"UNFOG_HOME": str(home.parent), "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, env=environment, stdout=slave, stderr=slave) as running:
        os.close(slave)
        text = received(master)
    assert running.returncode == 0
    painted = [line for line in text.splitlines() if "▀" in line]
    assert len(painted) == 2 * 3 * 8 + 8  # every step of both, then both side by side
    assert text.count("\x1b[9A") == 2 * 3  # over the step before, and at last wiped out
    painted = painted[-8:]
    with Image.open(tmp_path / "out" / f"{NAME}-7.png") as image:
        upper, lower = image.getpixel((0, 0)), image.getpixel((0, 1))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert painted[0].startswith(f"\x1b[38;2;{';'.join(map(str, upper))};48;2;{';'.join(map(str, lower))}m▀")
    assert text.rstrip().endswith("\x1b[0m")
    unfog(*TINY, "--seed", 7, "-n", 2, "-o", tmp_path / "here")
    for name in tree(tmp_path / "here"):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def received(master: int) -> str:
    """All that is written to a terminal until its last writer is gone."""
    out = io.BytesIO()
    try:
        while data := os.read(master, 65536):
            out.write(data)
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(master)
    return out.getvalue().decode()


def test_threads_are_those_of_the_environment(unfog, tmp_path):
    torch.set_num_threads(1)
    unfog(*TINY, "--seed", 1, "-o", tmp_path)
    assert torch.get_num_threads() == 1
