"""``unfog model`` and ``unfog doctor``: what is here, and whether it is as it should be."""

from __future__ import annotations

import json
import re

from tests.support.commands import PROMPT

from unfog.model.locate import inspect
from unfog.model.store import WEIGHTS
from unfog.util.errors import Exit


def test_the_list(unfog, home):
    found = {row["name"]: row for row in unfog("model", "list", "--json").json["models"]}
    assert found["tiny"]["sha256"] == inspect(home / "tiny").id
    assert (found["tiny"]["origin"], found["tiny"]["size"], found["tiny"]["default"]) == ("yours", 16, False)
    assert found["tiny"]["bytes"] == sum(p.stat().st_size for p in (home / "tiny").iterdir() if p.name != "unfog.json")
    lines = [line for line in unfog("model", "list").out.splitlines() if line.startswith(("tiny", "unet"))]
    assert lines[0].startswith("tiny: Untrained. [16 px, 0.")
    assert lines[0].endswith(f" MiB, yours, sha256 {found['tiny']['sha256'][:10]}]")
    assert len(lines) == 2


def test_the_default_is_marked(unfog, home):
    (home / "unet").rename(home / "scenes-32")
    assert re.search(r"^scenes-32 \(default\): Untrained", unfog("model", "list").out, re.MULTILINE)
    assert unfog("generate", PROMPT, "--native", "-o", home.parent, "--json").json["model"]["name"] == "unet"


def test_show(unfog, home):
    said = unfog("model", "show", "tiny")
    assert said.out.splitlines()[:4] == [str(home / "tiny"), f"sha256 {inspect(home / 'tiny').id}", "", "# tiny"]
    found = unfog("model", "show", home / "tiny", "--json").json
    assert found["manifest"]["model"]["picture"]["size"] == 16
    assert found["card"].startswith("# tiny\n\nNothing to look at.\n\n## What it can do, and what not\n")
    assert (found["abilities"]["side"], found["abilities"]["concepts"], found["notice"]) == (16, None, "")
    assert unfog.error("model", "show", "tinny")[0] == Exit.MODEL


def test_the_doctor(unfog, home):
    said = unfog("doctor")
    assert re.search(r"^ok    model tiny +yours, every file as its sha256 says$", said.out, re.MULTILINE)
    assert re.search(r"^ok    torch ", said.out, re.MULTILINE)
    (home / "tiny" / WEIGHTS).write_bytes(b"")
    said = unfog("doctor")
    assert said.code == Exit.USAGE
    assert re.search(r"^FAIL  model tiny +damaged: .*model\.safetensors has 0 bytes", said.out, re.MULTILINE)
    report = json.loads(unfog("doctor", "--json").out)
    assert report["healthy"] is False
    assert {check["state"] for check in report["checks"]} >= {"ok", "fail"}
