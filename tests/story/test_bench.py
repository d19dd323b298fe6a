"""``unfog bench samplers``: from the command to numbers and a picture."""

from __future__ import annotations

import json

import pytest
from PIL import Image

FEW = ("--problems", "ring", "--samplers", "euler,DPM++ 2M,euler_ancestral,trig_multistep", "--nfe", "4,8", "-n", "8")


@pytest.mark.slow
def test_numbers_table_and_picture(unfog, tmp_path):
    said = unfog("bench", "samplers", *FEW, "--grids", "karras,learned", "--json", "-o", tmp_path / "out").json
    rows = {(row["sampler"], row["grid"], row["budget"]): row for row in said["rows"]}
    assert len(rows) == 4 * 2 * 2
    assert rows["euler", "karras", 8]["error"] < 0.8 * rows["euler", "karras", 4]["error"]
    assert rows["euler_ancestral", "karras", 8]["error"] is None
    assert [key for key, row in rows.items() if row["default"]] == [("trig_multistep", "learned", k) for k in (4, 8)]
    assert said["floors"]["ring"]["n"] == 32
    assert said["orders"]["euler"]["measured"] == pytest.approx(1, abs=0.15)
    with Image.open(tmp_path / "out/samplers.png") as picture:
        assert picture.size[0] > 400
    written = json.loads((tmp_path / "out/samplers.json").read_text(encoding="utf-8"))
    assert written["rows"] == said["rows"]
    table = unfog("bench", "samplers", *FEW, "--grids", "karras,learned")
    assert table.code == 0
    starred = [line for line in table.out.splitlines() if line.strip().startswith("* ")]
    assert len(starred) == 3  # one per budget, and what the star means
    assert "exact samples" in table.out


def test_what_cannot_be_measured_is_refused_at_once(unfog, tmp_path):
    code, line = unfog.error("bench", "samplers", "--samplers", "unipcc")
    assert code == 2
    assert "did you mean 'unipc'" in line
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "is not a folder" in unfog.error("bench", "samplers", "-o", tmp_path / "file")[1]
    assert "plms" in unfog.error("bench", "samplers", "--samplers", "plms", "--nfe", "1", "--problems", "ring")[1]
