"""``unfog explain forward``: a picture in, a page out that shows it fogging."""

from __future__ import annotations

import json
import re

import pytest
import torch
from PIL import Image
from tests.support.commands import Unfog, tree
from tests.support.pictures import encoded, pattern

from unfog.media.image import pixels_of
from unfog.util.errors import Exit
from unfog.util.files import verify_directory

RED = (31, 9)


@pytest.fixture
def unfog(capsys):
    """The command; it needs no model here."""
    return Unfog(capsys)


@pytest.fixture
def picture(tmp_path):
    """A picture with one patch of pure red."""
    pixels = pattern(48, 36) // 2
    pixels[7:12, 29:34] = (255, 0, 0)
    path = tmp_path / "a <cat>.png"
    path.write_bytes(encoded(pixels))
    return path


def test_from_a_picture_to_a_page(unfog, picture, tmp_path):
    out = tmp_path / "made"
    said = unfog("explain", "forward", picture, "-o", out, "--steps", 12, "--schedule", "cosine", "--seed", 4)
    assert said.code == 0
    assert said.out == f"{out / 'index.html'}\n"
    assert re.search(
        r"^after 12 steps: mean -?0\.\d+, variance [01]\.\d+; the schedule says 0\.000 and 1\.000$",
        said.err,
        re.MULTILINE,
    )
    record = verify_directory(out)
    assert record["request"]["steps"] == 12
    last = record["moments"][-1]
    assert (last["t"], last["alpha"], last["sigma"]) == (1, pytest.approx(0, abs=1e-9), pytest.approx(1))
    assert last["variance"] == pytest.approx(1, abs=0.1)
    page = (out / "index.html").read_text(encoding="utf-8")
    figures = re.findall(r"<figure .*?</figure>", page, re.DOTALL)
    assert len(figures) == 10
    for figure in figures:
        assert re.search(r"<figcaption><p>[A-Z][^<]+\.</p>", figure)
        assert "<math " in figure
        seen = [*re.findall(r"<img[^>]*>", figure), *re.findall(r"<svg[^>]*>", figure)]
        assert seen
        assert all(re.search(r'(alt|aria-label)="[A-Z][^"]{20,}"', one) for one in seen)
    assert "over a &lt;cat&gt;.png, in 12 small steps" in page
    assert "colour 255,0,0" in page  # the reddest is followed unasked
    assert re.search(r"https?:", page) is None
    with Image.open(out / "step-00.png") as first, Image.open(picture) as given:
        assert torch.equal(pixels_of(first), pixels_of(given))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(unfog, picture, tmp_path):
    options = ("--steps", 5, "--size", 32, "--pixel", f"{RED[0]},{RED[1]}")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        said = unfog("explain", "forward", picture, "-o", tmp_path / name, *options, "--seed", seed, "--json").json
        assert said["files"] == tree(tmp_path / name)
    files = {name: {p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in "abc"}
    assert files["a"] == files["b"]
    assert files["a"]["step-0.png"] == files["c"]["step-0.png"]
    assert all(files["a"][f"step-{k}.png"] != files["c"][f"step-{k}.png"] for k in range(1, 6))
    text = files["a"]["index.html"].decode()
    assert "48 × 36 pixels, shown at 32 × 24" in text
    assert "--pixel 31,9" in text
    assert json.loads(files["a"]["manifest.json"])["request"]["pixels"] == [list(RED)]


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("no.png",), Exit.DATA, r"no\.png cannot be read"),
        (("text.png",), Exit.DATA, "not a readable PNG, JPEG or WebP"),
        (("p.png", "--steps", "1"), Exit.USAGE, "steps = 1 is not allowed.*2"),
        (("p.png", "--steps", "1001"), Exit.USAGE, "steps = 1001 is not allowed.*1000"),
        (("p.png", "--size", "8"), Exit.USAGE, "size = 8 is not allowed"),
        (("p.png", "--schedule", "karras"), Exit.USAGE, "schedule = .*karras.*'vp_linear'"),
        (("p.png", "--seed", "-1"), Exit.USAGE, "seed = -1 is not allowed"),
        (("p.png", "--pixel", "9,8"), Exit.USAGE, r"9,8 lies outside the picture of 9x9: X is 0 to 8"),
        (("p.png", "--pixel", "middle"), Exit.USAGE, "write X,Y"),
        (("p.png", "-o", "text.png"), Exit.USAGE, "exists already; choose another folder"),
        (("p.png", "-o", "text.png/in"), Exit.USAGE, "text.png is a file"),
    ],
    ids=str,
)
def test_what_cannot_be_fogged(unfog, tmp_path, options, code, says):
    (tmp_path / "p.png").write_bytes(encoded(pattern(9, 9)))
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    before = tree(tmp_path)
    options = options if "-o" in options else (*options, "-o", "out")
    given = [tmp_path / o if o.startswith(("p.", "no.", "text.", "out")) else o for o in options]
    found, line = unfog.error("explain", "forward", *given)
    assert found == code
    assert re.search(says, line)
    assert tree(tmp_path) == before


def test_the_smallest_pictures(unfog, tmp_path):
    """One pixel, one colour, two steps: nothing divides by zero; and a schedule whose noise outgrows every screen."""
    for name, size, schedule in (("dot", (1, 1), "flow"), ("flat", (20, 3), "ve")):
        (tmp_path / f"{name}.png").write_bytes(encoded(Image.new("RGB", size, (90, 90, 90))))
        out = tmp_path / name
        said = unfog("explain", "forward", tmp_path / f"{name}.png", "-o", out, "--steps", 2, "--schedule", schedule)
        assert said.code == 0, said.err
        assert (out / "walk.png").stat().st_size > 1000
