"""Photograph every page of the studio, dark and light: docs/images/studio-*.webp.

    unfog serve --port 7871 --train-root FOLDER &      # FOLDER holds a captioned folder `shapes`
    python tools/studio_pictures.py http://127.0.0.1:7871

Makes a few pictures and a short training on that server first.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs/images"
PROMPTS = (
    "four purple stars on an orange background",
    "a big blue heart on a yellow background",
    "two green stars above a red circle",
    "a large brown cross at the top and a purple circle at the bottom on a pink background",
    "a small white star on a black background",
    "a yellow ring on a blue background",
    "a pink cross on the left and a big orange heart on the right",
    "a red circle",
)
SIZE = {"width": 1280, "height": 800}
PATIENCE_MS = 1_800_000
QUALITY = 60  # of WebP: letters stay crisp
SIZES = {"explain": (720, 450)}  # of the files, in pixels: letters can be read, and noise does not compress
USUAL = (960, 600)


def main() -> None:
    """Parse the arguments, fill the gallery, and photograph."""
    parser = argparse.ArgumentParser(description="photograph every page of the studio")
    parser.add_argument("url", help="address of a running server")
    parser.add_argument("--folder", default="roots/shapes", help="training folder to show")
    parser.add_argument("--filled", action="store_true", help="the server has pictures and a training already")
    arguments = parser.parse_args()
    url, folder = arguments.url.rstrip("/"), arguments.folder
    path = os.environ.get("UNFOG_CHROMIUM") or shutil.which("chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        if not arguments.filled:
            fill(opened(browser, url, "light"), folder)
        for scheme in ("light", "dark"):
            photograph(opened(browser, url, scheme), url, scheme)
        browser.close()


def opened(browser: Any, url: str, scheme: str) -> Any:
    """A page in these colours."""
    context = browser.new_context(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(url)
    page.locator("nav").wait_for()
    return page


def fill(page: Any, folder: str) -> None:
    """Pictures for the gallery, and a training that has something to show."""
    for prompt in PROMPTS:
        make(page, prompt)
    page.goto(page.url.split("#")[0] + "#train")
    page.locator("#folder").select_option(folder)
    page.get_by_text("Ready to be trained on.").wait_for()
    page.get_by_label("Side, pixels").fill("16")
    page.get_by_label("Images to see").fill("12000")
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("button", name="Draw with it").wait_for()


def make(page: Any, prompt: str) -> None:
    """One picture, seen to its end."""
    page.locator("#prompt").fill(prompt)
    page.locator(".make").click()
    page.locator("[data-status]").wait_for()
    page.locator(".tile .open img").wait_for()


def photograph(page: Any, url: str, scheme: str) -> None:
    """Every page."""
    make(page, PROMPTS[2])
    save(page, "create", scheme)
    page.locator(".after button", has_text="Change it").click()
    page.get_by_role("application").wait_for()
    page.wait_for_timeout(800)
    box = page.get_by_role("application").bounding_box()
    x, y = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.68
    page.mouse.move(x - 30, y - 20)
    page.mouse.down()
    for step in ((30, -30), (40, 30), (-30, 40), (-40, 0)):
        page.mouse.move(x + step[0], y + step[1], steps=6)
    page.mouse.up()
    save(page, "canvas", scheme)
    for name in ("gallery", "explain", "train"):
        page.goto(f"{url}/#{name}")
        page.wait_for_timeout(2500)
        if name == "train":
            page.locator(".samples").wait_for()
        save(page, name, scheme)


def save(page: Any, name: str, scheme: str) -> None:
    """A photograph of the window."""
    page.wait_for_timeout(700)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot = shot.resize(SIZES.get(name, USUAL), Image.Resampling.LANCZOS)
    shot.save(OUT / f"studio-{name}-{scheme}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
