"""Train: look at a folder, start, pause, go on, stop, and draw with what came out."""

from __future__ import annotations

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
