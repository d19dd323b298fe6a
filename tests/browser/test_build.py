"""T35: the files of the studio in the package are those that its source gives, and small."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

STATIC = "src/unfog/server/static"
LARGEST = 200_000  # bytes, compressed


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_building_again_gives_the_same_bytes(repo, node_modules, tmp_path):
    npx = shutil.which("npx")
    assert npx
    command = [npx, "vite", "build", "--outDir", str(tmp_path / "static"), "--emptyOutDir"]
    subprocess.run(command, cwd=repo / "studio", check=True, capture_output=True, text=True)
    assert hashes(tmp_path / "static") == hashes(repo / STATIC)


@pytest.mark.slow
@pytest.mark.parametrize("command", [["run", "test"], ["run", "check"]])
def test_the_studio_passes_its_own_checks(repo, node_modules, command):
    npm = shutil.which("npm")
    assert npm
    done = subprocess.run([npm, *command], cwd=repo / "studio", check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_is_small_and_asks_nobody_else(repo):
    files = [path for path in (repo / STATIC).rglob("*") if path.is_file()]
    assert {"index.html"} <= {path.name for path in files}
    assert sum(len(gzip.compress(path.read_bytes(), mtime=0)) for path in files) < LARGEST
    page = (repo / STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"", page) != []
    assert all(found.startswith("/assets/") for found in re.findall(r"(?:src|href)=\"([^\"]*)\"", page))
    assert re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) is None
    for path in files:
        if path.suffix in (".js", ".css"):
            text = path.read_text(encoding="utf-8")
            assert re.findall(r"(?:fetch|import|url)\(\s*[\"']?https?:", text) == []
            assert re.search(r"\beval\(|new Function\(|@import", text) is None


def test_every_colour_is_written_once_with_what_it_is_in_the_light_and_in_the_dark(repo):
    text = (repo / "studio/src/styles/tokens.css").read_text(encoding="utf-8")
    names = re.findall(r"^\s*(--[\w-]+):", text, re.MULTILINE)
    assert len(names) > 15
    assert len(names) == len(set(names))
    assert text.count("light-dark(") > 12
    assert "prefers-color-scheme" not in text


def test_nothing_of_the_source_writes_markup_from_text(repo):
    """T13: what strangers write becomes text nodes only, and no style that the policy would refuse."""
    for path in (repo / "studio/src").rglob("*"):
        if path.suffix in (".svelte", ".ts"):
            text = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert re.search(r"\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text) is None, path
            assert re.search(r"<\w[^>]*\sstyle=", text) is None, path


def test_the_lockfile_names_no_host_and_runs_no_script(repo):
    lock = json.loads((repo / "studio/package-lock.json").read_text(encoding="utf-8"))
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
    settings = (repo / "studio/.npmrc").read_text(encoding="utf-8").split()
    assert {"omit-lockfile-registry-resolved=true", "ignore-scripts=true"} <= set(settings)
    scripts = json.loads((repo / "studio/package.json").read_text(encoding="utf-8"))["scripts"]
    assert not {name for name in scripts if name.startswith(("pre", "post")) or name == "install"}
