"""T32: while somebody draws and looks around, no address and no Referer holds what was asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from tests.browser.helping import finished

pytestmark = pytest.mark.slow
PROMPT = "two green stars above a red circle"


def test_no_address_holds_what_was_asked_for(studio, served):
    seen = list[str]()

    def look(request: Any) -> None:
        seen.append(unquote(request.url) + " " + unquote(request.headers.get("referer", "")))

    studio.on("request", look)
    studio.locator("#prompt").fill(PROMPT)
    studio.keyboard.press("Control+Enter")
    finished(studio)
    for key in "23451":
        studio.locator("body").click(position={"x": 2, "y": 2})
        studio.keyboard.press(key)
        studio.wait_for_timeout(300)
    assert len(seen) > 3
    assert [place for place in seen if "stars" in place.lower() or "seed" in place.lower()] == []
    assert "stars" not in unquote(studio.url)
