"""The doctor names what is wrong, with the fix, and is not fooled by version suffixes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.saved import save_tiny

from unfog.jobs import doctor
from unfog.jobs.events import Progress, Result
from unfog.model.store import WEIGHTS


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("UNFOG_HOME", str(tmp_path))
    return tmp_path / "models"


def report() -> dict[str, Any]:
    *progress, result = list(doctor.doctor_job())
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(result, Result)
    return {"healthy": result.payload["healthy"]} | {c["name"]: c for c in result.payload["checks"]}


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("2.13.0+cpu", (2, 13)), ("1.0", (1,)), ("12.2.0rc1", (12, 2)), ("0.0.26", (0, 0, 26)), ("nightly", ())],
)
def test_versions_are_compared_by_their_numbers(version, numbers):
    assert doctor.release(version) == numbers


def test_a_version_below_its_floor_fails_with_the_fix(monkeypatch):
    floor, reason = json.loads(doctor.FLOORS.read_text())["floors"]["pillow"]
    real = doctor.version_of
    for version, state in ((floor, "ok"), ("1.9", "fail"), ("999.0", "ok")):
        monkeypatch.setattr(doctor, "version_of", lambda name, v=version: v if name == "pillow" else real(name))
        (check,) = [c for c in doctor.versions() if c.name == "pillow"]
        assert (check.value, check.state) == (version, state)
        assert check.fix == ("" if state == "ok" else f"install pillow>={floor} ({reason})")


def test_a_refused_version_fails(monkeypatch):
    name, (versions, _) = next(iter(json.loads(doctor.FLOORS.read_text())["refused"].items()))
    monkeypatch.setattr(doctor, "version_of", lambda asked: versions[0] if asked == name else None)
    assert [(c.name, c.state) for c in doctor.versions() if c.state == "fail"] == [(name, "fail")]


def test_models_are_checked_byte_by_byte(home):
    save_tiny(home / "good")
    bad = save_tiny(home / "bad") / WEIGHTS
    data = bytearray(bad.read_bytes())
    data[-1] ^= 1
    bad.write_bytes(data)
    checks = report()
    assert checks["model good"]["state"] == "ok"
    assert checks["model bad"]["state"] == "fail"
    assert "is damaged" in checks["model bad"]["fix"]
    assert checks["healthy"] is False


def test_a_missing_default_model_fails(monkeypatch):
    monkeypatch.setattr(doctor, "installed", lambda: iter(()))
    (check,) = doctor.models()
    assert (check.name, check.state, check.fix) == ("model scenes-32", "fail", "install unfog again")


def test_folders_that_cannot_be_written_to_are_noted(home, monkeypatch):
    assert report()["your models"] == {"name": "your models", "value": str(home), "state": "ok", "fix": ""}
    home.parent.joinpath("models").touch()
    assert report()["your models"]["state"] == "note"


def test_what_it_says_about_this_machine():
    checks = report()
    assert checks["device"]["value"].startswith(("cpu (", "cuda (", "mps ("))
    assert checks["threads"]["value"].startswith("1 for ")
    assert checks["torch"]["state"] == "ok"
