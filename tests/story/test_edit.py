"""``unfog edit``, ``vary``, ``inpaint``, ``outpaint`` and ``restyle``: pictures from pictures, as a person types it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms
from tests.support.cases import some
from tests.support.commands import PROMPT, tree
from tests.support.models import tiny_config
from tests.support.pictures import animated, encoded, pattern, write
from tests.support.saved import save_tiny
from torch import Tensor

from unfog.config.edit import Inpaint
from unfog.config.recipe import EditRecipe
from unfog.config.sample import SampleConfig
from unfog.media.mask import feathered, mask_of
from unfog.media.original import read_original
from unfog.media.recipe import parse_recipe, read_recipe, recipe_text
from unfog.util.errors import Exit
from unfog.util.random import Dice, Draw, uniform

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
FEW = ("--model", "tiny", "--seed", 7, "--steps", 2)
WHITE = "m.png"
SLOW = pytest.mark.slow


def rgba(width: int, height: int, seed: int = 0) -> Image.Image:
    """Colours of their own under every opacity; half of it is transparent."""
    numbers = uniform([seed], (height, width, 5), draw=Draw.TEST)[0].numpy()
    values = (numbers[..., :4] * 256).astype(np.uint8)
    values[..., 3][numbers[..., 4] < 0.5] = 0
    return Image.fromarray(values)


def within(folder: Path, words: list[str | float]) -> list[Path | str | float]:
    """The files that a command names, in a folder."""
    return [folder / str(word) if str(word).endswith((".png", ".jpg")) else word for word in words]


@pytest.fixture
def picture(tmp_path) -> Path:
    return write(tmp_path / "a.png", encoded(pattern(40, 30), icc_profile=PROFILE))


@pytest.fixture
def mask(tmp_path) -> Path:
    values = np.zeros((30, 40), dtype=np.uint8)
    values[5:15, 10:20] = 255
    return write(tmp_path / WHITE, encoded(values))


@pytest.fixture
def style(tmp_path) -> Path:
    return write(tmp_path / "style.png", encoded(pattern(9, 21)[:, ::-1].copy()))


def pixels(path: str | Path) -> Tensor:
    return read_original(Path(path)).pixels


VERBS = {
    "edit": (["edit", "a.png", PROMPT], {"picture"}),
    "inversion": (["edit", "a.png", PROMPT, "--method", "inversion", "--was", "two green stars"], {"picture"}),
    "vary": (["vary", "a.png", "-n", 1], {"picture"}),
    "inpaint": (["inpaint", "a.png", PROMPT, "--mask", WHITE, "--feather", 2], {"picture", "mask"}),
    "repaint": (["inpaint", "a.png", PROMPT, "--mask", WHITE, "--method", "repaint"], {"picture", "mask"}),
    "box": (["inpaint", "a.png", PROMPT, "--mask", "box:3,4,20,30", "--no-crop"], {"picture"}),
    "words": (["inpaint", "a.png", PROMPT, "--mask", "auto:the circle"], {"picture"}),
    "outpaint": (["outpaint", "a.png", PROMPT, "--left", 9, "--bottom", 4, "--feather", 3], {"picture"}),
    "restyle": (["restyle", "a.png", "--style", "style.png"], {"picture", "style"}),
    "named style": (["restyle", "a.png", "a heart, watercolor", "--keep", 0.4], {"picture"}),
}


@pytest.mark.parametrize("verb", some(VERBS, ("edit", "vary", "inpaint", "outpaint", "restyle")))
def test_every_way_says_what_it_did_and_is_made_again(unfog, picture, mask, style, tmp_path, verb):
    words, roles = VERBS[verb]
    found = unfog(*within(tmp_path, words), *FEW, "-o", tmp_path / "out", "--json").json
    (file,) = found["files"]
    recipe = read_recipe(Path(file))
    assert isinstance(recipe, EditRecipe)
    assert recipe.inputs.keys() == roles
    assert recipe.inputs["picture"] == read_original(picture).sha256
    assert (found["seeds"], recipe.seed, found["nfe"], found["steps"]) == ([7], 7, recipe.nfe, recipe.steps)
    assert parse_recipe(recipe_text(recipe), name="a") == recipe
    size = (49, 34) if verb == "outpaint" else (40, 30)
    assert recipe.size == size
    with Image.open(file) as made:
        assert (made.size, made.mode, made.info["icc_profile"]) == (size, "RGB", PROFILE)
    assert (pixels(file) != pixels(picture)).any() if size == (40, 30) else True

    given = [part for path in (picture, mask, style) for part in ("--input", path)]
    again = unfog("replay", file, "--check", *given, "--json").json
    assert (again["equal"], again["max_difference"]) == (True, 0)
    code, line = unfog.error("replay", file, "--check")
    assert code == Exit.RECIPE
    assert "that this was made from is not among the inputs; give its file with --input" in line
    said = unfog("replay", file, *given, "-o", tmp_path / "again")
    assert said.code == 0
    (remade,) = (tmp_path / "again").iterdir()
    assert remade.read_bytes() == Path(file).read_bytes()


def test_another_picture_as_input_is_refused(unfog, picture, mask, tmp_path):
    unfog("inpaint", picture, PROMPT, "--mask", mask, *FEW, "-o", tmp_path / "b.png")
    other = write(tmp_path / "other.png", encoded(pattern(40, 31)))
    for given, missing in (([other, mask], "picture"), ([picture, other], "mask"), ([picture], "mask")):
        options = [part for file in given for part in ("--input", file)]
        code, line = unfog.error("replay", tmp_path / "b.png", "--check", *options)
        assert (code, line.startswith(f"the {missing} that this was made from")) == (Exit.RECIPE, True)
    made = tmp_path / "g.png"
    unfog("generate", PROMPT, *FEW, "--native", "-o", made)
    assert "made from words alone; leave --input out" in unfog.error("replay", made, "--input", picture)[1]


@pytest.mark.parametrize("cases", [6, pytest.param(15, marks=SLOW)])
@pytest.mark.parametrize("channels", [3, 4])
def test_outside_of_the_mask_every_value_is_the_same(unfog, home, tmp_path, channels, cases):
    """Random sizes, masks and settings; hidden colours of transparent pixels among them."""
    save_tiny(home / "clear", tiny_config(channels=4, size=8), name="clear")
    save_tiny(home / "small", tiny_config(size=8), name="small")
    dice = Dice(channels, 0, Draw.TEST)
    for case in range(cases):
        w, h = dice.integer(1, 40), dice.integer(1, 40)
        w, h = max(w, -(-h // 8)), max(h, -(-w // 8))
        picture = rgba(w, h, case)
        source = write(tmp_path / "p.png", encoded(picture if channels == 4 else picture.convert("RGB")))
        values = np.zeros((h, w), dtype=np.uint8)
        top, left = dice.integer(0, h - 1), dice.integer(0, w - 1)
        values[top : top + dice.integer(1, h), left : left + dice.integer(1, w)] = dice.choice([255, 255, 128, 1])
        mask = write(tmp_path / "m.png", encoded(values))
        feather = dice.choice([0, 0, 1, 5])
        more = [dice.choice(["--crop", "--no-crop"])] if case % 3 else []
        options = ("--mask", mask, "--feather", feather, *more, "--method", dice.choice(["kept", "repaint"]))
        model = dice.choice(["clear", "small"])
        asked = (source, PROMPT, *options, "--model", model, "--steps", 1, "--guidance", 1, "--seed", case)
        said = unfog("inpaint", *asked, "-o", tmp_path / f"{case}.png")
        assert said.code == 0, said.err
        before, after = pixels(source), pixels(tmp_path / f"{case}.png")
        assert after.shape == before.shape == (channels, h, w)
        stays = feathered(mask_of(read_original(mask)), feather) == 0
        assert torch.equal(after[:, stays], before[:, stays])
        if values.max() == 255:
            assert (after != before).any()


def test_a_box_changes_nothing_round_it(unfog, picture, tmp_path):
    unfog("inpaint", picture, PROMPT, "--mask", "box:30,20,99,99", *FEW, "-o", tmp_path / "b.png")
    apart = pixels(tmp_path / "b.png") != pixels(picture)
    assert apart[:, 20:, 30:].any()
    assert not apart[:, :20].any()
    assert not apart[:, :, :30].any()


def test_outpainting_keeps_the_picture(unfog, picture, tmp_path):
    sides = ("--left", 3, "--top", 5, "--right", 7, "--bottom", 2)
    unfog("outpaint", picture, PROMPT, *sides, *FEW, "-o", tmp_path / "b.png")
    made = pixels(tmp_path / "b.png")
    assert made.shape == (3, 37, 50)
    assert torch.equal(made[:, 5:35, 3:43], pixels(picture))
    edge = pixels(picture)[:, :, :1].expand(3, 30, 3)
    assert (made[:, 5:35, :3] != edge).any()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_strength_zero_gives_the_picture_back(unfog, tmp_path, mode):
    path = write(tmp_path / "a.png", encoded(rgba(23, 31).convert(mode), icc_profile=PROFILE))
    for words in (("edit", path, PROMPT, "--strength", 0), ("vary", path, "-n", 1, "--strength", 0)):
        found = unfog(*words, *FEW, "-o", tmp_path / words[0], "--json").json
        assert (found["steps"], found["nfe"]) == (0, 0)
        assert torch.equal(pixels(found["files"][0]), pixels(path))
    kept = unfog("restyle", path, "watercolor", "--keep", 1, *FEW, "-o", tmp_path / "c.png", "--json").json
    assert torch.equal(pixels(kept["files"][0]), pixels(path))


def test_at_strength_one_the_picture_does_not_matter(unfog, picture, tmp_path):
    other = write(tmp_path / "b.png", encoded(255 - pattern(40, 30)))
    files = []
    for path in (picture, other):
        found = unfog("edit", path, PROMPT, "--strength", 1, *FEW, "-o", tmp_path / "out", "--json").json
        assert found["steps"] == 2
        files += found["files"]
    assert torch.equal(pixels(files[0]), pixels(files[1]))


def test_steps_that_are_said_are_made(unfog, picture, tmp_path):
    for strength, steps in ((0.1, 1), (0.5, 4), (0.51, 5), (1, 8)):
        options = ("--strength", strength, "--steps", 8, "--sampler", "ddim", "--guidance", 1)
        found = unfog("edit", picture, PROMPT, "--model", "tiny", *options, "-o", tmp_path, "--json").json
        assert (found["steps"], found["nfe"]) == (steps, steps)


def test_variants_are_those_of_their_seeds(unfog, picture, tmp_path):
    found = unfog("vary", picture, PROMPT, "-n", 3, *FEW, "-o", tmp_path / "v", "--json").json
    assert found["seeds"] == [7, 8, 9]
    alone = unfog("vary", picture, PROMPT, "-n", 1, *FEW[:2], "--seed", 9, *FEW[4:], "-o", tmp_path / "w", "--json")
    assert Path(alone.json["files"][0]).read_bytes() == Path(found["files"][2]).read_bytes()
    said = unfog("vary", picture, PROMPT, "-n", 2, *FEW, "-o", tmp_path / "x")
    assert [line.rsplit("  ", 1)[1] for line in said.out.splitlines()] == ["(seed 7)", "(seed 8)"]
    assert "2 steps, " in said.err
    assert "painted at 21x16 pixels, enlarged 1.9 times" in said.err


def test_variants_of_our_own_picture_know_its_prompt(unfog, picture, tmp_path):
    made = tmp_path / "g.png"
    unfog("generate", "two green stars", *FEW, "--native", "-o", made)
    for path, prompt in ((made, "two green stars"), (picture, "")):
        found = unfog("vary", path, "-n", 1, *FEW, "-o", tmp_path / "v", "--json").json
        assert read_recipe(Path(found["files"][0])).prompt == prompt


def test_inversion_says_how_exact_it_is(unfog, picture, tmp_path):
    options = ("--method", "inversion", "--model", "tiny", "-o", tmp_path / "b.png", "--steps", 6)
    said = unfog("edit", picture, PROMPT, *options, "--json").json
    assert said["reconstruction_db"] >= 25
    assert any("without any change it comes back with a PSNR of" in note for note in said["notes"])
    assert said["nfe"] >= 6 * 4  # the way there, the check, and three estimates a step while words are kept


def test_inversion_leaves_out_what_the_model_recommends_and_nobody_asked_for(unfog, home, picture, tmp_path):
    recommended = {"steps": 3, "sampler": "ddim", "eta": 0.5, "rescale": 0.7, "sag": 0.5, "interval": (-1.0, 2.0)}
    sample = SampleConfig.parse(recommended | {"guide": [{"name": "pag", "value": 1.0}]})
    save_tiny(home / "rich", sample=sample, name="rich")
    ways = (["edit", "--method", "inversion"], ["inpaint", "--mask", "box:3,3,9,9", "--method", "repaint"])
    for verb, *options in ways:
        found = unfog(verb, picture, PROMPT, *options, "--model", "rich", "--steps", 2, "-o", tmp_path, "--json").json
        made = read_recipe(Path(found["files"][0])).sample
        assert (made.sampler, made.eta) == ("ddim", 0)
        assert (made.sag, made.rescale, made.interval) == ((0, 0, None) if verb == "edit" else (0.5, 0.7, (-1.0, 2.0)))


# --- pictures of every kind


@pytest.mark.parametrize(
    ("kind", "size", "mode"),
    [
        (encoded(pattern(13, 22), orientation=6), (22, 13), "RGB"),
        pytest.param(encoded(Image.fromarray(pattern(20, 17)).quantize(9)), (20, 17), "RGB", marks=SLOW),
        pytest.param(
            encoded((np.arange(400, dtype=np.uint16) * 160).reshape(20, 20)), (20, 20), "RGB", marks=pytest.mark.slow
        ),
        (encoded(Image.fromarray(pattern(20, 17)).convert("LA")), (20, 17), "RGBA"),
        pytest.param(
            encoded(Image.fromarray(pattern(24, 16)).convert("CMYK"), "JPEG"), (24, 16), "RGB", marks=pytest.mark.slow
        ),
        (encoded(pattern(8, 1)), (8, 1), "RGB"),
        pytest.param(encoded(pattern(1, 1)), (1, 1), "RGB", marks=SLOW),
        (encoded(pattern(20, 20), "WEBP"), (20, 20), "RGB"),
    ],
    ids=["rotated", "palette", "16 bits", "grey and alpha", "CMYK", "one high", "one pixel", "WebP"],
)
def test_kinds_of_pictures(unfog, tmp_path, kind, size, mode):
    path = write(tmp_path / "a.jpg", kind)
    for words in (["edit"], ["inpaint", "--mask", "box:0,0,3,3"], ["inpaint", "--mask", "auto:circle"]):
        verb, *more = words
        said = unfog(verb, path, PROMPT, *more, "--model", "tiny", "--steps", 1, "-o", tmp_path / "b.png", "--json")
        with Image.open(said.json["files"][0]) as made:
            assert (made.size, made.mode) == (size, mode)


BROKEN = {
    "empty": (b"", "is empty (0 bytes)"),
    "a text": (b"hello", "is not a readable PNG, JPEG or WebP picture"),
    "truncated": (encoded(pattern(60, 60))[:300], "is damaged"),
    "animated": (animated("WEBP"), "is animated"),
    "too long": (encoded(pattern(200, 10)), " pixels are too long and narrow to be painted in one piece"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_pictures_that_cannot_be_changed(unfog, tmp_path, name):
    data, said = BROKEN[name]
    path = write(tmp_path / "a.png", data)
    before = tree(tmp_path)
    for words in (
        ["edit", path, PROMPT],
        ["vary", path],
        ["outpaint", path, PROMPT, "--top", 1],
        ["restyle", path, "x"],
    ):
        code, line = unfog.error(*words, "--model", "tiny", "-o", tmp_path / "out")
        assert (code, said in line) == (Exit.USAGE if name == "too long" else Exit.DATA, True), line
    assert tree(tmp_path) == before


WRONG = {
    "no picture": (["edit", "none.png", PROMPT], Exit.DATA, "none.png cannot be read"),
    "strength": (["edit", "a.png", PROMPT, "--strength", 1.5], Exit.USAGE, "strength = 1.5 is not allowed"),
    "method": (["edit", "a.png", PROMPT, "--method", "magic"], Exit.USAGE, "choose img2img or inversion"),
    "was": (["edit", "a.png", PROMPT, "--was", "x"], Exit.USAGE, "--was belongs to --method inversion"),
    "both": (["edit", "a.png", PROMPT, "--method", "inversion", "--strength", 0.5], Exit.USAGE, "--strength belongs"),
    "two": (["edit", "a.png", PROMPT, "--method", "inversion", "-n", 2], Exit.USAGE, "all variants would be equal"),
    "sampler": (["edit", "a.png", "x", "--method", "inversion", "--sampler", "heun"], Exit.USAGE, "leave --sampler"),
    "parts": (["edit", "a.png", "a AND b", "--method", "inversion"], Exit.USAGE, "from one text to one other"),
    "away": (["edit", "a.png", "x", "--method", "inversion", "--negative", "y"], Exit.USAGE, "leave out --negative"),
    "no mask": (["inpaint", "a.png", PROMPT, "--mask", "none.png"], Exit.DATA, "none.png cannot be read"),
    "size": (["inpaint", "a.png", PROMPT, "--mask", "style.png"], Exit.DATA, "is 9x21 and the picture 40x30"),
    "black": (["inpaint", "a.png", PROMPT, "--mask", "black.png"], Exit.DATA, "black everywhere"),
    "outside": (["inpaint", "a.png", PROMPT, "--mask", "box:40,0,5,5"], Exit.USAGE, "lies outside a picture of 40x30"),
    "no box": (["inpaint", "a.png", PROMPT, "--mask", "box:1,2,3"], Exit.USAGE, "is no box"),
    "flat box": (["inpaint", "a.png", PROMPT, "--mask", "box:1,2,3,0"], Exit.USAGE, "box"),
    "no word": (["inpaint", "a.png", PROMPT, "--mask", "auto:the"], Exit.USAGE, "name a thing"),
    "painting": (["inpaint", "a.png", PROMPT, "--mask", WHITE, "--method", "x"], Exit.USAGE, "method"),
    "told": (["inpaint", "a.png", PROMPT, "--mask", WHITE, "--method", "told"], Exit.USAGE, "use --method kept"),
    "steps of": (
        ["inpaint", "a.png", PROMPT, "--mask", WHITE, "--method", "repaint", "--sampler", "heun"],
        Exit.USAGE,
        "repaint makes steps of ddim",
    ),
    "feather": (["inpaint", "a.png", PROMPT, "--mask", WHITE, "--feather", -1], Exit.USAGE, "feather = -1"),
    "nothing added": (["outpaint", "a.png", PROMPT], Exit.USAGE, "nothing is added to the picture"),
    "less": (["outpaint", "a.png", PROMPT, "--left", -3], Exit.USAGE, "margins"),
    "too much": (
        ["outpaint", "a.png", PROMPT, "--left", 8000, "--bottom", 8000],
        Exit.USAGE,
        "8040x8030 are more than 50000000 pixels",
    ),
    "no style": (["restyle", "a.png"], Exit.USAGE, "restyle needs a style: a picture (--style FILE) or its name"),
    "keep": (["restyle", "a.png", "x", "--keep", 2], Exit.USAGE, "keep = 2"),
    "one file": (["vary", "a.png", "-o", "b.png"], Exit.USAGE, "names one file for 4 pictures"),
    "format": (["edit", "a.png", "x", "-o", "b.jpg"], Exit.USAGE, "pictures are written as PNG"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(unfog, picture, mask, style, tmp_path, name):
    write(tmp_path / "black.png", encoded(Image.new("L", (40, 30))))
    words, code, said = WRONG[name]
    out = () if "-o" in words else ("-o", tmp_path / "out")
    before = tree(tmp_path)
    found, line = unfog.error(*within(tmp_path, words), "--model", "tiny", "--steps", 1, *out)
    assert (found, said in line) == (code, True), line
    assert tree(tmp_path) == before


def test_an_all_white_mask_paints_everything(unfog, picture, tmp_path):
    white = write(tmp_path / "white.png", encoded(Image.new("1", (40, 30), 1)))
    assert unfog("inpaint", picture, PROMPT, "--mask", white, *FEW, "-o", tmp_path / "b.png").code == 0
    assert (pixels(tmp_path / "b.png") != pixels(picture)).float().mean() > 0.9


def test_models_that_complete_pictures_are_told(unfog, home, picture, mask, tmp_path):
    save_tiny(home / "completes", tiny_config().model_copy(update={"completes": True}), name="completes")
    options = ("--mask", mask, "--seed", 1, "--steps", 1, "--model")
    ways = {
        "completes": "repaint",
        "tiny": "repaint",
        "completes --sampler euler": "told",
        "tiny --sampler euler": "kept",
    }
    for model, method in ways.items():
        found = unfog("inpaint", picture, PROMPT, *options, *model.split(), "-o", tmp_path / model, "--json").json
        way = read_recipe(Path(found["files"][0])).way  # pyright: ignore[reportAttributeAccessIssue]
        assert isinstance(way, Inpaint)
        assert way.method == method
        apart = pixels(found["files"][0]) != pixels(picture)
        assert not torch.where(mask_of(read_original(mask)) == 0, apart, False).any()


def test_alpha_is_kept_by_a_model_without(unfog, tmp_path):
    path = write(tmp_path / "a.png", encoded(rgba(20, 20), icc_profile=PROFILE))
    unfog("edit", path, PROMPT, *FEW, "-o", tmp_path / "b.png")
    assert torch.equal(pixels(tmp_path / "b.png")[3], pixels(path)[3])
    with Image.open(tmp_path / "b.png") as made:
        assert (made.mode, made.info["icc_profile"]) == ("RGBA", PROFILE)
