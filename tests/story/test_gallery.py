"""tools/make_gallery.py: the prompts that are fixed, and a page that needs nothing but itself."""

from __future__ import annotations

import base64
import importlib.util
import io
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

import unfog as package


@pytest.fixture
def tool(repo: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_gallery", repo / "tools/make_gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_two_hundred_prompts_and_the_turtle_first(tool):
    asked = tool.read_prompts(tool.PROMPTS.read_text(encoding="utf-8"))
    assert len({one.prompt for one in asked}) == len(asked) == 200
    assert (asked[0].prompt, asked[0].n) == ("a turtle wearing sunglasses playing basketball", 16)
    assert {one.n for one in asked[1:]} == {1}
    assert all(one.part for one in asked)


@pytest.mark.slow
def test_the_page_holds_every_picture_and_reaches_for_nothing(tool, home):
    model = package.load("tiny")
    wanted = [tool.Asked("A", "a <b> & c", 2), tool.Asked("B", "a red circle " * 9, 1)]
    drawn = list(tool.draw(model, wanted))
    assert [len(one.images) for one in drawn] == [2, 1]
    assert drawn[1].notes[0].startswith("the prompt is longer than this model reads")
    images = [image for one in drawn for image in one.images]
    sheet = tool.sheet_of(images)
    text = tool.page(model, drawn, sheet)
    assert text.count("<figure>") == 3
    assert "a &lt;b&gt; &amp; c" in text
    assert "<b>" not in text
    (data,) = re.findall(r"url\(data:image/webp;base64,([^)]+)\)", text)
    with Image.open(io.BytesIO(base64.b64decode(data))) as stored:
        assert stored.size == sheet.size == (15 * 128, 128)
    assert not re.search(r"https?:|src=|<script|<link", text)
    for k, image in enumerate(images):
        assert sheet.crop((128 * k, 0, 128 * k + 128, 128)).tobytes() == image.tobytes()
