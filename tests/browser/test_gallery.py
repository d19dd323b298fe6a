"""Gallery: search, full screen, compare, throw away and bring back, take away as files."""

from __future__ import annotations

import io
import zipfile

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(served):
    """Three pictures, the newest last."""
    return [served.make(prompt=f"a {colour} star", seed=seed, native=True, chosen={"steps": 3})["pictures"][0]
            for seed, colour in enumerate(("pink", "black", "orange"))]  # fmt: skip


@pytest.fixture
def gallery(open_page, made):
    page = open_page("/#gallery", accept_downloads=True)
    page.get_by_role("button", name="Open: a orange star").first.wait_for()
    return page


def changes(picture):
    """Whether an answer is that to a change of this picture."""
    return lambda answer: picture in answer.url and answer.request.method != "GET"


def test_searching_finds_words_of_the_prompt(gallery):
    gallery.get_by_label("Search in prompts").fill("pink star")
    gallery.get_by_role("button", name="Open: a orange star").wait_for(state="detached")
    assert gallery.get_by_role("button", name="Open: a pink star").count() == 1
    gallery.get_by_label("Search in prompts").fill("no such thing")
    gallery.get_by_text("Nothing was made with").wait_for()


def test_the_viewer_walks_stars_deletes_and_takes_back(gallery, served, made):
    gallery.get_by_role("button", name="Open: a orange star").first.click()
    dialog = gallery.get_by_role("dialog")
    dialog.get_by_text("a orange star").wait_for()
    gallery.keyboard.press("ArrowRight")
    dialog.get_by_text("a black star").wait_for()
    with gallery.expect_response(changes(made[1])):  # shown at once, told to the server meanwhile
        gallery.keyboard.press(".")
    dialog.get_by_role("button", name="Star", pressed=True).wait_for()
    assert served.http.get(f"/api/v1/pictures/{made[1]}").json()["starred"] is True
    gallery.keyboard.press("Delete")
    dialog.get_by_text("a pink star").wait_for()
    gallery.keyboard.press("Escape")
    with gallery.expect_response(changes(made[1])):
        gallery.get_by_role("button", name="Undo").click()
    gallery.get_by_role("button", name="Open: a black star").first.wait_for()
    assert served.http.get(f"/api/v1/pictures/{made[1]}").json()["trashed"] is None


def test_without_its_recipe_the_picture_has_the_whole_width(gallery):
    gallery.get_by_role("button", name="Open: a orange star").first.click()
    dialog = gallery.get_by_role("dialog")
    dialog.get_by_text("a orange star").wait_for()
    wide = "node => node.getBoundingClientRect().width"
    beside, room = dialog.locator(".show").evaluate(wide), dialog.locator(".viewer").evaluate(wide)
    assert beside < room - 340
    gallery.keyboard.press("i")
    dialog.get_by_role("button", name="Recipe", expanded=False).wait_for()
    assert dialog.locator(".show").evaluate(wide) == room
    low = "node => node.getBoundingClientRect().bottom"
    assert dialog.locator(".show > img").evaluate(low) <= dialog.locator("aside").evaluate(
        "n => n.getBoundingClientRect().top"
    )
    assert dialog.locator("aside .row").evaluate(low) <= gallery.viewport_size["height"]
    gallery.keyboard.press("i")
    dialog.get_by_text("a orange star").wait_for()
    assert dialog.locator(".show").evaluate(wide) == beside


def test_two_are_compared_and_all_are_taken_as_zip(gallery, made):
    gallery.get_by_role("button", name="Choose", exact=True).click()
    for colour in ("pink", "orange"):
        gallery.get_by_role("button", name=f"Choose: a {colour} star").first.click()
    with gallery.expect_download() as waiting:
        gallery.get_by_role("button", name="ZIP").click()
    names = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())).namelist()
    assert sum(name.endswith(".png") for name in names) == 2
    gallery.get_by_role("button", name="Compare").click()
    dialog = gallery.get_by_role("dialog", name="Compare")
    dialog.get_by_role("slider").wait_for()
    gallery.keyboard.press("m")
    gallery.keyboard.press("m")
    dialog.get_by_text("The largest difference is").wait_for()


def test_the_recipe_is_used_again(gallery):
    gallery.get_by_role("button", name="Open: a pink star").first.click()
    gallery.keyboard.press("r")  # all but the seed
    gallery.locator("#prompt").wait_for()
    assert gallery.locator("#prompt").input_value() == "a pink star"
    gallery.get_by_text("Settings", exact=True).click()
    assert gallery.get_by_label("Seed", exact=True).input_value() == ""
    assert gallery.get_by_label("Steps, as a number").input_value() == "3"
