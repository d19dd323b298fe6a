"""One HTML page that explains something with pictures, at three depths, and needs nothing but itself.

A page is a list of sections. A section has figures and says the same thing three times: for a child, for a
practitioner, in formulas. A figure is something to look at (``image``, ``strip``, ``slider``, ...) with one
plain sentence and one formula below it. Pictures are inside the page as data; its style and its script are the two
files of ``assets/explain``, and its policy (Content-Security-Policy) allows these two and nothing else, so the page
asks nobody for anything. Without its script it shows the same, unmoved.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

from unfog.explain.formula import mathml

ASSETS = Path(__file__).resolve().parents[1] / "assets" / "explain"
DEPTHS = ("For a child", "For a practitioner", "In formulas")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="lead">{lead}</p>
<dl class="facts">{facts}</dl>
<nav aria-label="Contents"><ol>{contents}</ol></nav>
</header>
<main>
{sections}
</main>
<footer><p>{footer}</p></footer>
<script>{script}</script>
</body>
</html>
"""


@dataclass(frozen=True)
class Formula:
    """A formula (see ``explain/formula.py``) and what it says, in words."""

    source: str
    says: str


@dataclass(frozen=True)
class Figure:
    """Something to look at.

    Args:
        body: HTML made by the functions below; every picture in it has its alternative text.
        sentence: what one sees, plainly.
        formula: the one formula behind it (see ``explain/formula.py``).
        wide: takes the whole width; others stand side by side where there is room.
    """

    body: str
    sentence: str
    formula: str
    wide: bool = True


@dataclass(frozen=True)
class Section:
    """One idea: what is seen, and the same said at three depths. Texts are plain; an empty line ends a paragraph."""

    title: str
    child: str
    practitioner: str
    formulas: tuple[Formula, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Frame:
    """One position of a slider."""

    body: str
    label: str


def page(title: str, lead: str, sections: Sequence[Section], *, facts: Mapping[str, str], footer: str) -> str:
    """The whole page; the same arguments give the same text.

    Args:
        title: what it is about.
        lead: one or two sentences for somebody who has never heard of it.
        sections: in reading order, at least one.
        facts: the settings it was made with, by their names.
        footer: how to make it again.
    """
    style, script = ((ASSETS / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return PAGE.format(
        policy=(
            f"default-src 'none'; img-src data:; style-src '{digest(style)}'; script-src '{digest(script)}';"
            " base-uri 'none'; form-action 'none'"
        ),
        title=escape(title),
        lead=escape(lead),
        facts="".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items()),
        contents="".join(f'<li><a href="#part-{k}">{escape(s.title)}</a></li>' for k, s in enumerate(sections, 1)),
        sections="\n".join(part(k, section) for k, section in enumerate(sections, 1)),
        footer=escape(footer),
        style=style,
        script=script,
    )


def digest(text: str) -> str:
    """How a policy names the one text that it allows."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def part(number: int, section: Section) -> str:
    """One section: its figures, then the three depths."""
    formulas = "".join(
        f'<div class="formula">{mathml(f.source, block=True)}</div><p>{escape(f.says)}</p>' for f in section.formulas
    )
    bodies = (paragraphs(section.child), paragraphs(section.practitioner), formulas)
    depths = "".join(
        f'<div class="depth"><h3>{name}</h3>{body}</div>' for name, body in zip(DEPTHS, bodies, strict=True)
    )
    return (
        f'<section id="part-{number}" aria-labelledby="title-{number}">\n'
        f'<h2 id="title-{number}">{escape(section.title)}</h2>\n'
        f'<div class="figures">{"".join(map(figure, section.figures))}</div>\n'
        f'<div class="depths">{depths}</div>\n</section>'
    )


def figure(one: Figure) -> str:
    """A figure above its sentence and its formula."""
    return (
        f'<figure class="{"wide" if one.wide else "narrow"}">{one.body}'
        f'<figcaption><p>{escape(one.sentence)}</p><div class="formula">{mathml(one.formula, block=True)}</div>'
        "</figcaption></figure>\n"
    )


def paragraphs(text: str) -> str:
    """Plain text as HTML; an empty line ends a paragraph."""
    return "".join(f"<p>{escape(' '.join(p.split()))}</p>" for p in text.split("\n\n") if p.strip())


# ---- what a figure may hold


def image(data: bytes, alt: str, *, crisp: bool = False) -> str:
    """A picture file (PNG, WebP, GIF with or without motion) as part of the page.

    Args:
        data: the file.
        alt: what it shows, for those who do not see it.
        crisp: enlarge without smoothing.
    """
    with Image.open(io.BytesIO(data), formats=["PNG", "WEBP", "GIF", "JPEG"]) as picture:
        (width, height), mime = picture.size, Image.MIME[picture.format or "PNG"]
    source = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    kind = ' class="crisp"' if crisp else ""
    return f'<img{kind} src="{source}" alt="{escape(alt)}" width="{width}" height="{height}">'


def strip(frames: Sequence[Frame], *, large: bool = False) -> str:
    """Frames in reading order, each above its label; ``large`` ones, which hold words, two or three in a row."""
    return f'<ol class="{"strip large" if large else "strip"}">' + "".join(item(frame) for frame in frames) + "</ol>"


def slider(frames: Sequence[Frame], name: str, *, link: str = "", start: int = 0) -> str:
    """One frame at a time, chosen with a slider or played; without the script all of them, as in ``strip``.

    Args:
        frames: at least one.
        name: of the slider.
        link: sliders of one link move together; they have the same number of frames.
        start: number of the frame that is shown first.
    """
    return (
        f'<div class="slider" data-link="{escape(link)}">'
        f'<ol class="frames">{"".join(item(frame) for frame in frames)}</ol>'
        f"{controls(name, len(frames) - 1, start)}</div>"
    )


def controls(name: str, last: int, start: int) -> str:
    """A button that plays, a slider from 0 to ``last`` and its value in words; they appear when the script runs."""
    return (
        '<div class="controls" hidden><button type="button" aria-label="Play">▶</button>'
        f'<input type="range" min="0" max="{last}" value="{start}" aria-label="{escape(name)}">'
        "<output></output></div>"
    )


def pair(left: str, right: str) -> str:
    """Two things side by side where there is room."""
    return f'<div class="pair">{left}{right}</div>'


def item(frame: Frame) -> str:
    """One frame of a strip or a slider."""
    return f'<li>{frame.body}<span class="label">{escape(frame.label)}</span></li>'
