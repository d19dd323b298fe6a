"""Pictures people can use: enlarged and replayed, a sheet of guidance, one prompt turning into another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from tests.story.test_sprites import sprite_folder
from tests.story.test_towers import events
from tests.support.commands import PROMPT, tree
from tests.support.models import tiny_config
from tests.support.saved import save_tiny

from unfog.cli.main import run
from unfog.media.image import pixels_of
from unfog.media.infotext import read_infotext
from unfog.media.recipe import read_recipe
from unfog.model.locate import inspect
from unfog.model.store import UPSCALER, load_any, load_model, read_manifest, save_model
from unfog.nets.upscaler import Upscaler
from unfog.util.errors import Exit

TINY = ("generate", PROMPT, "--model", "tiny", "--seed", 7)


def pixels(path: Path | str) -> torch.Tensor:
    with Image.open(path) as image:
        return pixels_of(image).int()


def test_a_picture_is_enlarged_and_replayed_to_the_bit(unfog, tmp_path):
    for name, options in (("large", ()), ("native", ("--native",)), ("wide", ("--size", "150x100"))):
        unfog(*TINY, *options, "-o", tmp_path / f"{name}.png")
        assert unfog("replay", tmp_path / f"{name}.png", "--check").code == 0
    recipe = read_recipe(tmp_path / "large.png")
    assert (recipe.size, recipe.canvas) == ((512, 512), (16, 16))
    large, native = pixels(tmp_path / "large.png"), pixels(tmp_path / "native.png")
    assert large.shape == (3, 512, 512)
    assert native.shape == (3, 16, 16)
    cells = F.avg_pool2d(large.float(), 32)  # what became of a pixel is about what it was, even in such noise
    assert torch.corrcoef(torch.stack([cells.flatten(), native.flatten().float()]))[0, 1] > 0.8
    wide = read_recipe(tmp_path / "wide.png")
    assert (wide.size, wide.canvas) == ((150, 100), (24, 16))
    with Image.open(tmp_path / "large.png") as image:
        fields = read_infotext(image.info["parameters"]).fields
    assert (fields["Size-1"], fields["Hires resize-1"]) == ("16", "512")


@pytest.mark.slow
def test_a_sheet_of_seeds_and_guidance(unfog, tmp_path):
    said = unfog(*TINY, "-n", 2, "--grid", "--size", "40", "--negative", "a low tone", "-o", tmp_path / "o")
    (file,) = tree(tmp_path / "o")
    assert file == "a-red-circle-grid-7.png"
    assert said.out == f"{tmp_path / 'o' / file}  (seeds 7 to 8, guidance 1, 2, 3, 5)\n"
    page = pixels(tmp_path / "o" / file)
    for row, seed in enumerate((7, 8)):
        for column, guidance in enumerate((1, 2, 3, 5)):
            negative = () if guidance == 1 else ("--negative", "a low tone")
            name = tmp_path / f"{seed}-{guidance}.png"
            unfog(*TINY, "--seed", seed, "--guidance", guidance, "--size", "40", *negative, "-o", name)
            top, left = 8 + row * (40 + page_text(page) + 8), 8 + column * 48
            assert torch.equal(page[:, top : top + 40, left : left + 40], pixels(name))
    found = unfog(*TINY, "--grid", "--steps", 1, "--size", "16", "-o", tmp_path / "s.png", "--json").json
    assert (found["seeds"], found["guidance"]) == ([7, 8, 9, 10], [1, 2, 3, 5])


def page_text(page: torch.Tensor) -> int:
    """Height of the labels of a sheet with two rows of pictures of 40 pixels."""
    return (page.shape[1] - 8) // 2 - 48


def test_one_prompt_turns_into_another(unfog, tmp_path):
    gif, strip = tmp_path / "a.gif", tmp_path / "a.png"
    options = ("--model", "tiny", "--seed", 7, "--steps", 2, "--frames", 4, "--size", "32")
    said = unfog("morph", PROMPT, "two green stars", *options, "-o", gif)
    assert said.out == f"{gif}  (seed 7)\n"
    with Image.open(gif) as image:
        assert (image.n_frames, image.size) == (6, (128, 128))  # pyright: ignore[reportAttributeAccessIssue]
        facts = json.loads(image.info["comment"])
    assert (facts["task"], facts["prompts"], facts["seeds"]) == ("morph", [PROMPT, "two green stars"], [7, 7])
    before = gif.read_bytes()
    assert unfog("morph", PROMPT, "two green stars", *options, "-o", gif).out == said.out  # the same bytes
    other = unfog("morph", PROMPT, "a red circle", *options, "-o", gif)
    assert other.out == f"{tmp_path / 'a-2.gif'}  (seed 7)\n"
    assert gif.read_bytes() == before
    found = unfog("morph", PROMPT, "two green stars", *options, "--to-seed", 9, "-o", strip, "--json").json
    assert (found["files"], found["frames"], found["seeds"]) == ([str(strip)], 4, [7, 9])
    page = pixels(strip)
    assert page.shape == (3, 32, 4 * 32)
    ends = [(PROMPT, 7, page[..., :32]), ("two green stars", 9, page[..., -32:])]
    for prompt, seed, wanted in ends:
        name = tmp_path / f"{seed}.png"
        unfog("generate", prompt, "--model", "tiny", "--seed", seed, "--steps", 2, "--size", "32", "-o", name)
        assert torch.equal(pixels(name), wanted)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "a.mp4"), r"use -o a\.gif"),
        (("--frames", 1), "frames = 1 is not allowed"),
        (("--to-seed", -1), r"seeds\.1 = -1 is not allowed"),
        (("--canvas", "many"), "--canvas 'many' is not a size"),
    ],
)
def test_a_morph_that_cannot_be_made(unfog, tmp_path, options, said):
    code, line = unfog.error("morph", "a", "b", "--model", "tiny", *options)
    assert code == Exit.USAGE
    import re

    assert re.search(said, line)
    assert "morph.gif" not in tree(tmp_path)


@pytest.fixture(scope="module")
def doubler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learned to double pictures, for a moment."""
    root = tmp_path_factory.mktemp("doubler")
    sets = ["train.batch=4", "train.validate_images=5", "model.width=8", "model.depth=1", "train.optimiser.lr=1e-2"]
    command = ["train", "scenes", "--sprites", str(sprite_folder(root / "sprites")), "--preset", "upscale"]
    command += ["--size", "32", "--images", "48", "--threads", "1", "--out", str(root / "run")]
    assert run([*command, *[part for text in sets for part in ("--set", text)]]) == Exit.OK
    return root / "run"


def test_a_model_learns_to_double_pictures(doubler: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (watched,) = events(doubler, "validation")
    assert watched["doubled_l1"] != watched["bicubic_l1"]
    assert 10 < watched["bicubic_psnr_db"] < 50
    assert abs(watched["doubled_psnr_db"] - watched["edges_psnr_db"]) < 1  # where it begins
    assert tree(doubler / "samples") == ["0000000048.png"]
    assert tree(doubler / "model") == ["NOTICE.txt", "README.md", "model.safetensors", "unfog.json"]
    model = load_any(doubler / "model")
    assert isinstance(model, Upscaler)
    assert not (doubler / "tokenizer.json").exists()
    assert run(["generate", "a", "--model", str(doubler), "-o", str(doubler / "o")]) == Exit.MODEL
    assert "doubles pictures and draws none" in capsys.readouterr().err


@pytest.mark.slow
def test_a_model_may_bring_what_doubles_its_pictures(doubler: Path, unfog, home, tmp_path) -> None:
    plain = save_tiny(home / "plain", tiny_config(channels=4), name="plain")
    manifest = read_manifest(plain, hashes=True).model_copy(update={"name": "whole", "files": {}})
    save_model(load_model(plain), home / "whole", manifest, "# whole\n", upscaler=doubler / "model")
    assert f"{UPSCALER}/unfog.json" in read_manifest(home / "whole", hashes=True).files
    assert inspect(home / "whole").id != inspect(plain).id
    made = dict[tuple[str, str], torch.Tensor]()
    for name in ("plain", "whole"):
        for option in ("--native", "--transparent"):
            out = tmp_path / f"{name}{option}.png"
            unfog("generate", PROMPT, "--model", name, "--seed", 3, option, "-o", out)
            assert unfog("replay", out, "--check").code == 0
            made[name, option] = pixels(out)
    assert torch.equal(made["plain", "--native"], made["whole", "--native"])
    assert made["whole", "--transparent"].shape == (4, 512, 512)
    assert not torch.equal(made["plain", "--transparent"], made["whole", "--transparent"])
    (home / "whole" / UPSCALER / "model.safetensors").write_bytes(b"damaged")
    code, line = unfog.error("generate", PROMPT, "--model", "whole", "-o", tmp_path / "o")
    assert (code, "model.safetensors" in line) == (Exit.MODEL, True)
