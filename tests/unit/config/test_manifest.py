"""The manifest of a model: what it says about files, names and numbers is checked before anything uses it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.support.models import tiny_config
from tests.support.saved import manifest_of

from unfog.config.manifest import FileEntry, Manifest, Metric

GOOD = manifest_of(tiny_config()).model_dump(mode="json")


def test_it_survives_a_round_trip():
    metric = Metric(name="faithfulness", value=0.5, n=400, low=0.45, high=0.55)
    manifest = Manifest.model_validate(
        GOOD | {"metrics": [metric.model_dump()], "files": {"a": {"bytes": 0, "sha256": "0" * 64}}}
    )
    assert Manifest.model_validate_json(manifest.model_dump_json()) == manifest
    assert manifest.files["a"] == FileEntry(bytes=0, sha256="0" * 64)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "unfog.model/2"},
        {"name": "../evil"},
        {"name": "a\x1b[31m"},
        {"name": ""},
        {"caption_dropout": 1.5},
        {"caption_dropout": float("nan")},
        {"files": {"a": {"bytes": -1, "sha256": "0" * 64}}},
        {"files": {"a": {"bytes": 1, "sha256": "zz"}}},
        {"sample": {"steps": 10**9}},
        {"model": GOOD["model"] | {"head": "pickle"}},
        {"model": GOOD["model"] | {"net": {"kind": "unknown"}}},
        {"model": GOOD["model"] | {"level_range": [0.0, float("inf")]}},
        {"code": "import os"},
        {"metrics": [{"name": "a", "value": 1.0, "n": 0}]},
    ],
    ids=str,
)
def test_what_is_refused(change):
    Manifest.model_validate(GOOD)
    with pytest.raises(ValidationError):
        Manifest.model_validate(GOOD | change)
