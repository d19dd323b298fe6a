"""Whose work is in the package, and that the package says so."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.support.tools import tool

from unfog.model.locate import builtin_root
from unfog.model.store import NOTICE, read_manifest

METADATA = "import sys; from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel(sys.argv[1])"


@pytest.fixture
def sprite_folder(repo: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(repo / "tools")  # as if it were run from there: it has a neighbour
    return tool(repo, "sprite_folder")


def test_every_source_of_sprites_is_attributed_with_its_commit(repo, sprite_folder):
    text = (repo / "NOTICE").read_text(encoding="utf-8")
    for who, where in sprite_folder.SOURCES.values():
        assert re.search(rf"^  {re.escape(who)}, [\w.-]+\n      {re.escape(where)}$", text, re.MULTILINE), who
    assert set(re.findall(r"[0-9a-f]{64}  (\S+)", text)) == set(sprite_folder.INPUTS)


def test_the_wheel_holds_the_notice_and_the_licence(repo, tmp_path):
    """As the build back end lays out the wheel's metadata."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(repo / name, tmp_path)
    (tmp_path / "src/unfog").mkdir(parents=True)
    (tmp_path / "src/unfog/__init__.py").touch()
    (tmp_path / "built").mkdir()
    subprocess.run([sys.executable, "-c", METADATA, "built"], cwd=tmp_path, check=True, capture_output=True)
    (folder,) = tmp_path.glob("built/*.dist-info/licenses")
    for name in ("LICENSE", "NOTICE"):
        assert (folder / name).read_bytes() == (repo / name).read_bytes()
    assert "License-File: NOTICE" in (folder.parent / "METADATA").read_text(encoding="utf-8")


def test_every_embedded_model_trained_on_other_peoples_pictures_has_a_notice():
    for folder in builtin_root().iterdir():
        manifest = read_manifest(folder, hashes=False)
        assert manifest.training is not None
        foreign = set(manifest.training.data_licences) - {"CC0-1.0"}
        assert (folder / NOTICE).is_file() is bool(foreign)
        assert not foreign or NOTICE in manifest.files


def test_the_archive_is_the_one_that_is_named(repo):
    archive = repo.parent / "shared/data/emoji"
    if not archive.is_dir():
        pytest.skip("the archive of sprites is not on this machine")
    text = (repo / "NOTICE").read_text(encoding="utf-8")
    for digest, name in re.findall(r"([0-9a-f]{64})  (\S+)", text):
        assert hashlib.sha256((archive / name).read_bytes()).hexdigest() == digest


def test_tables_of_words_are_attributed(repo):
    notice = (repo / "NOTICE").read_text(encoding="utf-8")
    for name, who in (("things.txt", "emojibase"), ("words.txt", "SCOWL")):
        assert who in (repo / "src/unfog/assets" / name).read_text(encoding="utf-8").partition("\n[")[0][:400]
        assert re.search(rf"src/unfog/assets/{name}[^:]*{who}|src/unfog/assets/{name}.*:\n  {who}", notice), name
