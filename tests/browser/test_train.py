"""Train: look at a folder, start, pause, go on, stop, and draw with what came out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.serving import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def train(open_page):
    page = open_page("/#train")
    page.locator("#folder").select_option("own/shapes")
    page.get_by_text("Ready to be trained on.").wait_for()
    page.get_by_label("Side, pixels").fill("16")
    return page


def test_a_training_starts_pauses_goes_on_and_stops(train, served):
    train.get_by_label("Images to see").fill("200000")
    train.get_by_label("Name of the model").fill("long")
    train.get_by_role("button", name="Start", exact=True).click()
    said = train.locator("[data-status]")
    said.get_by_text("Training, image").wait_for()
    job = next(job for job in served.http.get("/api/v1/jobs").json()["jobs"] if job["task"] == "train")
    train.get_by_role("button", name="Pause").click()
    said.get_by_text("Paused").wait_for()
    assert served.job(job["id"])["state"] == "paused"
    train.get_by_role("button", name="Resume").click()
    said.get_by_text("Training, image").wait_for()
    train.reload()
    train.locator("[data-status]").get_by_text("Training, image").wait_for()
    train.get_by_role("button", name="Stop and keep").click()
    train.locator("[data-status]").get_by_text("Stopped").wait_for()
    wait_for(lambda: served.job(job["id"])["state"] == "cancelled")


def test_what_was_trained_draws_at_once(train, served):
    train.get_by_label("Images to see").fill("64")
    train.get_by_label("Name of the model").fill("short")
    train.get_by_role("button", name="Start", exact=True).click()
    train.get_by_role("button", name="Draw with it").click()
    train.locator("#prompt").fill("a red circle")
    train.get_by_role("button", name="Make the picture").click()
    train.locator(".tile .open img").first.wait_for()
    assert served.http.get("/api/v1/pictures?limit=1").json()["pictures"][0]["model"] == "short"


@pytest.fixture(scope="module")
def faulty(served):
    """A folder of which not everything can be used; its name."""
    own = Path(served.settings.roots[0])
    shutil.copytree(own / "shapes", own / "faulty")
    (own / "faulty/bad.png").write_text("no picture")
    (own / "faulty/bad.txt").write_text("a red circle")
    shutil.copy(next((own / "shapes").rglob("*.png")), own / "faulty/silent.png")
    return "own/faulty"


def test_what_cannot_be_used_is_left_out_when_somebody_says_so(open_page, served, faulty):
    page = open_page("/#train")
    page.locator("#folder").select_option(faulty)
    page.get_by_text("48 of 50 pictures can be used.").wait_for()
    page.get_by_label("Side, pixels").fill("16")
    page.get_by_label("Images to see").fill("64")
    page.get_by_label("Name of the model").fill("rest")
    start = page.get_by_role("button", name="Start", exact=True)
    assert start.is_disabled()
    page.get_by_text("mend it, or leave that out").wait_for()
    page.get_by_label("Leave out what cannot be used (2 of 50 pictures)").check()
    start.click()
    page.get_by_role("region", name="Training rest").get_by_role("button", name="Draw with it").wait_for()
    job = next(job for job in served.http.get("/api/v1/jobs").json()["jobs"] if job["task"] == "train")
    assert job["state"] == "done"
    assert job["ask"]["set"] == ["data.missing_captions=drop", "data.broken_files=drop"]


def test_a_training_that_learned_nothing_cannot_be_gone_on_with_and_is_forgotten_by_the_next(train, faulty):
    def careless(route):
        ask = json.loads(route.request.post_data or "{}")
        route.continue_(post_data=json.dumps({key: value for key, value in ask.items() if key != "set"}))

    def start(folder, name):
        train.locator("#folder").select_option(folder)
        train.get_by_text("48 of 50" if folder == faulty else "Ready to be trained on.").wait_for()
        if folder == faulty:
            train.get_by_label("Leave out what cannot be used").check()
        train.get_by_label("Images to see").fill("64")
        train.get_by_label("Name of the model").fill(name)
        train.get_by_role("button", name="Start", exact=True).click()

    train.route("**/api/v1/jobs", careless)
    start(faulty, "nothing")
    train.locator(".notice.error").get_by_text("have no caption").wait_for()
    assert train.get_by_role("button", name="Go on from here").count() == 0
    train.unroute("**/api/v1/jobs")
    start("own/shapes", "after")
    train.get_by_role("button", name="Draw with it").wait_for()
    assert train.locator(".notice.error").count() == 0
    trainings = train.get_by_role("group", name="Trainings")
    train.reload()
    trainings.get_by_role("button", name="nothing failed").click()
    train.get_by_role("alert").get_by_text("have no caption").wait_for()
    assert train.locator(".notice.error").count() == 0  # it is no news
    train.locator("#folder").select_option(faulty)
    train.locator("#folder").select_option("own/shapes")
    train.get_by_text("Ready to be trained on.").wait_for()
    start("own/shapes", "shapes")
    train.get_by_role("button", name="Draw with it").wait_for()
    train.locator("#folder").select_option(faulty)
    train.locator("#folder").select_option("own/shapes")
    assert train.get_by_label("Name of the model").input_value() == "shapes-2"


def test_a_name_that_is_taken_is_not_proposed(open_page, served):
    page = open_page("/#train")
    name = page.get_by_label("Name of the model")
    models = served.http.get("/api/v1/models").json()["models"]
    page.route(
        "**/api/v1/models", lambda route: route.fulfill(json={"models": [*models, {**models[0], "id": "scenes"}]})
    )
    page.reload()
    page.locator("#folder").select_option("scenes")
    assert name.input_value() == "scenes-2"  # a model
    page.get_by_label("Side, pixels").fill("16")
    page.get_by_label("Images to see").fill("64")
    with page.expect_response(lambda answer: answer.url.endswith("/api/v1/jobs") and answer.request.method == "POST"):
        page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("region", name="Training scenes-2").wait_for()
    assert name.input_value() == "scenes-3"  # a training
    page.get_by_role("button", name="Draw with it").wait_for()


def test_a_training_is_listed_however_many_jobs_came_later(open_page, served):
    served.make(task="train", folder="own/shapes", name="early", preset="tiny", size=16, images=64)

    def later(route):
        if "task=train" in route.request.url:
            return route.continue_()
        answer = route.fetch()
        others = [job for job in answer.json()["jobs"] if job["task"] != "train"]
        return route.fulfill(response=answer, json={"jobs": others, "next": None})

    page = open_page("/")
    page.route("**/api/v1/jobs?*", later)
    page.goto(served.url + "/#train")
    page.reload()
    page.get_by_role("region", name="Training early").wait_for()


def test_the_charts_follow_the_steps_and_are_there_after_a_reload(train):
    train.get_by_label("Images to see").fill("4000")
    train.get_by_label("Name of the model").fill("watched")
    train.get_by_role("button", name="Start", exact=True).click()
    said = train.locator("section[aria-label='Training watched']").get_by_text("outside forward")
    said.wait_for()
    train.get_by_role("img", name="Loss: nothing yet").wait_for(state="detached")
    same = (
        "() => { const text = document.querySelector('.progress').innerText.match(/loss (\\S+)/)?.[1];"
        " const chart = document.querySelector('canvas[aria-label^=\"Loss:\"]').ariaLabel.match(/Loss: (\\S+)/)[1];"
        " return Math.abs(Number(text) - Number(chart)) < 1e-9; }"
    )
    wait_for(lambda: train.evaluate(same))
    train.get_by_text("may fall below 0").wait_for()
    train.reload()
    train.locator('canvas[aria-label*=" images"][aria-label^="Loss:"]').wait_for()
    train.get_by_role("button", name="Stop and keep").click()
    train.get_by_role("button", name="Go on from here").wait_for()
