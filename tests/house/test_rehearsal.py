"""What a stranger does first, done from scratch: the demo in an empty environment, and the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.story.test_sprites import sprite_folder

from unfog.data.scenes_caption import Facts, GroupFact
from unfog.evaluate.faithfulness import grade
from unfog.evaluate.parser import parse
from unfog.media.image import decode, pixels_of, square
from unfog.model.store import load_model, read_manifest

DEMO = Facts((GroupFact(2, "green", "star"), GroupFact(1, "red", "circle")), "above")  # what make demo asks for
NO_NETWORK = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise RuntimeError(f"network used: {event} {args}")
sys.addaudithook(refuse)
from unfog.__main__ import main
main()
"""


@pytest.fixture
def clone(repo: Path, tracked: list[Path], tmp_path: Path) -> Path:
    """A copy of what is under version control, and nothing else."""
    target = tmp_path / "clone"
    for path in tracked:
        copy = target / path.relative_to(repo)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    return target


def plain_environment(home: Path) -> dict[str, str]:
    """The caller's environment without what would lead to this test's own Python."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "MAKEFLAGS", "MAKELEVEL", "VENV", "PYTHON")
    return {name: value for name, value in os.environ.items() if name not in hidden} | {"HOME": str(home)}


@pytest.mark.slow
def test_the_demo_from_nothing(clone, tmp_path):
    """``make demo`` in an empty clone leaves a picture; the second call installs nothing and draws the same bytes."""
    command = ["make", "demo", f"PYTHON={Path(sys.base_prefix) / 'bin' / 'python3'}"]

    def make() -> subprocess.CompletedProcess[str]:
        environment = plain_environment(tmp_path)
        return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)

    first = make()
    assert first.returncode == 0, first.stdout + first.stderr
    assert "installing" in first.stdout
    (picture,) = (clone / "out/demo").glob("*.png")
    small = square(decode(picture.read_bytes(), name=picture.name), 32, kernel="box")  # as large as it was painted
    found = parse(pixels_of(small)[None])[0]
    assert grade(found, DEMO).all, found
    before = picture.read_bytes()
    shutil.rmtree(clone / "out")
    again = make()
    assert again.returncode == 0, again.stdout + again.stderr
    assert "installing" not in again.stdout
    assert picture.read_bytes() == before


@pytest.mark.slow
def test_generating_uses_no_network(tmp_path):
    command = [sys.executable, "-c", NO_NETWORK, "generate", "a red circle", "--seed", "3", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("*.png"))) == 1


@pytest.mark.slow
def test_the_recipe_of_the_embedded_model(repo, tmp_path):
    """``recipes/embedded.sh`` at a thousandth of its length makes a model that draws; a second call finds all done."""
    sprites, out = sprite_folder(tmp_path / "sprites"), tmp_path / "embedded"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", str(repo / "recipes/embedded.sh"), "--sprites", str(sprites), "--out", str(out)]
    environment = {**os.environ, "PATH": path}
    for _ in range(2):
        done = subprocess.run(
            [*command, "--scale", "0.001"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    manifest = read_manifest(out / "model", hashes=True)
    assert manifest.training is not None
    assert manifest.training.images >= 1096
    assert manifest.sample.grid == "calibrated"
    model = load_model(out / "model")
    assert (model.config.completes, model.config.picture.channels, model.style is None) == (True, 4, False)
    assert model.shape() == (8, 16, 16)


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_its_model(clone, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(tmp_path),
        str(clone),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    model = {Path(name).name for name in names if name.startswith("unfog/assets/models/scenes-32/")}
    assert {"unfog/server/static/index.html", "unfog/server/static/licences.txt"} <= set(names)
    assert {"unfog.json", "tokenizer.json", "README.md"} <= model
    assert any(name.endswith(".safetensors") for name in model)
    assert "unfog/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {"unfog", "unfog-0.1.0.dist-info"}
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert wheel.stat().st_size < 40 * 2**20
