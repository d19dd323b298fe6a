"""What several tests of the studio do on a page."""

from __future__ import annotations

from typing import Any

from tests.support.serving import wait_for

PROMPT = "two green stars above a red circle"


def loaded(images: Any) -> None:
    """Wait until each of the images has come. Asked from here: the page's security policy forbids it to poll."""
    wait_for(lambda: images.evaluate_all("all => all.every(one => one.complete && one.naturalWidth > 0)"))


def ask(page: Any, prompt: str = PROMPT) -> None:
    """Write a prompt and make the picture."""
    page.locator("#prompt").fill(prompt)
    page.get_by_role("button", name="Make").first.click()


def finished(page: Any, count: int = 1) -> None:
    """Wait until so many pictures are on the stage."""
    page.locator(".tile .open img").nth(count - 1).wait_for()


def slow(page: Any, steps: int = 100) -> None:
    """Set many steps, so that there is time to look at a job that runs."""
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Steps, as a number").fill(str(steps))
    page.get_by_label("Steps, as a number").press("Tab")


def apart(one: Any, other: Any) -> bool:
    """Whether two things on a page lie beside each other, with no point in both."""
    a, b = one.bounding_box(), other.bounding_box()
    return (
        a["x"] + a["width"] <= b["x"]
        or b["x"] + b["width"] <= a["x"]
        or a["y"] + a["height"] <= b["y"]
        or b["y"] + b["height"] <= a["y"]
    )


def drop(page: Any, data: bytes, name: str = "picture.png") -> None:
    """Drag a file onto the page."""
    given = page.evaluate_handle(
        """([bytes, name]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
            return transfer;
        }""",
        [list(data), name],
    )
    for event in ("dragover", "drop"):
        page.dispatch_event("body", event, {"dataTransfer": given})
