"""Requests and recipes: every number bounded, every unknown key refused."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from tests.support.recipes import recipe_of

from unfog.config.recipe import Recipe
from unfog.config.sample import GenerateRequest, GridName, SampleConfig, SamplerName
from unfog.core.grid import GRIDS
from unfog.samplers import SAMPLERS
from unfog.util.errors import UsageError

BOUNDS = [
    ("n", 1, 1024),
    ("seed", 0, 2**64 - 1),
    ("sample.steps", 1, 1000),
    ("sample.guidance", 0, 100),
    ("sample.rescale", 0, 1),
    ("sample.sag", 0, 10),
    ("sample.eta", 0, 1),
]


def request_with(path: str, value: object) -> GenerateRequest:
    first, _, second = path.partition(".")
    return GenerateRequest.parse({"prompt": "a", first: {second: value} if second else value})


@pytest.mark.parametrize(("path", "low", "high"), BOUNDS)
def test_the_bounds_of_a_request(path, low, high):
    for fine in (low, high):
        request_with(path, fine)
    for bad in (low - 1, high + 1, -(10**400), 10**400, float("nan"), float("inf"), "many", None, []):
        with pytest.raises(UsageError, match=f"^{path}.* is not allowed: "):
            request_with(path, bad)


@pytest.mark.parametrize("size", [(7, 32), (32, 4097), (32,), (32, 32, 32), (10**9, 10**9), "32x32", (32.5, 32)])
def test_sizes_out_of_bounds(size):
    with pytest.raises(UsageError, match=r"^size"):
        request_with("size", size)


def test_texts_are_bounded():
    assert len(request_with("prompt", "é" * 4096).prompt) == 4096
    with pytest.raises(UsageError, match="at most 4096"):
        request_with("prompt", "a" * 4097)
    with pytest.raises(UsageError, match="negative"):
        request_with("negative", "a" * 4097)
    with pytest.raises(UsageError, match="half characters"):
        request_with("prompt", "\udcff")


def test_an_interval_is_two_bounded_numbers():
    assert SampleConfig.parse({"interval": [-1, 2.5]}).interval == (-1.0, 2.5)
    for bad in ([1], [1, 2, 3], [-51, 0], [0, 51], "1 2"):
        with pytest.raises(UsageError, match=r"^interval"):
            SampleConfig.parse({"interval": bad})


def test_names_are_those_that_exist():
    assert list(get_args(SamplerName)) == list(SAMPLERS)
    assert list(get_args(GridName)) == list(GRIDS)


def test_unknown_keys_are_refused_and_values_cannot_change():
    with pytest.raises(UsageError, match=r"^path = \"x\" is not allowed"):
        GenerateRequest.parse({"prompt": "a", "path": "x"})
    with pytest.raises(ValidationError):
        GenerateRequest(prompt="a").prompt = "b"  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("format", ["unfog.recipe/2", ""]),
        ("task", ["train"]),
        ("nfe", [0, 10**5 + 1]),
        ("unfog", ["", "a/b", "1.0\n", "1" * 41]),
        ("numerics", [0, 10**7]),
        ("dtype", ["bfloat16"]),
        ("device", ["tpu", "cuda:1"]),
        ("threads", [0, 4097]),
        ("promise", ["L4"]),
        ("model", [{"name": "a/b", "sha256": "0" * 64}, {"name": "a", "sha256": "0" * 63}, "a", {"name": "a"}]),
        ("model", [{"name": "../a", "sha256": "0" * 64}, {"name": "a", "sha256": "A" * 64, "path": "x"}]),
    ],
)
def test_the_bounds_of_a_recipe(field, bad):
    data: dict[str, Any] = json.loads(recipe_of().model_dump_json())
    Recipe.model_validate_json(json.dumps(data), strict=True)
    for value in bad:
        with pytest.raises(ValidationError, match=field):
            Recipe.model_validate_json(json.dumps(data | {field: value}), strict=True)
