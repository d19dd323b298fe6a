"""Gallery: search, full screen, compare, throw away and bring back, take away as files."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.browser.helping import apart, loaded

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


def test_in_the_viewer_the_trash_gives_back_by_click_and_by_key(gallery, served, made):
    gallery.get_by_role("button", name="Open: a orange star").first.click()
    dialog = gallery.get_by_role("dialog")
    dialog.get_by_text("a orange star").wait_for()
    for back in (
        lambda: gallery.get_by_role("button", name="Undo").click(),
        lambda: gallery.keyboard.press("Control+z"),
    ):
        with gallery.expect_response(changes(made[2])):
            gallery.keyboard.press("Delete")
        dialog.get_by_text("a black star").wait_for()
        gallery.get_by_text("Picture moved to the trash.").wait_for()
        with gallery.expect_response(changes(made[2])):
            back()
        gallery.get_by_text("Picture moved to the trash.").wait_for(state="detached")
        assert served.http.get(f"/api/v1/pictures/{made[2]}").json()["trashed"] is None
        gallery.keyboard.press("ArrowLeft")
        dialog.get_by_text("a orange star").wait_for()
    with gallery.expect_response(changes(made[2])):
        gallery.keyboard.press("Delete")
    gallery.keyboard.press("Escape")  # what is said stays, on the page now
    dialog.wait_for(state="detached")
    with gallery.expect_response(changes(made[2])):
        gallery.get_by_role("button", name="Undo").click()


def test_pictures_of_different_sizes_are_compared_in_one_frame(open_page, served):
    served.make(prompt="a large star", seed=1, size=[512, 512], native=False, chosen={"steps": 2})
    served.make(prompt="a small star", seed=2, size=[64, 64], native=False, chosen={"steps": 2})
    served.make(prompt="a wide star", seed=3, size=[64, 48], native=False, chosen={"steps": 2})
    page = open_page("/#gallery")
    page.get_by_role("button", name="Choose", exact=True).click()
    for one in ("large", "small"):
        page.get_by_role("button", name=f"Choose: a {one} star").first.click()
    page.get_by_role("button", name="Compare").click()
    page.locator(".over img").nth(1).wait_for()
    loaded(page.locator(".over img"))
    page.get_by_role("button", name="Slider", pressed=True).wait_for()
    assert page.locator(".over img").nth(0).bounding_box() == page.locator(".over img").nth(1).bounding_box()
    assert page.locator(".over").bounding_box()["width"] >= 500
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose: a small star").first.click()
    page.get_by_role("button", name="Choose: a wide star").first.click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("of different shape").wait_for()
    assert page.get_by_role("button", name="Slider").is_disabled()
    assert page.get_by_role("button", name="Side by side", pressed=True).is_enabled()


def test_on_a_phone_comparing_covers_nothing(open_page, made):
    page = open_page("/#gallery", viewport={"width": 360, "height": 740})
    page.get_by_role("button", name="Choose", exact=True).click()
    for colour in ("pink", "orange"):
        page.get_by_role("button", name=f"Choose: a {colour} star").first.click()
    page.get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog", name="Compare")
    ways, below = dialog.locator(".ways"), dialog.locator("aside")
    for name, shown in (
        ("Slider", ".over"),
        ("Side by side", ".beside"),
        ("Difference", ".differs"),
        ("Slider", ".over"),
    ):
        dialog.get_by_role("button", name=name).click()
        picture = dialog.locator(shown)
        picture.wait_for()
        loaded(dialog.locator("img"))
        if name == "Difference":
            dialog.get_by_text("The largest difference is").wait_for()
        assert picture.bounding_box()["width"] >= 300
        assert apart(ways, picture)
        assert apart(ways, below)
        assert apart(picture, below)


def test_what_is_undone_by_key_is_undone_in_other_dialogs_too(gallery, served, made):
    gallery.get_by_role("button", name="Open: a orange star").first.click()
    dialog = gallery.get_by_role("dialog")
    dialog.get_by_text("a orange star").wait_for()
    with gallery.expect_response(changes(made[2])):
        gallery.keyboard.press("Delete")
    gallery.get_by_text("Picture moved to the trash.").wait_for()
    gallery.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    gallery.keyboard.press("?")
    gallery.get_by_role("dialog", name="Keys").wait_for()
    with gallery.expect_response(changes(made[2])):
        gallery.keyboard.press("Control+z")
    assert served.http.get(f"/api/v1/pictures/{made[2]}").json()["trashed"] is None


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


def test_what_is_undone_in_the_trash_leaves_it(gallery, served):
    for seed in (1, 2):
        served.make(prompt="a grey star", seed=seed, native=True, chosen={"steps": 2})
    gallery.get_by_label("Search in prompts").fill("grey star")
    gallery.get_by_role("button", name="Choose", exact=True).click()
    grey = gallery.get_by_role("button", name="Choose: a grey star")
    grey.nth(1).wait_for()
    for k in (0, 1):
        grey.nth(k).click()
    gallery.get_by_role("button", name="Delete").click()
    gallery.get_by_text("2 pictures moved to the trash.").wait_for()
    gallery.get_by_role("button", name="Trash", exact=True).click()
    trash = gallery.get_by_role("list", name="Pictures in the trash")
    trash.get_by_role("listitem").nth(1).wait_for()
    with gallery.expect_response(lambda answer: "trash=true" in answer.url):
        gallery.get_by_role("button", name="Undo").click()
    trash.wait_for(state="detached")
    gallery.get_by_role("button", name="All", exact=True).first.click()
    gallery.get_by_role("button", name="Open: a grey star").nth(1).wait_for()


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_what_is_said_does_not_cover_the_bar_of_the_chosen(open_page, made, watch, width):
    page = open_page("/#gallery", viewport={"width": width, "height": 740})
    watch.allowed.append("503")
    wrong = {"error": {"code": "busy", "message": "not now, as there is no room left for it", "retryable": True}}
    page.route("**/archive", lambda route: route.fulfill(status=503, json=wrong))
    page.get_by_role("button", name="Choose", exact=True).click()
    page.get_by_role("button", name="Choose: a pink star").first.click()
    page.get_by_role("button", name="ZIP").click()
    notice, bar = page.locator(".notice.error"), page.get_by_role("toolbar", name="Chosen pictures")
    notice.wait_for()
    assert apart(notice, bar)
    page.get_by_role("button", name="ZIP").click()  # it gets the click
    page.get_by_role("button", name="Done", exact=True).click()
    below = page.viewport_size["height"] - notice.bounding_box()["y"] - notice.bounding_box()["height"]
    assert below == (76 if width <= 860 else 20)


def test_the_recipe_is_used_again(gallery):
    gallery.get_by_role("button", name="Open: a pink star").first.click()
    gallery.keyboard.press("r")  # all but the seed
    gallery.locator("#prompt").wait_for()
    assert gallery.locator("#prompt").input_value() == "a pink star"
    gallery.get_by_text("Settings", exact=True).click()
    assert gallery.get_by_label("Seed", exact=True).input_value() == ""
    assert gallery.get_by_label("Steps, as a number").input_value() == "3"
