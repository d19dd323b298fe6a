"""Create: from a sentence to a picture, with everything that lies between."""

from __future__ import annotations

import time

import pytest

from tests.browser.helping import PROMPT, ask, drop, finished, slow
from tests.support.serving import wait_for

pytestmark = pytest.mark.slow


def test_typing_a_prompt_shows_a_preview_within_a_second_and_then_the_picture(studio, served):
    ask(studio)
    begin = time.monotonic()
    studio.locator("img.look").wait_for(timeout=10_000)
    assert time.monotonic() - begin < 1.0
    finished(studio)
    job = served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]
    assert (job["state"], job["ask"]["prompt"], len(job["pictures"])) == ("done", PROMPT, 1)
    assert studio.locator(".tile img").get_attribute("src") == f"/api/v1/pictures/{job['pictures'][0]}/file"
    assert studio.locator(".tile img").evaluate("image => image.naturalWidth") == 512


def test_words_that_were_never_shown_are_named_without_commas(studio):
    studio.locator("#prompt").fill("an accordion, a red circle, two ladders")
    studio.get_by_text("never seen: accordion, ladders", exact=True).wait_for()


def test_a_reload_in_the_middle_loses_nothing(studio, served):
    ask(studio, "a red circle")
    finished(studio)
    done = served.http.get("/api/v1/pictures?limit=1").json()["pictures"][0]
    slow(studio)
    ask(studio)
    studio.get_by_text("Step", exact=False).first.wait_for()
    studio.reload()
    studio.locator("[data-status]").wait_for()
    assert studio.locator("#prompt").input_value() == PROMPT
    assert studio.locator(f".strip img[src*='{done['id']}']").count() == 1
    finished(studio)
    job = served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]
    assert studio.locator(".tile img").get_attribute("src") == f"/api/v1/pictures/{job['pictures'][0]}/file"


def test_stopping_ends_the_job_and_says_so(studio, served):
    slow(studio, 200)
    ask(studio)
    studio.locator("img.look").wait_for()
    studio.get_by_role("button", name="Stop", exact=True).click()
    studio.get_by_text("Stopped.", exact=False).first.wait_for()
    assert served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]["state"] == "cancelled"
    assert studio.locator("img.look").count() == 1  # the last look stays


def test_an_answer_that_comes_after_the_end_undoes_nothing(studio, served):
    slow(studio, 200)
    ask(studio)
    studio.locator("img.look").wait_for()

    def late(route):
        if route.request.method != "DELETE":
            return route.continue_()
        answer = route.fetch()
        assert answer.json()["state"] == "running"
        wait_for(lambda: served.job(answer.json()["id"])["state"] == "cancelled")
        return route.fulfill(response=answer)

    studio.route("**/api/v1/jobs/*", late)
    with studio.expect_response(lambda answer: answer.request.method == "DELETE"):
        studio.get_by_role("button", name="Stop", exact=True).click()
    studio.get_by_text("Stopped.", exact=False).first.wait_for()
    studio.wait_for_timeout(500)
    assert studio.get_by_role("button", name="Stop", exact=True).count() == 0


def test_in_one_piece_is_offered_where_things_can_be_painted_one_by_one(studio, served):
    choice = studio.get_by_label("In one piece")
    models = studio.locator("#model")
    studio.get_by_text("Settings", exact=True).click()
    models.select_option("scenes-32")
    assert choice.count() == 0
    models.select_option("emoji-64")
    assert not choice.is_checked()
    choice.check()
    studio.reload()
    choice.wait_for(state="attached")
    assert choice.is_checked()
    slow(studio)
    for whole in (True, False):
        choice.set_checked(whole)
        ask(studio, "a cat and a dog")
        studio.get_by_text("Step", exact=False).first.wait_for()
        studio.get_by_role("button", name="Stop", exact=True).click()
        studio.get_by_text("Stopped.", exact=False).first.wait_for()
        asked = served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]["ask"]
        assert (asked["model"], asked["whole"]) == ("emoji-64", whole)
    choice.check()
    studio.get_by_role("button", name="All as recommended").click()
    assert not choice.is_checked()


def test_a_dropped_file_gives_back_how_it_was_made(studio, served):
    picture = served.make(prompt="a big blue heart", seed="18446744073709551615", native=True, chosen={"steps": 5})
    drop(studio, served.file(picture["pictures"][0]))
    dialog = studio.get_by_role("dialog", name="How this picture was made")
    dialog.get_by_text("a big blue heart").wait_for()
    dialog.get_by_label("Prompt").uncheck()
    dialog.get_by_role("button", name="Use what is ticked").click()
    studio.get_by_text("Settings", exact=True).click()
    assert studio.locator("#prompt").input_value() == ""
    assert studio.get_by_label("Seed", exact=True).input_value() == "18446744073709551615"
    assert studio.get_by_label("Steps, as a number").input_value() == "5"
    drop(studio, served.file(picture["pictures"][0]))
    dialog.get_by_role("button", name="Use everything").click()
    assert studio.locator("#prompt").input_value() == "a big blue heart"


def test_words_that_the_model_was_never_shown_are_named(studio):
    studio.locator("#prompt").fill("a red carburetor")
    studio.get_by_text("never seen: carburetor").wait_for()
    studio.locator("#prompt").fill("circle " * 60)
    studio.get_by_text("the end is not read").wait_for()


def test_a_plot_makes_every_combination(studio, served):
    studio.locator("#prompt").fill("a red circle")
    studio.get_by_text("Compare settings", exact=False).click()
    studio.get_by_label("Values of seed").fill("3-4")
    studio.get_by_label("Values of guidance").fill("1, 4")
    studio.get_by_text("4 pictures").wait_for()
    studio.get_by_role("button", name="Make the plot").click()
    studio.get_by_text("4 of 4 pictures").wait_for()
    made = served.http.get("/api/v1/pictures?limit=4").json()["pictures"]
    cells = {(picture["seed"], picture["recipe"]["sample"]["guidance"]) for picture in made}
    assert cells == {(3, 1.0), (3, 4.0), (4, 1.0), (4, 4.0)}
    studio.get_by_role("button", name="Open: seed 4 guidance 1").click()
    studio.get_by_role("dialog").get_by_text("Use again").wait_for()


@pytest.mark.parametrize(
    "payload", ["<img src=x onerror=alert(1)>", "{@html 1}<script>alert(1)</script>", "'\"><svg onload=alert(1)>"]
)
def test_what_strangers_write_is_text(studio, served, payload):
    studio.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    served.make(prompt=payload, native=True, chosen={"steps": 2})
    studio.goto(served.url + "/#gallery")
    studio.get_by_role("button", name=payload).first.click()
    studio.get_by_role("dialog").get_by_text(payload).first.wait_for()
    assert studio.locator("img[onerror], svg[onload], dialog script").count() == 0


def test_many_jobs_at_once_leave_the_page_alive(studio, served):
    """A browser has six connections to a server; more event streams than that would block every other request."""
    studio.get_by_text("Settings", exact=True).click()
    studio.get_by_label("As painted", exact=False).check()
    before = studio.locator(".strip img").count()
    for _ in range(9):
        ask(studio, "a red circle")
    studio.locator("#prompt").fill("a red carburetor")
    studio.get_by_text("never seen: carburetor").wait_for(timeout=30_000)  # another request is answered meanwhile
    studio.locator(".strip img").nth(before + 8).wait_for()
    jobs = served.http.get("/api/v1/jobs?limit=9").json()["jobs"]
    assert {job["state"] for job in jobs} == {"done"}
