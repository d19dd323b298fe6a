"""tools/install.py: a torch that is there and in range is kept; nothing is done twice."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def tool(repo: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", repo / "tools/install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("version", "kept"),
    [("", False), ("2.10.9", False), ("2.11.0+cu128", True), ("2.13.0+cpu", True), ("3.0", True), ("1.13.1", False)],
)
def test_a_torch_in_range_takes_the_place_of_the_pin(tool, version, kept):
    (line,) = re.findall(r"(?m)^torch==.*$", tool.constrained(version))
    assert line == (f"torch=={version}" if kept else "torch==2.13.0")
    assert len(tool.constrained(version).splitlines()) == len(tool.constrained("").splitlines())


def test_an_environment_that_is_up_to_date_is_left_alone(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "create", lambda _: pytest.fail("installed again"))
    stamp = {"inputs": tool.fingerprint(), "extras": ["dev", "emoji"]}
    (tmp_path / tool.STAMP).write_text(json.dumps(stamp))
    tool.install(tmp_path, {"dev"})
    tool.install(tmp_path, set())
    with pytest.raises(pytest.fail.Exception, match="installed again"):
        tool.install(tmp_path, {"dev", "video"})
    (tmp_path / tool.STAMP).write_text(json.dumps(stamp | {"inputs": "older"}))
    with pytest.raises(pytest.fail.Exception, match="installed again"):
        tool.install(tmp_path, {"dev"})


def test_constraints_are_exact_and_allow_what_the_package_declares(repo):
    lines = [line for line in (repo / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = dict(line.split("==") for line in lines)
    assert len(pins) == len(lines) > 40
    declared = re.findall(r'"([A-Za-z][\w.-]*)(?:\[[\w,]+\])?>=([\d.]+)"', (repo / "pyproject.toml").read_text())
    checked = [name for name, lowest in declared if name in pins and release(pins[name]) >= release(lowest)]
    assert checked == [name for name, _ in declared if name in pins]
    assert {"torch", "pydantic", "pytest", "emoji"} <= set(checked)


def release(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
