"""What the library says of options of the command, each interface says of its own fields."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.doors import Doors
from tests.support.saved import save_tiny

import unfog.jobs
from unfog.server.a1111_route import TONGUE as A1111
from unfog.server.openai_route import TONGUE as OPENAI
from unfog.server.tongue import NATIVE

HEARD = ("settings", "edit_settings", "mend_checks", "edit_work", "asked", "morph")
"""Modules of ``jobs/`` whose messages answer a request."""


@pytest.mark.parametrize(
    ("text", "native", "openai", "a1111"),
    [
        ("use --guidance 1 and no --sag", "use chosen.guidance = 1 and no chosen.sag",
         "use unfog.guidance = 1 and no unfog.sag", "use cfg_scale = 1 and no --sag"),
        ("leave -n and --negative out", "leave n and negative out", "leave n and unfog.negative out",
         "leave batch_size and negative_prompt out"),
        ("a picture (--style FILE), or --times rf", "a picture (inputs.style), or chosen.grid rf",
         "a picture (--style FILE), or unfog.grid rf", "a picture (--style FILE), or scheduler rf"),
        ("a mask is for `unfog inpaint`", "a mask is for way.kind = inpaint",
         "a mask is for unfog.way.kind = inpaint", "a mask is for `unfog inpaint`"),
        ("--left, --top", "way.margins, way.margins", "unfog.way.margins, unfog.way.margins", "--left, --top"),
        ("unknown sampler '--steps'; at -1", "unknown sampler '--steps'; at -1", "unknown sampler '--steps'; at -1",
         "unknown sampler '--steps'; at -1"),
        ("--host-name is for its owner", *["--host-name is for its owner"] * 3),
    ],
)  # fmt: skip
def test_each_interface_has_its_own_words(text, native, openai, a1111):
    assert [tongue.says(text) for tongue in (NATIVE, OPENAI, A1111)] == [native, openai, a1111]


@pytest.mark.parametrize("module", HEARD)
def test_every_option_that_an_answer_may_name_is_a_field(module):
    text = (Path(unfog.jobs.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
    options = set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", text))
    assert {option for option in options if NATIVE.field(option) is None} == set()


def test_answers_speak_so(tmp_path):
    doors = Doors(tmp_path / "data", (str(save_tiny(tmp_path / "tiny")),))
    fields = {"prompt": "x", "negative": "y", "chosen": {"guidance": 1}}
    native = doors("POST", "/api/v1/jobs", json={"task": "generate"} | fields)
    openai = doors("POST", "/v1/images/generations", json={"prompt": "x", "unfog": {"negative": "y", "guidance": 1}})
    a1111 = doors("POST", "/sdapi/v1/txt2img", json={"prompt": "x", "negative_prompt": "y", "cfg_scale": 1})
    doors.close()
    said = [native.json()["error"]["message"], openai.json()["error"]["message"], a1111.json()["detail"]]
    for message, wanted in zip(
        said,
        ("chosen.guidance or leave negative out", "unfog.guidance or leave unfog.negative out",
         "cfg_scale or leave negative_prompt out"),
        strict=True,
    ):  # fmt: skip
        assert message.endswith(wanted)
