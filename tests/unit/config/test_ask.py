"""What can be asked for: bounded, by id, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unfog.config.ask import ASKS, KINDS, SAFE_INTEGER, GenerateAsk, parse_ask, spoken
from unfog.util.errors import UsageError

ID = "0123456789abcdef" * 2


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_seeds_survive_json_of_any_reader(seed):
    ask = parse_ask({"task": "generate", "prompt": "x", "seed": seed})
    told = json.loads(json.dumps(ask.model_dump(mode="json")))
    assert told["seed"] == spoken(seed)
    assert isinstance(told["seed"], str) is (seed > SAFE_INTEGER)
    assert parse_ask(told) == ask
    assert parse_ask(told | {"seed": str(seed)}) == ask


@pytest.mark.parametrize("seed", [-1, 2**64, "-1", "0x10", "١٢", "1e3", " 1", "", 1.5, "1" * 21, True and "yes", [1]])
def test_what_is_no_seed(seed):
    with pytest.raises(UsageError, match="seed"):
        parse_ask({"task": "generate", "seed": seed})


GOOD = {
    "generate": {"prompt": "x"},
    "edit": {"inputs": {"picture": ID}, "way": {"kind": "img2img", "strength": 0.5}},
    "morph": {"prompts": ["a", "b"]},
    "explain": {"what": "reverse", "request": {"prompt": "x"}},
    "train": {"folder": "root/cats", "name": "cats"},
}


@pytest.mark.parametrize("task", KINDS)
def test_every_kind_is_read_and_told_as_it_was(task):
    ask = parse_ask({"task": task} | GOOD[task])
    assert type(ask) is KINDS[task]
    assert parse_ask(json.loads(json.dumps(ask.model_dump(mode="json")))) == ask
    with pytest.raises(UsageError, match="surprise"):
        parse_ask({"task": task, "surprise": 1} | GOOD[task])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "task is missing; choose one of generate, edit"),
        ({"task": "fly"}, r"unknown task 'fly'\. There are: generate, edit"),
        ({"task": "genrate"}, "unknown task 'genrate'; did you mean 'generate'"),
        ({"task": ["generate"]}, "unknown task"),
        ([1], "the body must be an object"),
        (
            {"task": "train", "folder": "x", "name": "x", "preset": "huge"},
            'preset = "huge" .* choose one of tiny, small',
        ),
        ({"task": "generate", "n": 17}, "n = 17"),
        ({"task": "generate", "chosen": {"stepps": 3}}, "stepps"),
        ({"task": "generate", "model": "../x"}, "model"),
        ({"task": "edit", "inputs": {"picture": "/etc/passwd"}, "way": {"kind": "upscale"}}, "picture"),
        ({"task": "edit", "inputs": {"picture": ID}, "way": {"kind": "run"}}, "way"),
        ({"task": "explain", "what": "forward"}, "forward needs a picture"),
        ({"task": "explain", "what": "reverse", "picture": ID, "request": {"prompt": "x"}}, "reverse takes none"),
        ({"task": "explain", "what": "reverse"}, "reverse needs at least a prompt"),
        ({"task": "train", "folder": "x", "name": "../x"}, "name"),
        ({"task": "train", "folder": "x", "name": "x", "set": ["data.source=/etc"]}, "cannot be set here"),
        ({"task": "train", "folder": "x", "name": "x", "set": ["data = {}"]}, "cannot be set here"),
    ],
)
def test_errors_name_what_is_wrong(fields, says):
    with pytest.raises(UsageError, match=says):
        parse_ask(fields)


def test_the_schema_names_every_kind():
    schema = ASKS.json_schema()
    assert set(schema["discriminator"]["mapping"]) == set(KINDS)
    fields = schema["$defs"]["GenerateAsk"]["properties"]
    assert set(fields) == set(GenerateAsk.model_fields)
    assert fields["n"] == {"default": 1, "maximum": 16, "minimum": 1, "title": "N", "type": "integer"}
