"""T12: poisoned and vulnerable packages: few are needed, exact ones are tested, and `unfog doctor` names bad ones."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from unfog.jobs.doctor import FLOORS, release
from unfog.util.errors import Exit

BASE = 12  # packages that everybody installs; one more needs its sentence in docs/decisions/001-dependencies.md
ELSEWHERE = re.compile(r"@|://|^git\+|^-e|^--|\.whl|\.tar\.gz|\*|;")


@pytest.fixture(scope="module")
def project(repo: Path) -> dict:
    return tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins(repo: Path) -> dict[str, str]:
    lines = (repo / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def named(line: str) -> str:
    """The package of ``name>=version``."""
    return re.split(r"[^\w-]", line)[0]


def install(folder: Path, name: str, version: str) -> None:
    """What an installed package leaves; no line of it has to run."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")


BAD = [
    ("lightning", "2.6.2", "remove this version at once"),
    ("lightning", "2.6.3", "remove this version at once"),
    ("ultralytics", "8.3.41", "remove this version at once"),
    ("pillow", "12.1.9", "install pillow>="),
    ("starlette", "0.49.0", "install starlette>="),
    ("python-multipart", "0.0.20", "install python-multipart>="),
    ("diffusers", "0.38.0", "install diffusers>="),
    ("torch", "2.9.1+cpu", "install torch>="),
]


@pytest.mark.parametrize(("name", "version", "said"), BAD)
def test_the_doctor_names_a_bad_package_that_is_installed(unfog, tmp_path, monkeypatch, name, version, said):
    install(tmp_path, name, version)
    monkeypatch.syspath_prepend(tmp_path)
    report = unfog("doctor", "--json")
    assert report.code == Exit.USAGE
    found = json.loads(report.out)
    assert found["healthy"] is False
    (check,) = [one for one in found["checks"] if one["name"] == name and one["state"] == "fail"]
    assert check["value"] == version
    assert said in check["fix"]


@pytest.mark.parametrize(("name", "version"), [("lightning", "2.6.1"), ("ultralytics", "8.3.47"), ("gradio", "6.20")])
def test_and_no_good_one(unfog, tmp_path, monkeypatch, name, version):
    install(tmp_path, name, version)
    monkeypatch.syspath_prepend(tmp_path)
    checks = json.loads(unfog("doctor", "--json").out)["checks"]
    assert [one for one in checks if one["name"] == name and one["state"] == "fail"] == []


def test_what_is_pinned_is_above_every_floor(pins):
    table = json.loads(FLOORS.read_text(encoding="utf-8"))
    checked = [name for name in table["floors"] if name in pins]
    assert {"torch", "pillow", "starlette", "python-multipart"} <= set(checked)
    for name in checked:
        assert release(pins[name]) >= release(table["floors"][name][0]), name
    for name, (bad, _) in table["refused"].items():
        assert pins.get(name) not in bad


def test_every_pin_is_one_exact_version(pins):
    for name, version in pins.items():
        assert re.fullmatch(r"\d+(\.\d+)*(\.post\d+)?", version), (name, version)


def test_few_packages_are_needed_and_each_has_its_sentence(project, repo, pins):
    base = [named(line) for line in project["project"]["dependencies"]]
    assert len(base) <= BASE
    reasons = (repo / "docs/decisions/001-dependencies.md").read_text(encoding="utf-8")
    assert [name for name in base if f"| {name} |" not in reasons] == []
    assert set(base) <= set(pins)


def test_nothing_comes_from_anywhere_but_the_registry_and_nothing_runs_to_build(project, repo):
    extras = [line for group in project["project"]["optional-dependencies"].values() for line in group]
    for line in (*project["project"]["dependencies"], *project["build-system"]["requires"], *extras):
        assert not ELSEWHERE.search(line), line
    assert [named(line) for line in project["build-system"]["requires"]] == ["setuptools"]
    assert "backend-path" not in project["build-system"]
    for name in ("setup.py", "setup.cfg", "MANIFEST.in", "conftest.py", "sitecustomize.py"):
        assert not (repo / name).exists(), name
    assert "cmdclass" not in json.dumps(project)
    assert [path.name for path in (repo / "src").rglob("*.pth")] == []


def test_the_page_s_packages_run_nothing_when_they_are_installed(repo):
    """T35: every one with its sha512, no script of theirs is run, and no other place is named."""
    lock = json.loads((repo / "studio/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 20
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert not [name for name, one in packages.items() if one.get("link") or "git" in one.get("resolved", "")]
    own = json.loads((repo / "studio/package.json").read_text(encoding="utf-8"))
    asked = own.get("dependencies", {}) | own.get("devDependencies", {})
    assert not [text for text in asked.values() if ELSEWHERE.search(text)]
    scripts = {name for name, one in packages.items() if one.get("hasInstallScript")}
    settings = (repo / "studio/.npmrc").read_text(encoding="utf-8").split()
    assert not scripts or "ignore-scripts=true" in settings
    assert "npm ci --ignore-scripts" in (repo / "Makefile").read_text(encoding="utf-8")
