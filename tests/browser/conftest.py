"""A real server with the model in the box, and headless Chromium on the studio. What is missing fails; nothing skips.

Every page that a test opens is watched: an error of a script, a refusal by the content security policy or a request to
any other host fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 120_000
OWN = re.compile(r"^(data|blob):")


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The server: ``scenes-32``, and a root with the small folder ``shapes`` to train on."""
    from tests.support.serving import Serving
    from unfog.jobs.data import scenes_job

    root = tmp_path_factory.mktemp("browser")
    (root / "own").mkdir()
    for _ in scenes_job(root / "own/shapes", n=48, size=16):
        pass
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    serving = Serving(root / "data", roots=[str(root / "own")]).until_ready()
    yield serving
    serving.stop()


@pytest.fixture(scope="package")
def browser(served: Any) -> Iterator[Any]:
    """Chromium, with a profile of its own."""
    path = os.environ.get("UNFOG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is missing: install it (Debian: apt-get install chromium), or name it in UNFOG_CHROMIUM"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS), headless=True)
        yield chromium
        chromium.close()


class Watch:
    """What must not happen on a page."""

    def __init__(self, url: str) -> None:
        self.host, self.faults, self.elsewhere = urlsplit(url).netloc, list[str](), list[str]()
        self.allowed = list[str]()

    def console(self, message: Any) -> None:
        if message.type == "error" and not any(text in message.text for text in self.allowed):
            self.faults.append(f"{message.text} {message.location}")

    def request(self, request: Any) -> None:
        if not OWN.match(request.url) and urlsplit(request.url).netloc != self.host:
            self.elsewhere.append(request.url)


@pytest.fixture
def watch(served: Any) -> Watch:
    """What the pages of this test did wrong."""
    return Watch(served.url)


@pytest.fixture
def open_page(browser: Any, served: Any, watch: Watch) -> Iterator[Any]:
    """``open_page(path, **options of the context)``: a page of its own, with nothing remembered."""
    contexts = list[Any]()

    def opened(path: str = "/", **options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 860}, "reduced_motion": "reduce"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", watch.console)
        page.on("pageerror", lambda error: watch.faults.append(str(error)))
        page.on("request", watch.request)
        page.goto(served.url + path)
        page.locator("nav").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert watch.faults == []
    assert watch.elsewhere == []


@pytest.fixture
def studio(open_page: Any) -> Any:
    """The studio's first page."""
    return open_page()


@pytest.fixture(scope="session")
def node_modules(repo: Path) -> Path:
    """What the studio is built and checked with, installed from the lockfile where it is not there yet."""
    folder = repo / "studio/node_modules"
    if not (folder / ".package-lock.json").is_file():
        npm = shutil.which("npm")
        assert npm, "npm is missing: install Node.js 20.19 or newer (Debian: apt-get install nodejs npm)"
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=repo / "studio", check=True, capture_output=True, text=True)
    return folder
