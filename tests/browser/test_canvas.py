"""Canvas: what is painted over changes, and nothing else."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import encoded, pattern

pytestmark = pytest.mark.slow


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.fixture
def canvas(open_page):
    page = open_page("/#canvas")
    picture = encoded(pattern(120, 96), "PNG")
    page.locator(".opener input").set_input_files({"name": "p.png", "mimeType": "image/png", "buffer": picture})
    page.get_by_role("application").wait_for()
    page.get_by_text("120 × 96").wait_for()
    return page, picture


def paint(page, *, to=(60, 20)):
    box = page.get_by_role("application").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + to[0], y + to[1], steps=6)
    page.mouse.up()


def test_inpainting_leaves_every_byte_outside_the_mask(canvas, served):
    page, picture = canvas
    paint(page)
    page.locator("#edit-prompt").fill("a red circle")
    page.get_by_role("button", name="Inpaint").last.click()
    page.get_by_role("button", name="Keep this").wait_for()
    job = served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]
    mask = pixels(served.http.get(f"/api/v1/files/{job['ask']['inputs']['mask']}").content)[..., 0]
    before, after = pixels(picture), pixels(served.file(job["pictures"][0]))
    assert 100 < np.count_nonzero(mask) < mask.size / 2
    assert (after[mask == 0] == before[mask == 0]).all()
    assert (after[mask > 0] != before[mask > 0]).any()
    page.get_by_role("button", name="Difference").click()
    page.get_by_text("The largest difference is").wait_for()
    page.keyboard.press("Escape")  # not kept: the picture is as it was
    page.get_by_role("application").wait_for()


def test_fifty_strokes_are_undone_and_done_again(canvas):
    page, _ = canvas
    page.get_by_text("More of the mask").click()

    def fill(number):
        page.get_by_label("x", exact=True).fill(str(2 * number))
        page.get_by_label("width", exact=True).fill("2")
        page.get_by_role("button", name="Paint it").click()

    for number in range(50):
        fill(number)
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    for _ in range(50):
        assert undo.is_enabled()
        undo.click()
    assert undo.is_disabled()
    assert page.get_by_role("button", name="Clear the mask").is_disabled()  # nothing is painted
    for _ in range(50):
        redo.click()
    assert redo.is_disabled()
    assert page.get_by_role("button", name="Clear the mask").is_enabled()


def test_outpainting_adds_around_and_keeping_it_can_be_undone(canvas, served):
    page, picture = canvas
    page.get_by_role("button", name="Outpaint").first.click()
    page.get_by_label("Left, as a number").fill("24")
    page.get_by_label("Left, as a number").press("Tab")
    page.get_by_role("button", name="Outpaint").last.click()
    page.get_by_role("button", name="Keep this").click()
    page.get_by_text("144 × 96").wait_for()
    job = served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]
    assert (pixels(served.file(job["pictures"][0]))[:, 24:] == pixels(picture)).all()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("120 × 96").wait_for()


def test_what_is_larger_is_compared_in_one_frame_and_what_has_more_around_side_by_side(canvas):
    page, _ = canvas
    page.get_by_role("button", name="Upscale").first.click()
    page.get_by_role("button", name="Upscale").last.click()
    page.get_by_role("button", name="Keep this").wait_for()
    page.get_by_role("button", name="Slider", pressed=True).wait_for()
    frames = page.locator(".over img")
    assert frames.nth(0).bounding_box() == frames.nth(1).bounding_box()
    assert page.locator(".over").bounding_box()["width"] >= 400
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Outpaint").first.click()
    page.get_by_label("Left, as a number").fill("24")
    page.get_by_label("Left, as a number").press("Tab")
    page.get_by_role("button", name="Outpaint").last.click()
    page.get_by_text("more around it").wait_for()
    assert page.get_by_role("button", name="Slider").is_disabled()
    page.get_by_role("button", name="Side by side", pressed=True).wait_for()


def test_what_has_more_around_is_known_by_what_was_asked_for(canvas):
    page, _ = canvas
    page.get_by_role("button", name="Outpaint").first.click()
    page.get_by_label("Left, as a number").fill("24")
    page.get_by_label("Left, as a number").press("Tab")
    with page.expect_response(lambda answer: answer.url.endswith("/api/v1/jobs") and answer.request.method == "POST"):
        page.get_by_role("button", name="Outpaint").last.click()
    page.get_by_role("button", name="Vary").first.click()
    page.get_by_text("more around it").wait_for()
    page.get_by_role("button", name="Side by side", pressed=True).wait_for()


def test_what_no_edit_accepts_is_not_opened(open_page):
    page = open_page("/#canvas")
    moving = {"name": "p.gif", "mimeType": "image/gif", "buffer": encoded(pattern(24, 16), "GIF")}
    page.locator(".opener input").set_input_files(moving)
    page.get_by_role("alert").get_by_text("Only PNG, JPEG and WebP").wait_for()
    assert page.locator(".opener").is_visible()


def test_all_of_what_is_added_around_is_shown(canvas):
    page, _ = canvas
    page.get_by_role("button", name="Outpaint").first.click()
    page.get_by_role("button", name="All around").click()
    page.locator(".outer").wait_for()
    inner, outer = page.get_by_role("application").bounding_box(), page.locator(".outer").bounding_box()
    assert inner["x"] <= outer["x"]
    assert outer["x"] + outer["width"] <= inner["x"] + inner["width"]
    assert inner["y"] <= outer["y"]
    assert outer["y"] + outer["height"] <= inner["y"] + inner["height"]


def test_a_picture_that_is_too_large_or_none_is_told_so(open_page, watch):
    page = open_page("/#canvas")
    watch.allowed.append("400")
    large = encoded(Image.new("L", (9000, 9000)), "PNG")
    for data, said in ((large, "81000000 pixels; at most"), (b"hello", "PNG, JPEG")):
        page.locator(".opener input").set_input_files({"name": "p.png", "mimeType": "image/png", "buffer": data})
        page.get_by_role("alert").get_by_text(said).wait_for()
        page.get_by_role("button", name="Close this message").click()


def test_the_time_that_remains_is_said(canvas, served):
    page, _ = canvas
    page.get_by_role("button", name="Vary").first.click()
    page.get_by_text("Seed and number").click()
    page.get_by_label("Variants").fill("16")
    page.get_by_role("button", name="Vary").last.click()
    page.locator("[data-status]").get_by_text("left").wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()


@pytest.mark.parametrize(("way", "kind"), [("Vary", "img2img"), ("Upscale", "upscale"), ("Denoise", "denoise")])
def test_other_ways_end_in_a_picture(canvas, served, way, kind):
    page, _ = canvas
    page.get_by_role("button", name=way).first.click()
    page.get_by_role("button", name=way).last.click()
    page.locator(".result, [data-status].bad").first.wait_for()
    job = served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]
    assert job["ask"]["way"]["kind"] == kind
    assert job["state"] == "done", job["error"]
