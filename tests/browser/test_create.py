"""Create: from a sentence to a picture, with everything that lies between."""

from __future__ import annotations

import time

import pytest

from tests.browser.helping import PROMPT, ask, drop, finished, slow
from tests.support.serving import wait_for

pytestmark = pytest.mark.slow


def test_typing_a_prompt_shows_a_preview_within_a_second_and_then_the_picture(studio, served):
    slow(studio, 200)  # seconds, so that the preview is caught on any machine
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
    slow(studio, 250)
    ask(studio)
    studio.get_by_text("Step", exact=False).first.wait_for()
    studio.reload()
    studio.locator("[data-status]").wait_for()
    assert studio.locator("#prompt").input_value() == PROMPT
    studio.locator(f".strip img[src*='{done['id']}']").wait_for()
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


def test_a_model_that_is_no_longer_there_is_named_and_a_refusal_goes_with_the_next_success(studio, watch):
    watch.allowed.append("400")
    studio.evaluate("localStorage.setItem('unfog.draft', JSON.stringify({ model: 'gone' }))")
    studio.reload()
    studio.get_by_text("Settings", exact=True).click()
    models = studio.locator("#model")
    models.locator("option", has_text="gone (not here)").wait_for(state="attached")
    assert models.input_value() == "gone"
    ask(studio, "a red circle")
    studio.locator(".notice.error").wait_for()
    models.select_option("scenes-32")
    assert models.locator("option", has_text="not here").count() == 0
    ask(studio, "a red circle")
    finished(studio)
    assert studio.locator(".notice.error").count() == 0


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


def plot(page, *axes):
    """Open the plot and fill in its axes: kind and values."""
    page.locator("#prompt").fill("a red circle")
    page.get_by_text("Compare settings", exact=False).click()
    for place, (kind, values) in enumerate(axes):
        page.locator(f"#axis-{place}").select_option(kind)
        page.get_by_label(f"Values of {kind}").fill(values)


def test_a_plot_names_the_limit_before_anything_is_made(studio):
    plot(studio, ("seed", "1, 2"), ("guidance", "1, 3"))
    make = studio.get_by_role("button", name="Make the plot")
    wrong = {"-3": "from 0 to 100", "1e9": "from 0 to 100", "1,,2": "a value is missing"}
    for values, said in wrong.items():
        assert make.is_enabled()
        studio.get_by_label("Values of guidance").fill(values)
        studio.get_by_text(said).wait_for()
        assert make.is_disabled()
        studio.get_by_label("Values of guidance").fill("1, 3")
        studio.get_by_text("4 pictures").wait_for()


def test_a_refused_cell_of_a_plot_says_why_and_the_notice_can_be_closed_over_it(studio, served, watch):
    plot(studio, ("seed", "3, 4"), ("guidance", "1"))
    watch.allowed.append("400")

    def refuse(route):
        if '"seed":4' not in (route.request.post_data or ""):
            return route.continue_()
        return route.fulfill(
            status=400, json={"error": {"code": "usage", "message": "no such luck", "retryable": False}}
        )

    studio.route("**/api/v1/jobs", refuse)
    studio.get_by_role("button", name="Make the plot").click()
    dialog = studio.get_by_role("dialog", name="Plot")
    dialog.get_by_role("button", name="Open: seed 3").wait_for()
    dialog.get_by_role("cell", name="no such luck").wait_for()
    notice = studio.get_by_role("alert")
    notice.get_by_text("no such luck").wait_for()
    notice.get_by_role("button", name="Close this message").click()  # it would not get the click under the dialog
    notice.wait_for(state="detached")
    studio.unroute("**/api/v1/jobs")
    dialog.get_by_role("button", name="Go on").click()
    dialog.get_by_role("button", name="Open: seed 4").wait_for()
    studio.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_the_sheets_of_a_plot_stand_side_by_side_and_scroll_as_one(open_page):
    page = open_page(viewport={"width": 1280, "height": 900})
    plot(page, ("seed", "1-2"), ("guidance", "1-5 (+2)"), ("words", "red, green"))
    page.get_by_role("button", name="Make the plot").click()
    page.get_by_text("12 of 12 pictures").wait_for()
    sheets = page.locator("dialog .scroll")
    one, other = sheets.nth(0).bounding_box(), sheets.nth(1).bounding_box()
    assert one["y"] == other["y"]
    assert one["x"] + one["width"] <= other["x"]
    assert sheets.evaluate_all("all => all.every((one) => one.scrollHeight <= one.clientHeight)")
    page.set_viewport_size({"width": 360, "height": 640})
    assert sheets.evaluate_all("all => all.every((one) => one.scrollHeight <= one.clientHeight)")
    assert page.evaluate("document.querySelector('dialog[open]').scrollWidth <= 360")


def asked(served, prompt):
    """The jobs that were asked for with this prompt."""
    return [
        job for job in served.http.get("/api/v1/jobs?limit=50").json()["jobs"] if job["ask"].get("prompt") == prompt
    ]


def test_a_plot_goes_on_after_a_reload(studio, served, watch):
    slow(studio, 40)
    plot(studio, ("seed", "1-5"))
    studio.locator("#axis-1").select_option("none")
    studio.locator("#prompt").fill("a plum circle")
    studio.get_by_role("button", name="Make the plot").click()
    dialog = studio.get_by_role("dialog", name="Plot")
    dialog.get_by_role("button", name="Open: seed").first.wait_for()
    studio.reload()
    dialog.get_by_role("button", name="Open: seed").first.wait_for()
    assert len(asked(served, "a plum circle")) < 5
    dialog.get_by_text("5 of 5 pictures").wait_for()
    assert sorted(job["ask"]["seed"] for job in asked(served, "a plum circle")) == [1, 2, 3, 4, 5]
    studio.evaluate(
        "() => { const kept = JSON.parse(localStorage.getItem('unfog.plot'));"
        " kept.pictures[0] = null; kept.jobs[0] = [...kept.jobs[0]].reverse().join('');"
        " localStorage.setItem('unfog.plot', JSON.stringify(kept)); }"
    )
    watch.allowed.append("404")
    studio.reload()
    dialog.get_by_role("cell", name="This job is no longer there.").wait_for()
    dialog.get_by_text("4 of 5 pictures").wait_for()
    assert studio.locator(".notice.error").count() == 0
    dialog.get_by_role("button", name="Clear").click()
    studio.reload()
    studio.get_by_text("Compare settings", exact=False).click()
    studio.get_by_role("button", name="Make the plot").wait_for()
    assert studio.get_by_role("button", name="Show the last one").count() == dialog.count() == 0


def test_a_plot_that_was_stopped_stays_so_after_a_reload(studio, served):
    slow(studio, 40)
    plot(studio, ("seed", "1-5"))
    studio.locator("#axis-1").select_option("none")
    studio.locator("#prompt").fill("a tan circle")
    dialog = studio.get_by_role("dialog", name="Plot")
    with studio.expect_response(lambda answer: answer.url.endswith("/api/v1/jobs")):
        studio.get_by_role("button", name="Make the plot").click()
    dialog.get_by_role("button", name="Stop").click()
    studio.reload()
    dialog.get_by_role("button", name="Go on").wait_for()  # those that were asked for are waited for
    count = len(asked(served, "a tan circle"))
    assert 0 < count < 5
    assert dialog.get_by_role("button", name="Open: seed").count() == count


def test_what_a_key_does_to_the_prompt_can_be_undone(studio):
    box = studio.locator("#prompt")
    box.press_sequentially("a red circle")
    box.evaluate("box => box.setSelectionRange(4, 4)")
    box.press("Control+ArrowUp")
    assert box.input_value() == "a (red:1.1) circle"
    box.press("Control+z")
    assert box.input_value() == "a red circle"
    box.press("Control+z")
    assert box.input_value() != "a red circle"  # what was typed can be undone, too


def test_earlier_prompts_come_one_after_the_other(studio):
    studio.evaluate("localStorage.setItem('unfog.prompts', JSON.stringify(['a second', 'a first']))")
    studio.reload()
    box = studio.locator("#prompt")
    box.fill("a third")
    for key, prompt in (("Up", "a second"), ("Up", "a first"), ("Down", "a second"), ("Down", "a third")):
        box.press(f"Alt+Arrow{key}")
        assert box.input_value() == prompt


def test_all_as_recommended_takes_a_wrong_seed_back_too(studio):
    studio.get_by_text("Settings", exact=True).click()
    studio.get_by_label("Seed", exact=True).fill("abc")
    studio.get_by_text("A seed is a whole number").first.wait_for()
    studio.get_by_role("button", name="All as recommended").click()
    assert studio.get_by_label("Seed", exact=True).input_value() == ""


def test_before_the_first_step_the_time_that_is_expected_is_told(studio):
    told = 'id: 1\nevent: queued\ndata: {"position": null, "eta_s": 12.0}\n\nid: 2\nevent: started\ndata: {}\n\n'
    studio.route("**/events*", lambda route: route.fulfill(content_type="text/event-stream", body=told))
    ask(studio)
    studio.locator("[data-status]").get_by_text("Starting, about 12 s left", exact=True).wait_for()


def test_words_choose_the_model_where_none_is_named(studio, served):
    studio.get_by_text("Settings", exact=True).click()
    chosen = studio.locator("#model option:checked")
    assert chosen.text_content() == "Whichever knows the words"
    ask(studio, "a cat")
    finished(studio)
    assert "model" not in {
        key for key, value in served.http.get("/api/v1/jobs?limit=1").json()["jobs"][0]["ask"].items() if value
    }
    studio.get_by_text("Finished: 1 picture.", exact=True).wait_for(state="attached")


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
