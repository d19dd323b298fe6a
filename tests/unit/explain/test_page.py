"""Pages that explain: complete at every depth, and alone in the world."""

from __future__ import annotations

import base64
import hashlib
import io
import re

from PIL import Image

from unfog.explain.page import DEPTHS, Figure, Formula, Frame, Section, image, page, pair, slider, strip


def file(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (7, 5), "red").save(out, format=kind)
    return out.getvalue()


def made() -> str:
    frames = [Frame(image(file(), f"frame {k}"), f"step {k}") for k in range(3)]
    figures = (
        Figure(strip(frames, large=True), "All of <them>.", "x_t"),
        Figure(slider(frames, "steps", link="t", start=2), "One of them.", "x_s"),
        Figure(pair(image(file("GIF"), 'a "quoted" one'), image(file("WEBP"), "w")), "Two.", "x_0", wide=False),
    )
    section = Section("A <title>", "Child.\n\nTwice.", "Practitioner & co.", (Formula("a_b", "words"),), figures)
    return page("<script>alert(1)</script>", "lead", [section, section], facts={"seed": "<3>"}, footer="end")


def test_a_page_says_everything_three_times():
    text = made()
    for depth in DEPTHS:
        assert text.count(f"<h3>{depth}</h3>") == 2
    assert text.count("<p>Child.</p><p>Twice.</p>") == 2
    assert text.count("<figure ") == text.count("<figcaption><p>") == 6
    assert text.count("<math ") == 2 * (3 + 1)
    assert re.findall(r'<a href="(#[^"]+)"', text) == ["#part-1", "#part-2"]


def test_a_page_holds_no_markup_of_others():
    text = made()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in text
    assert "All of &lt;them&gt;." in text
    assert 'alt="a &quot;quoted&quot; one"' in text
    assert "<dd>&lt;3&gt;</dd>" in text


def test_a_page_is_alone():
    text = made()
    sources = re.findall(r'\bsrc="([^"]*)"', text)
    assert len(sources) == 2 * (3 + 3 + 2)
    assert {source.partition(";")[0] for source in sources} == {"data:image/png", "data:image/gif", "data:image/webp"}
    outside = re.compile(r"https?:|//[\w.-]+\.\w|url\(|@import|<link|<iframe|fetch\(|XMLHttp|WebSocket|import\(|srcset")
    assert outside.search(re.sub(r"base64,[\w+/=]+", "", text)) is None


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else():
    text = made()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; img-src data:; ")
    for tag in ("style", "script"):
        (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        hashed = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{hashed}'" in policy[1]
    assert "unsafe" not in policy[1]
    assert " style=" not in text  # the policy forbids styles of single elements
    assert re.search(r"\son\w+=", text) is None


def test_pictures_know_their_size_and_sliders_their_frames():
    text = made()
    assert text.count(' width="7" height="5"') == text.count("<img") == text.count(" alt=")
    assert text.count('type="range" min="0" max="2" value="2"') == 2
    assert made() == text
