"""unfog from Python, as the README shows it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from tests.support.commands import PROMPT

import unfog as package
from unfog.model.locate import inspect
from unfog.util.errors import ModelError, UsageError


@pytest.fixture
def model(home) -> package.Model:
    return package.load("tiny")


def test_load_and_generate(model, home, tmp_path):
    images = model.generate(PROMPT, n=4, seed=0, size=(64, 64))
    assert [image.size for image in images] == [(64, 64)] * 4
    assert {image.mode for image in images} == {"RGB"}
    assert [json.loads(image.info["unfog"])["seed"] for image in images] == [0, 1, 2, 3]
    assert len({image.tobytes() for image in images}) == 4
    assert model.sha256 == inspect(home / "tiny").id == json.loads(images[0].info["unfog"])["model"]["sha256"]
    assert (model.manifest.name, model.config.picture.size) == ("tiny", 16)


def test_a_saved_picture_is_the_file_of_the_command(model, unfog, tmp_path):
    options = ("--steps", 2, "--guidance", 2.5, "--size", "24x16", "--negative", "é", "--sag", 0.5)
    unfog("generate", PROMPT, "--model", "tiny", "--seed", 5, "-n", 2, "-o", tmp_path, *options)
    images = model.generate(PROMPT, n=2, seed=5, steps=2, guidance=2.5, size=(24, 16), negative="é", sag=0.5)
    for seed, image in zip((5, 6), images, strict=True):
        for name in ("a.png", "b.png"):  # saving changes nothing
            image.save(tmp_path / name)
            assert (tmp_path / name).read_bytes() == (tmp_path / f"a-red-circle-{seed}.png").read_bytes()
        assert unfog("replay", tmp_path / "a.png", "--check").code == 0


def test_an_edited_picture_does_not_carry_the_recipe(model, tmp_path):
    (image,) = model.generate(PROMPT)
    assert image.size == (512, 512)
    ImageChops.invert(image).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as edited:
        assert "unfog" not in edited.info


def test_every_spelling_of_a_model(model, home):
    wanted = model.generate(PROMPT, seed=3, native=True)[0].tobytes()
    for which in (home / "tiny", str(home / "tiny")):
        assert package.load(which, device="cpu").generate(PROMPT, seed=3, native=True)[0].tobytes() == wanted


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1", "I;16"])
def test_a_picture_in_memory_is_the_one_in_its_file(model, tmp_path, mode):
    image = Image.radial_gradient("L").resize((16, 16)).convert("I" if mode == "I;16" else mode)
    image = image.point(lambda v: v * 200).convert("I;16") if mode == "I;16" else image
    mask = Image.new("1", image.size)
    mask.paste(1, (4, 4, 12, 12))
    for name, one in (("image", image), ("mask", mask)):
        one.save(tmp_path / f"{name}.png")
    (made,) = model.inpaint(image, PROMPT, mask=mask, steps=2)
    (wanted,) = model.inpaint(tmp_path / "image.png", PROMPT, mask=tmp_path / "mask.png", steps=2)
    assert (made.mode, made.tobytes()) == (wanted.mode, wanted.tobytes())


MENDED = {
    "denoise": (lambda m, image: m.denoise(image, sigma=20, views=1, seed=3, steps=2), ("--sigma", 20, "--views", 1)),
    "restore": (lambda m, image: m.restore(image, "blur", 2, seed=3, steps=2), ("--degradation", "blur:2")),
    "upscale": (lambda m, image: [m.upscale(image, 2)], ("--factor", 2)),
}


@pytest.mark.filterwarnings("ignore:painted at")
@pytest.mark.parametrize("name", MENDED)
def test_mending_is_that_of_the_command(model, unfog, tmp_path, name):
    image, (made, options) = tmp_path / "image.png", MENDED[name]
    Image.radial_gradient("L").resize((20, 16)).save(image)
    options += () if name == "upscale" else ("--seed", 3, "--steps", 2)
    unfog(name, image, "--model", "tiny", "-o", tmp_path / "out.png", *options)
    (found,) = made(model, image)
    found.save(tmp_path / "found.png")
    assert (tmp_path / "found.png").read_bytes() == (tmp_path / "out.png").read_bytes()


def test_regions_and_morphs_are_those_of_the_commands(model, unfog, tmp_path):
    options = ("--model", "tiny", "--seed", 3, "--steps", 2)
    unfog("compose", PROMPT, "--region", "0,0,0.5,1:a blue star", *options, "-o", tmp_path / "out.png")
    (found,) = model.compose(PROMPT, [((0, 0, 0.5, 1), "a blue star")], seed=3, steps=2)
    found.save(tmp_path / "found.png")
    assert (tmp_path / "found.png").read_bytes() == (tmp_path / "out.png").read_bytes()
    unfog("morph", PROMPT, "a blue star", "--frames", 3, *options, "-o", tmp_path / "out.gif")
    made = model.morph(PROMPT, "a blue star", tmp_path / "made.gif", frames=3, seed=3, steps=2)
    other = model.morph(PROMPT, "a blue star", tmp_path / "made.gif", frames=4, seed=3, steps=2)
    assert other == tmp_path / "made-2.gif"  # a file is never replaced
    assert made.read_bytes() == (tmp_path / "out.gif").read_bytes()
    with pytest.raises(UsageError, match="leave n out"):
        model.morph(PROMPT, PROMPT, tmp_path / "b.gif", n=2)
    with pytest.raises(UsageError, match="animated GIF or a PNG strip"):
        model.morph(PROMPT, PROMPT, tmp_path / "b.mp4")


def test_several_threads_share_a_model(model):
    wanted = [model.generate(PROMPT, seed=seed, size=(40, 40))[0].tobytes() for seed in range(4)]
    found: dict[int, bytes] = {}

    def work(seed: int) -> None:
        found[seed] = model.generate(PROMPT, seed=seed, size=(40, 40))[0].tobytes()

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [found[seed] for seed in range(4)] == wanted


def test_errors_are_value_errors_in_one_line(model, home):
    with pytest.raises(UsageError, match="did you mean 'unipc'"):
        model.generate(PROMPT, sampler="unipcc")
    with pytest.raises(ValueError, match="steps = 0 is not allowed"):
        model.generate(PROMPT, steps=0)
    with pytest.raises(ModelError, match="did you mean 'tiny'"):
        package.load("tinny")
    with pytest.raises(UsageError, match="unknown device"):
        package.load("tiny", device="tpu")
    Path(home / "tiny/README.md").write_bytes(b"#")
    with pytest.raises(ModelError, match=r"README\.md has 1 bytes"):
        package.load("tiny")


def test_an_empty_prompt(model):
    blank, other = (model.generate(prompt, seed=1)[0] for prompt in ("", " "))
    assert blank.tobytes() == other.tobytes()
    assert json.loads(blank.info["unfog"])["nfe"] == 3
