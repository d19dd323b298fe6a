"""Explain: into the fog and out of it."""

from __future__ import annotations

import pytest

from tests.support.pictures import encoded, pattern

pytestmark = pytest.mark.slow


def test_the_slider_turns_a_picture_into_noise(open_page):
    page = open_page("/#explain")
    picture = {"name": "p.png", "mimeType": "image/png", "buffer": encoded(pattern(64, 48), "PNG")}
    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_label("t = ", exact=False).first.wait_for()
    board, slider = page.locator("canvas"), page.locator("#fog-t")
    read = "board => [...board.getContext('2d').getImageData(0, 0, board.width, board.height).data]"
    slider.fill("0")
    page.get_by_text("clear", exact=False).first.wait_for()
    clear = board.evaluate(read)
    slider.fill("1")
    page.get_by_text("nothing but noise").first.wait_for()
    noise = board.evaluate(read)
    assert len(clear) == len(noise)
    mean = sum(abs(a - b) for a, b in zip(clear, noise, strict=True)) / len(clear)
    assert mean > 40
    page.get_by_role("button", name="flow").click()
    page.get_by_text("a straight line").wait_for()
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/jobs" in answer.url) as asked:
        page.get_by_role("button", name="Every step, measured").click()
    assert asked.value.json()["ask"]["request"]["schedule"] == "flow"
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading").first.wait_for()
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"


def test_the_way_out_of_noise_is_a_page(open_page):
    page = open_page("/#explain")
    page.get_by_role("button", name="Out of the fog").click()
    page.get_by_label("Prompt", exact=True).fill("a red circle")
    page.get_by_role("button", name="Show the way").click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("heading").first.wait_for()
    page.reload()
    page.frame_locator("iframe").get_by_role("heading").first.wait_for()
