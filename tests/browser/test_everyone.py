"""For everyone: keyboard alone, a phone's width, a screen reader's names, right to left, dark and light."""

from __future__ import annotations

import pytest

from tests.browser.helping import PROMPT, finished
from tests.support.pictures import encoded, pattern

pytestmark = pytest.mark.slow
PAGES = ("create", "canvas", "gallery", "explain", "train")
SERIOUS = ("serious", "critical")
AXE = """
() => axe.run(document, { resultTypes: ["violations"] }).then((found) =>
  found.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => node.html).slice(0, 4) })))
"""


def test_everything_goes_with_the_keyboard_alone(studio, served):
    studio.keyboard.press("Tab")
    assert studio.evaluate("document.activeElement.textContent.trim()") == "To the content"
    for _ in range(20):
        if studio.evaluate("document.activeElement.id") == "prompt":
            break
        studio.keyboard.press("Tab")
    studio.keyboard.type(f"{PROMPT}? 3")  # neither opens the sheet nor another page
    assert studio.locator("#prompt").input_value() == f"{PROMPT}? 3"
    assert studio.locator("dialog[open]").count() == 0
    studio.keyboard.press("Control+Enter")
    finished(studio)
    studio.locator("#prompt").press("End")
    studio.keyboard.press("Backspace")
    studio.keyboard.press("Backspace")
    studio.keyboard.press("Backspace")
    studio.keyboard.press("Control+ArrowUp")
    assert studio.locator("#prompt").input_value() == "two green stars above a red (circle:1.1)"
    studio.keyboard.press("Tab")
    studio.keyboard.press("?")
    studio.get_by_role("dialog", name="Keys").wait_for()
    studio.keyboard.press("Escape")
    studio.keyboard.press("3")
    opener = studio.get_by_role("button", name="Open:").first
    opener.focus()
    studio.keyboard.press("Enter")
    studio.get_by_role("dialog").wait_for()
    studio.keyboard.press("p")  # use its prompt
    studio.locator("#prompt").wait_for()
    assert studio.locator("#prompt").input_value() == f"{PROMPT}? 3"
    focus = "getComputedStyle(document.activeElement).outlineStyle"
    studio.keyboard.press("Tab")
    assert studio.evaluate(focus) == "solid"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_is_wider_than_a_phone(open_page, served, name, direction):
    served.make(prompt="a red circle", native=True, chosen={"steps": 2})
    page = open_page(f"/#{name}", viewport={"width": 320, "height": 640})
    page.evaluate("direction => { document.documentElement.dir = direction; }", direction)
    if name == "canvas":
        picture = {"name": "p.png", "mimeType": "image/png", "buffer": encoded(pattern(64, 48), "PNG")}
        page.locator(".opener input").set_input_files(picture)
        page.get_by_role("application").wait_for()
    for summary in page.locator("main summary").all():
        summary.click()
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    wide = "nodes => nodes.filter((node) => node.getBoundingClientRect().right > 321 && !node.closest('.strip')).length"
    assert page.locator("main button, main input, main select, main textarea").evaluate_all(wide) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_violation(open_page, served, node_modules, name, scheme):
    served.make(prompt="a red circle", native=True, chosen={"steps": 2})
    page = open_page(f"/#{name}", color_scheme=scheme, bypass_csp=True)
    for summary in page.locator("main summary").all():
        summary.click()
    page.wait_for_timeout(600)
    page.add_script_tag(path=str(node_modules / "axe-core/axe.min.js"))
    found = [one for one in page.evaluate(AXE) if one["impact"] in SERIOUS]
    assert found == []
    if name == "create":
        page.keyboard.press("?")
        page.get_by_role("dialog", name="Keys").wait_for()
        assert [one for one in page.evaluate(AXE) if one["impact"] in SERIOUS] == []
    if name == "gallery":
        page.get_by_role("button", name="Open:").first.click()
        page.get_by_role("dialog").wait_for()
        assert [one for one in page.evaluate(AXE) if one["impact"] in SERIOUS] == []


def test_the_colours_can_be_chosen_and_stay(studio):
    paper = "getComputedStyle(document.body).backgroundColor"
    light = studio.evaluate(paper)
    studio.get_by_role("button", name="Colours").click()
    dark = studio.evaluate(paper)
    assert dark != light
    studio.reload()
    studio.locator("nav").wait_for()
    assert studio.evaluate(paper) == dark
